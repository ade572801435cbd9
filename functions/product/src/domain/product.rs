//! A product with everything that hangs on it, as it is stored.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;

use super::availability::Availability;
use super::picture::Renditions;

/// A card of the table `product_cards`, with what is scarce of it.
#[derive(Debug, Deserialize)]
pub struct ProductDocument {
    pub id: Uuid,
    pub slug: String,
    pub name: String,
    pub description: String,
    pub status: String,
    pub tax_class: String,
    pub price: i64,
    pub compare_at_price: Option<i64>,
    pub currency: String,
    pub attributes: BTreeMap<String, String>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub variants: Vec<VariantDocument>,
    pub images: Vec<ImageDocument>,
    pub categories: Vec<CategoryDocument>,
    /// By sku; of the others there is enough. No part of the card.
    #[serde(skip)]
    pub scarce: Scarce,
}

/// What a buyer is told of skus of which there is little or nothing.
pub type Scarce = BTreeMap<String, Availability>;

#[derive(Debug, Deserialize)]
pub struct VariantDocument {
    pub id: Uuid,
    pub sku: String,
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    /// Its own or the product's.
    pub price: i64,
    pub barcode: Option<String>,
    pub weight_grams: Option<i32>,
}

#[derive(Debug, Deserialize)]
pub struct ImageDocument {
    pub id: Uuid,
    pub key: String,
    pub alt: String,
    pub width: i32,
    pub height: i32,
    pub content_type: String,
    /// None: the one object serves in all sizes.
    pub renditions: Option<Renditions>,
}

#[derive(Debug, Deserialize)]
pub struct CategoryDocument {
    pub id: Uuid,
    pub slug: String,
    pub name: String,
    pub path: String,
    /// When the card was written, which is whenever one of the others changes.
    pub version: i64,
}

/// Whether a product is for sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Not yet.
    Draft,
    /// Now.
    Active,
    /// No longer; it stays for the orders that have it.
    Archived,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Draft, Self::Active, Self::Archived];

    /// The word in the database and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Archived => "archived",
        }
    }

    /// None for another word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// A product's own part: what staff write, but for categories and variants. Money in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductFields {
    pub slug: String,
    pub name: String,
    pub description: String,
    pub status: Status,
    pub tax_class: String,
    pub price: i64,
    /// More than `price`.
    pub compare_at_price: Option<i64>,
    pub attributes: BTreeMap<String, String>,
}
