//! Changing one product. Whoever does locks first the categories it shall be in, then the product, then stock by sku.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::domain::product::{ProductFields, Status};

type Attributes = BTreeMap<String, String>;

/// A product's own part, as it is.
pub struct StoredProduct {
    pub version: i64,
    pub fields: ProductFields,
}

/// The product, locked until the transaction ends.
pub async fn lock(conn: &mut PgConnection, id: Uuid) -> Result<Option<StoredProduct>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT version, slug, name, description, status, tax_class, price, compare_at_price,
                  attributes AS "attributes: Json<Attributes>"
           FROM products WHERE id = $1 FOR UPDATE"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        // The column's CHECK rules out other words.
        let status = Status::parse(&row.status)
            .ok_or_else(|| sqlx::Error::Decode("a product has an unknown status".into()))?;
        Ok(StoredProduct {
            version: row.version,
            fields: ProductFields {
                slug: row.slug,
                name: row.name,
                description: row.description,
                status,
                tax_class: row.tax_class,
                price: row.price,
                compare_at_price: row.compare_at_price,
                attributes: row.attributes.0,
            },
        })
    })
    .transpose()
}

/// The product's version, to be looked at before a change.
pub async fn version(pool: &PgPool, id: Uuid) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!("SELECT version FROM products WHERE id = $1", id).fetch_optional(pool).await
}

/// Makes a product.
pub async fn insert(
    conn: &mut PgConnection,
    id: Uuid,
    product: &ProductFields,
    currency: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO products (id, slug, name, description, status, tax_class, price, compare_at_price, currency, attributes,
                               created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)",
        id,
        product.slug,
        product.name,
        product.description,
        product.status.as_str(),
        product.tax_class,
        product.price,
        product.compare_at_price,
        currency,
        Json(&product.attributes) as _,
        now,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Writes a product's own part; its version is another's to raise, once for the whole change.
pub async fn update(
    conn: &mut PgConnection,
    id: Uuid,
    product: &ProductFields,
    currency: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE products SET slug = $2, name = $3, description = $4, status = $5, tax_class = $6, price = $7,
             compare_at_price = $8, currency = $9, attributes = $10
         WHERE id = $1",
        id,
        product.slug,
        product.name,
        product.description,
        product.status.as_str(),
        product.tax_class,
        product.price,
        product.compare_at_price,
        currency,
        Json(&product.attributes) as _,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Those of `ids` that are categories, which stay until the transaction ends.
pub async fn lock_categories(conn: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!("SELECT id FROM categories WHERE id = ANY($1) ORDER BY id FOR KEY SHARE", ids)
        .fetch_all(conn)
        .await
}

/// Slugs of products that are `base` or begin with it and a hyphen. Until the transaction ends nobody else asks for them.
pub async fn slugs_like(conn: &mut PgConnection, base: &str) -> Result<Vec<String>, sqlx::Error> {
    // The number is ours, and means nothing.
    sqlx::query!(r#"SELECT pg_advisory_xact_lock(7267021, hashtext($1)) AS "locked!: ()""#, base)
        .fetch_one(&mut *conn)
        .await?;
    sqlx::query_scalar!("SELECT slug FROM products WHERE slug = $1 OR slug LIKE $1 || '-%'", base)
        .fetch_all(conn)
        .await
}

/// A variant as it is; money in minor units.
pub struct StoredVariant {
    pub sku: String,
    pub name: String,
    pub attributes: Json<Attributes>,
    pub price: Option<i64>,
    pub barcode: Option<String>,
    pub weight_grams: Option<i32>,
    pub position: i32,
}

/// A product's variants.
pub async fn variants(conn: &mut PgConnection, product: Uuid) -> Result<Vec<StoredVariant>, sqlx::Error> {
    sqlx::query_as!(
        StoredVariant,
        r#"SELECT sku, name, attributes AS "attributes: Json<Attributes>", price, barcode, weight_grams, position
           FROM variants WHERE product_id = $1 ORDER BY position, sku"#,
        product
    )
    .fetch_all(conn)
    .await
}

/// Removes variants whose stock never moved and never was promised. The sku of one that has a history: then none is removed.
pub async fn remove_variants(
    conn: &mut PgConnection,
    product: Uuid,
    skus: &[String],
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query!("SELECT sku FROM inventory WHERE sku = ANY($1) ORDER BY sku FOR UPDATE", skus)
        .fetch_all(&mut *conn)
        .await?;
    let used = sqlx::query_scalar!(
        r#"SELECT i.sku FROM inventory i
           WHERE i.sku = ANY($1) AND (EXISTS (SELECT 1 FROM reservation_lines l WHERE l.sku = i.sku)
                                      OR EXISTS (SELECT 1 FROM inventory_movements m WHERE m.sku = i.sku))
           ORDER BY i.sku LIMIT 1"#,
        skus
    )
    .fetch_optional(&mut *conn)
    .await?;
    if used.is_some() {
        return Ok(used);
    }
    sqlx::query!("DELETE FROM inventory WHERE sku = ANY($1)", skus).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM variants WHERE product_id = $1 AND sku = ANY($2)", product, skus)
        .execute(conn)
        .await?;
    Ok(None)
}
