//! Slugs: names in paths.

use uuid::Uuid;

/// Paths of their own under `/products`.
const RESERVED: [&str; 3] = ["bulk", "export", "jobs"];

/// Whether `text` may be a slug: lower-case letters, digits and single hyphens between them, at most 100, neither
/// reserved nor to be taken for an id.
#[must_use]
pub fn is_slug(text: &str) -> bool {
    let well_formed = text
        .split('-')
        .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
    well_formed && text.len() <= 100 && !RESERVED.contains(&text) && Uuid::try_parse(text).is_err()
}

/// How a path or parameter names a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// By its id.
    Id(Uuid),
    /// By its slug.
    Slug(String),
}

impl Key {
    /// None when `text` can be neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match Uuid::try_parse(text) {
            Ok(id) => Some(Self::Id(id)),
            Err(_) => is_slug(text).then(|| Self::Slug(text.to_owned())),
        }
    }

    /// The id, if it is one: for a query that takes both.
    #[must_use]
    pub fn id(&self) -> Option<Uuid> {
        match self {
            Self::Id(id) => Some(*id),
            Self::Slug(_) => None,
        }
    }

    /// The slug, if it is one.
    #[must_use]
    pub fn slug(&self) -> Option<&str> {
        match self {
            Self::Id(_) => None,
            Self::Slug(slug) => Some(slug),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_taken_for_something_else_is_no_slug() {
        for bad in ["", "-", "a--b", "A", "ä", "a b", "jobs", "a/b", "01890a5d-ac96-774b-bcce-b302099a8057"]
        {
            assert!(!is_slug(bad), "{bad}");
        }
        assert!(is_slug("tent-2-person"));
    }
}
