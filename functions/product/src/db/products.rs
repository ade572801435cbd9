//! A product with everything that hangs on it, from the view `product_documents`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::types::Json;
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use crate::domain::slug::Key;

/// A row of the view.
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
}

#[derive(Debug, Deserialize)]
pub struct CategoryDocument {
    pub id: Uuid,
    pub slug: String,
    pub name: String,
    pub path: String,
    pub version: i64,
}

/// The active product of that id or slug.
pub async fn find_active(pool: &PgPool, key: &Key) -> Result<Option<ProductDocument>, sqlx::Error> {
    match key {
        Key::Id(id) => {
            sqlx::query_as!(
                ProductDocument,
                r#"SELECT id AS "id!", slug AS "slug!", name AS "name!", description AS "description!", status AS "status!",
                          tax_class AS "tax_class!", price AS "price!", compare_at_price, currency AS "currency!",
                          attributes AS "attributes!: Json<BTreeMap<String, String>>", version AS "version!",
                          created_at AS "created_at!", updated_at AS "updated_at!",
                          variants AS "variants!: Json<Vec<VariantDocument>>", images AS "images!: Json<Vec<ImageDocument>>",
                          categories AS "categories!: Json<Vec<CategoryDocument>>"
                   FROM product_documents WHERE id = $1 AND status = 'active'"#,
                id
            )
            .fetch_optional(pool)
            .await
        }
        Key::Slug(slug) => {
            sqlx::query_as!(
                ProductDocument,
                r#"SELECT id AS "id!", slug AS "slug!", name AS "name!", description AS "description!", status AS "status!",
                          tax_class AS "tax_class!", price AS "price!", compare_at_price, currency AS "currency!",
                          attributes AS "attributes!: Json<BTreeMap<String, String>>", version AS "version!",
                          created_at AS "created_at!", updated_at AS "updated_at!",
                          variants AS "variants!: Json<Vec<VariantDocument>>", images AS "images!: Json<Vec<ImageDocument>>",
                          categories AS "categories!: Json<Vec<CategoryDocument>>"
                   FROM product_documents WHERE slug = $1 AND status = 'active'"#,
                slug
            )
            .fetch_optional(pool)
            .await
        }
    }
}
