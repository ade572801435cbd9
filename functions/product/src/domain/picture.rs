//! Pictures of products: what may be uploaded, and where it goes.

use cartwright_types::ImageId;
use chrono::TimeDelta;
use thiserror::Error;

/// The most pictures a product has, those included that wait for their bytes.
pub const MOST: i64 = 20;
/// Bytes of an upload, at most.
pub const MOST_BYTES: i64 = 10 * 1024 * 1024;
/// How long an upload may take to begin.
pub const UPLOAD_TIME: std::time::Duration = std::time::Duration::from_mins(10);
/// What is not ready after so long never will be.
pub const PATIENCE: TimeDelta = TimeDelta::days(1);
/// What may be uploaded. A GIF is either a drawing, which a PNG does better, or a film, which a product does not have.
pub const CONTENT_TYPES: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];
/// What is served.
pub const SERVED_AS: &str = "image/webp";

/// Where the keys of uploads begin; the bucket tells of those.
const UPLOADS: &str = "images/";

/// Where an upload goes. Made of the id alone: a file's name is never part of a key.
#[must_use]
pub fn upload_key(id: ImageId) -> String {
    format!("{UPLOADS}{id}")
}

/// Whose upload a key is; None when it is none.
#[must_use]
pub fn uploaded(key: &str) -> Option<ImageId> {
    let id = key.strip_prefix(UPLOADS)?.parse().ok()?;
    // An id has other spellings, which are other keys.
    (upload_key(id) == key).then_some(id)
}

/// Objects in the images bucket, by size. They never change: their keys name the bytes that they were made of.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Renditions {
    /// For lists.
    pub thumb: String,
    /// For a card.
    pub card: String,
    /// For the product's own page.
    pub full: String,
}

impl Renditions {
    /// Those of an upload; `digest` is of its bytes.
    #[must_use]
    pub fn of(id: ImageId, digest: &[u8]) -> Self {
        let digest = digest.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        let key = |size| format!("{id}/{digest:016x}/{size}.webp");
        Self { thumb: key("thumb"), card: key("card"), full: key("full") }
    }

    /// All of their keys.
    #[must_use]
    pub fn keys(&self) -> [&str; 3] {
        [&self.thumb, &self.card, &self.full]
    }
}

/// Why an upload does not become a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// More bytes than an upload may have.
    #[error("too many bytes")]
    TooLarge,
    /// None of the formats that are taken, whatever it says it is.
    #[error("not an image that is taken")]
    NotAnImage,
    /// More pixels, or more memory to hold them, than a picture may have.
    #[error("too many pixels")]
    TooManyPixels,
    /// Cut off or damaged.
    #[error("unreadable")]
    Unreadable,
}

impl Refusal {
    /// In the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::NotAnImage => "not_an_image",
            Self::TooManyPixels => "too_many_pixels",
            Self::Unreadable => "unreadable",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_spelling_of_an_id_is_the_key_of_an_upload() {
        let id: ImageId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        assert_eq!(uploaded(&upload_key(id)), Some(id));
        for other in [
            "images/01890A5D-AC96-774B-BCCE-B302099A8057",
            "images/01890a5dac96774bbcceb302099a8057",
            "images/../01890a5d-ac96-774b-bcce-b302099a8057",
            "01890a5d-ac96-774b-bcce-b302099a8057",
            "images/",
        ] {
            assert_eq!(uploaded(other), None, "{other}");
        }
    }

    #[test]
    fn other_bytes_have_other_keys() {
        let id: ImageId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        let renditions = Renditions::of(id, &[0xab; 32]);
        assert_eq!(renditions.thumb, format!("{id}/abababababababab/thumb.webp"));
        assert_ne!(renditions, Renditions::of(id, &[0xac; 32]));
    }
}
