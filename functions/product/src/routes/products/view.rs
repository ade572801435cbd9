//! A product as clients see it, in lists and alone.

use std::collections::BTreeMap;

use cartwright_types::{Currency, Money};
use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::db::products::{ImageDocument, ProductDocument, VariantDocument};
use crate::domain::Availability;

/// The whole product.
#[derive(Serialize)]
pub struct ProductView {
    id: Uuid,
    slug: String,
    name: String,
    description: String,
    status: String,
    tax_class: String,
    price: Money,
    compare_at_price: Option<Money>,
    attributes: BTreeMap<String, String>,
    availability: Availability,
    categories: Vec<CategoryView>,
    variants: Vec<VariantView>,
    images: Vec<ImageView>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    #[serde(skip)]
    tag: String,
}

#[derive(Serialize)]
struct CategoryView {
    id: Uuid,
    slug: String,
    name: String,
    path: String,
}

#[derive(Serialize)]
struct VariantView {
    id: Uuid,
    sku: String,
    name: String,
    attributes: BTreeMap<String, String>,
    /// Its own or the product's.
    price: Money,
    barcode: Option<String>,
    weight_grams: Option<i32>,
    availability: Availability,
}

#[derive(Serialize)]
struct ImageView {
    id: Uuid,
    url: String,
    alt: String,
    width: i32,
    height: i32,
    content_type: String,
}

impl ProductView {
    /// From its row. `images` is what comes before a picture's key.
    pub fn new(row: ProductDocument, images: &str) -> Result<Self, sqlx::Error> {
        let currency: Currency =
            row.currency.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        let variants: Vec<VariantView> =
            row.variants.0.into_iter().map(|variant| VariantView::new(variant, currency)).collect();
        // The product's own part, then what is shown beside it: the categories' versions (a product that leaves one gets
        // a new version itself) and a letter for each variant's availability.
        let categories: i64 = row.categories.iter().map(|category| category.version).sum();
        let letters: String = variants.iter().map(|variant| variant.availability.letter()).collect();
        Ok(Self {
            tag: format!("{}-{categories}-{letters}", row.version),
            id: row.id,
            slug: row.slug,
            name: row.name,
            description: row.description,
            status: row.status,
            tax_class: row.tax_class,
            price: Money::new(row.price, currency),
            compare_at_price: row.compare_at_price.map(|amount| Money::new(amount, currency)),
            attributes: row.attributes.0,
            availability: variants
                .iter()
                .map(|variant| variant.availability)
                .max()
                .unwrap_or(Availability::Out),
            categories: row
                .categories
                .0
                .into_iter()
                .map(|row| CategoryView { id: row.id, slug: row.slug, name: row.name, path: row.path })
                .collect(),
            images: row.images.0.into_iter().map(|image| ImageView::new(image, images)).collect(),
            variants,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }

    /// What the `ETag` is made of.
    pub fn tag(&self) -> &str {
        &self.tag
    }
}

impl VariantView {
    fn new(row: VariantDocument, currency: Currency) -> Self {
        Self {
            id: row.id,
            sku: row.sku,
            name: row.name,
            attributes: row.attributes,
            price: Money::new(row.price, currency),
            barcode: row.barcode,
            weight_grams: row.weight_grams,
            availability: Availability::of(row.available, row.reorder_point),
        }
    }
}

impl ImageView {
    fn new(row: ImageDocument, base_url: &str) -> Self {
        Self {
            id: row.id,
            url: format!("{base_url}/{}", row.key),
            alt: row.alt,
            width: row.width,
            height: row.height,
            content_type: row.content_type,
        }
    }
}
