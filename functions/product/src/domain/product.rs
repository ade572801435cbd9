//! A product with everything that hangs on it, as it is stored.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::picture::Renditions;

/// A row of the view `product_documents`.
#[derive(Debug, FromRow)]
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
    pub attributes: Json<BTreeMap<String, String>>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub variants: Json<Vec<VariantDocument>>,
    pub images: Json<Vec<ImageDocument>>,
    pub categories: Json<Vec<CategoryDocument>>,
}

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
    pub available: i64,
    pub reorder_point: i64,
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
