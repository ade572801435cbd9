//! A product as clients see it, in lists and alone.

use std::collections::BTreeMap;

use cartwright_types::{Currency, Money};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::images::view::RenditionsView;
use crate::db::products::{ImageDocument, ProductDocument, Scarce, VariantDocument};
use crate::domain::Availability;
use crate::routes::fields::statuses;

/// A product with its variants, pictures and categories.
#[derive(Serialize, ToSchema)]
#[schema(as = Product)]
pub struct ProductView {
    id: Uuid,
    #[schema(examples("tent-2-person"))]
    slug: String,
    #[schema(examples("Two-person tent"))]
    name: String,
    description: String,
    #[schema(schema_with = statuses)]
    status: String,
    #[schema(examples("standard"))]
    tax_class: String,
    /// Of a variant that has no price of its own.
    price: Money,
    /// What it cost before, for a crossed-out price.
    #[schema(required)]
    compare_at_price: Option<Money>,
    /// Names and values, such as the colour.
    attributes: BTreeMap<String, String>,
    /// That of the variant that is best available.
    availability: Availability,
    categories: Vec<CategoryView>,
    variants: Vec<VariantView>,
    images: Vec<ImageView>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    #[serde(skip)]
    tag: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ProductCategory)]
struct CategoryView {
    id: Uuid,
    #[schema(examples("tents"))]
    slug: String,
    #[schema(examples("Tents"))]
    name: String,
    /// The slugs from the root down, joined by slashes.
    #[schema(examples("camping/tents"))]
    path: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Variant)]
struct VariantView {
    id: Uuid,
    /// What carts and orders name.
    #[schema(examples("TENT-2-GREEN"))]
    sku: String,
    #[schema(examples("Green"))]
    name: String,
    attributes: BTreeMap<String, String>,
    /// Its own or the product's.
    price: Money,
    #[schema(required)]
    barcode: Option<String>,
    #[schema(required, minimum = 0)]
    weight_grams: Option<i32>,
    availability: Availability,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Image)]
struct ImageView {
    id: Uuid,
    #[schema(format = "uri")]
    url: String,
    /// What it shows, for those who cannot see it.
    alt: String,
    /// Pixels.
    #[schema(minimum = 1)]
    width: i32,
    /// Pixels.
    #[schema(minimum = 1)]
    height: i32,
    #[schema(pattern = "^image/")]
    content_type: String,
    renditions: RenditionsView,
}

impl ProductView {
    /// From its row. `images` is what comes before a picture's key.
    pub fn new(row: ProductDocument, images: &str) -> Result<Self, sqlx::Error> {
        let currency: Currency =
            row.currency.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        let variants: Vec<VariantView> = row
            .variants
            .into_iter()
            .map(|variant| VariantView::new(variant, &row.scarce, currency))
            .collect();
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
            attributes: row.attributes,
            availability: variants
                .iter()
                .map(|variant| variant.availability)
                .max()
                .unwrap_or(Availability::Out),
            categories: row
                .categories
                .into_iter()
                .map(|row| CategoryView { id: row.id, slug: row.slug, name: row.name, path: row.path })
                .collect(),
            images: row.images.into_iter().map(|image| ImageView::new(image, images)).collect(),
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
    fn new(row: VariantDocument, scarce: &Scarce, currency: Currency) -> Self {
        Self {
            id: row.id,
            availability: scarce.get(&row.sku).copied().unwrap_or(Availability::InStock),
            sku: row.sku,
            name: row.name,
            attributes: row.attributes,
            price: Money::new(row.price, currency),
            barcode: row.barcode,
            weight_grams: row.weight_grams,
        }
    }
}

impl ImageView {
    fn new(row: ImageDocument, base_url: &str) -> Self {
        Self {
            id: row.id,
            renditions: RenditionsView::new(row.renditions.as_ref(), &row.key, base_url),
            url: format!("{base_url}/{}", row.key),
            alt: row.alt,
            width: row.width,
            height: row.height,
            content_type: row.content_type,
        }
    }
}
