//! Slugs: names in paths.

use std::collections::HashSet;
use std::fmt;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
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

/// Whether `text` would be a slug, were it not a path of its own.
#[must_use]
pub fn is_reserved(text: &str) -> bool {
    RESERVED.contains(&text)
}

/// Characters of a slug that is made from a name; leaves room for a number.
const LONGEST_BASE: usize = 80;

/// A slug for a thing of that name: without accents, everything but letters and digits a hyphen. `kind` is what a name
/// without any of them, or one that may not be a slug, is called.
#[must_use]
pub fn slug_of(name: &str, kind: &str) -> String {
    let mut slug = String::new();
    for c in name.replace('ß', "ss").nfkd().filter(|c| !is_combining_mark(*c)) {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() == LONGEST_BASE {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    match slug {
        "" => kind.to_owned(),
        slug if is_slug(slug) => slug.to_owned(),
        slug => format!("{kind}-{slug}"),
    }
}

/// The first of `base`, `base-2`, `base-3` … that is not `taken`.
#[must_use]
pub fn free_slug(base: &str, taken: &[String]) -> String {
    let taken: HashSet<&str> = taken.iter().map(String::as_str).collect();
    if !taken.contains(base) {
        return base.to_owned();
    }
    let mut number = 2_u64;
    loop {
        let slug = format!("{base}-{number}");
        if !taken.contains(slug.as_str()) {
            return slug;
        }
        number += 1;
    }
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

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Slug(slug) => slug.fmt(f),
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

    #[test]
    fn a_slug_is_made_of_any_name() {
        for (name, expected) in [
            ("Two-person Tent", "two-person-tent"),
            ("  Schlüssel & Straße!", "schlussel-strasse"),
            ("Bulk", "product-bulk"),
            ("北京", "product"),
            ("01890a5d-ac96-774b-bcce-b302099a8057", "product-01890a5d-ac96-774b-bcce-b302099a8057"),
        ] {
            assert_eq!(slug_of(name, "product"), expected, "{name}");
            assert!(is_slug(&slug_of(name, "product")), "{name}");
        }
        let long = slug_of(&"ab ".repeat(60), "product");
        assert!(long.len() <= LONGEST_BASE && is_slug(&long), "{long}");
    }

    #[test]
    fn a_taken_slug_gets_the_first_free_number() {
        let taken = ["tent", "tent-2", "tent-4"].map(str::to_owned);
        assert_eq!(free_slug("tent", &taken), "tent-3");
        assert_eq!(free_slug("tents", &taken), "tents");
    }
}
