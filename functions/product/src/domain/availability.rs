//! What a buyer is told about stock: never the number.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

// What is scarce is for the database to say, in its function `scarcity`.
/// From worst to best, so that a product is as available as its best variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// Nothing can be reserved now.
    Out,
    /// So little that it is to be ordered again.
    Low,
    /// Enough.
    InStock,
}

impl Availability {
    /// The letter in an `ETag`.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Out => 'o',
            Self::Low => 'l',
            Self::InStock => 'i',
        }
    }
}
