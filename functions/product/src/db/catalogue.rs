//! Writing the catalogue. Every write leaves alone what is already as it should be, so that versions (and `ETag`s) move
//! only with a change.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

type Attributes = BTreeMap<String, String>;

/// A category to be written; `id` counts only when the slug is new.
pub struct CategoryRow<'a> {
    pub id: Uuid,
    pub slug: &'a str,
    pub name: &'a str,
    pub parent_id: Option<Uuid>,
    pub path: &'a str,
    pub position: i32,
}

/// Writes a category by its slug and moves what descends from it along.
pub async fn put_category(
    conn: &mut PgConnection,
    row: &CategoryRow<'_>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    super::category_writes::lock_tree(conn).await?;
    let before = sqlx::query_scalar!("SELECT path FROM categories WHERE slug = $1 FOR UPDATE", row.slug)
        .fetch_optional(&mut *conn)
        .await?;
    sqlx::query!(
        "INSERT INTO categories AS c (id, slug, name, parent_id, path, position, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
         ON CONFLICT (slug) DO UPDATE SET name = excluded.name, parent_id = excluded.parent_id, path = excluded.path,
             position = excluded.position, version = c.version + 1, updated_at = excluded.updated_at
         WHERE (c.name, c.parent_id, c.path, c.position)
             IS DISTINCT FROM (excluded.name, excluded.parent_id, excluded.path, excluded.position)",
        row.id,
        row.slug,
        row.name,
        row.parent_id,
        row.path,
        row.position,
        now,
    )
    .execute(&mut *conn)
    .await?;
    if let Some(before) = before.filter(|before| before != row.path) {
        sqlx::query!(
            "UPDATE categories SET path = $2 || substr(path, length($1) + 1), version = version + 1, updated_at = $3
             WHERE path LIKE $1 || '/%'",
            before,
            row.path,
            now,
        )
        .execute(conn)
        .await?;
    }
    Ok(())
}

/// Id and path of the category with that slug.
pub async fn category(conn: &mut PgConnection, slug: &str) -> Result<Option<(Uuid, String)>, sqlx::Error> {
    let row =
        sqlx::query!("SELECT id, path FROM categories WHERE slug = $1", slug).fetch_optional(conn).await?;
    Ok(row.map(|row| (row.id, row.path)))
}

/// A product to be written; `id` counts only when the slug is new. Money in minor units.
pub struct ProductRow<'a> {
    pub id: Uuid,
    pub slug: &'a str,
    pub name: &'a str,
    pub description: &'a str,
    pub status: &'a str,
    pub tax_class: &'a str,
    pub price: i64,
    pub compare_at_price: Option<i64>,
    pub currency: &'a str,
    pub attributes: &'a Attributes,
}

/// What a write did.
pub struct Put {
    pub id: Uuid,
    /// The row was there, and this changed it.
    pub updated: bool,
    /// The row is new: whatever hangs on it belongs to its first version.
    pub inserted: bool,
}

/// Writes a product by its slug; the row is locked until the transaction ends.
pub async fn put_product(
    conn: &mut PgConnection,
    row: &ProductRow<'_>,
    now: DateTime<Utc>,
) -> Result<Put, sqlx::Error> {
    let written = sqlx::query!(
        r#"INSERT INTO products AS p (id, slug, name, description, status, tax_class, price, compare_at_price, currency,
                                      attributes, created_at, updated_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
           ON CONFLICT (slug) DO UPDATE SET name = excluded.name, description = excluded.description,
               status = excluded.status, tax_class = excluded.tax_class, price = excluded.price,
               compare_at_price = excluded.compare_at_price, currency = excluded.currency,
               attributes = excluded.attributes
           WHERE (p.name, p.description, p.status, p.tax_class, p.price, p.compare_at_price, p.currency, p.attributes)
               IS DISTINCT FROM (excluded.name, excluded.description, excluded.status, excluded.tax_class, excluded.price,
                                 excluded.compare_at_price, excluded.currency, excluded.attributes)
           RETURNING id"#,
        row.id,
        row.slug,
        row.name,
        row.description,
        row.status,
        row.tax_class,
        row.price,
        row.compare_at_price,
        row.currency,
        Json(row.attributes) as _,
        now,
    )
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(written) = written {
        let inserted = written.id == row.id;
        return Ok(Put { id: written.id, inserted, updated: !inserted });
    }
    let id = sqlx::query_scalar!("SELECT id FROM products WHERE slug = $1", row.slug).fetch_one(conn).await?;
    Ok(Put { id, inserted: false, updated: false })
}

/// Raises a product's version.
pub async fn touch_product(conn: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE products SET version = version + 1, updated_at = $2 WHERE id = $1", id, now)
        .execute(conn)
        .await
        .map(drop)
}

/// Makes `categories` the product's; whether that was a change.
pub async fn put_product_categories(
    conn: &mut PgConnection,
    product: Uuid,
    categories: &[Uuid],
) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query_scalar!(
        r#"WITH gone AS (
               DELETE FROM product_categories WHERE product_id = $1 AND category_id <> ALL($2) RETURNING 1
           ), fresh AS (
               INSERT INTO product_categories (product_id, category_id) SELECT $1, unnest($2::uuid[])
               ON CONFLICT DO NOTHING RETURNING 1
           )
           SELECT EXISTS (SELECT 1 FROM gone) OR EXISTS (SELECT 1 FROM fresh) AS "changed!""#,
        product,
        categories
    )
    .fetch_one(conn)
    .await?;
    Ok(changed)
}

/// A variant to be written; `id` counts only when the sku is new.
pub struct VariantRow<'a> {
    pub id: Uuid,
    pub sku: &'a str,
    pub name: &'a str,
    pub attributes: &'a Attributes,
    pub price: Option<i64>,
    pub barcode: Option<&'a str>,
    pub weight_grams: Option<i32>,
    pub position: i32,
}

/// Writes a variant by its sku. None: the sku is another product's.
pub async fn put_variant(
    conn: &mut PgConnection,
    product: Uuid,
    row: &VariantRow<'_>,
) -> Result<Option<bool>, sqlx::Error> {
    let written = sqlx::query!(
        "INSERT INTO variants AS v (id, product_id, sku, name, attributes, price, barcode, weight_grams, position)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (sku) DO UPDATE SET name = excluded.name, attributes = excluded.attributes, price = excluded.price,
             barcode = excluded.barcode, weight_grams = excluded.weight_grams, position = excluded.position
         WHERE v.product_id = excluded.product_id
           AND (v.name, v.attributes, v.price, v.barcode, v.weight_grams, v.position) IS DISTINCT FROM
               (excluded.name, excluded.attributes, excluded.price, excluded.barcode, excluded.weight_grams, excluded.position)",
        row.id,
        product,
        row.sku,
        row.name,
        Json(row.attributes) as _,
        row.price,
        row.barcode,
        row.weight_grams,
        row.position,
    )
    .execute(&mut *conn)
    .await?;
    if written.rows_affected() == 1 {
        return Ok(Some(true));
    }
    let owner = sqlx::query_scalar!("SELECT product_id FROM variants WHERE sku = $1", row.sku)
        .fetch_one(conn)
        .await?;
    Ok((owner == product).then_some(false))
}

/// A picture to be written; `id` counts only when the product has none with that key.
pub struct ImageRow<'a> {
    pub id: Uuid,
    pub key: &'a str,
    pub alt: &'a str,
    pub width: i32,
    pub height: i32,
    pub content_type: &'a str,
    pub position: i32,
}

/// Makes `images` the product's, beside those that staff uploaded; whether that was a change.
pub async fn put_images(
    conn: &mut PgConnection,
    product: Uuid,
    images: &[ImageRow<'_>],
) -> Result<bool, sqlx::Error> {
    let keys: Vec<String> = images.iter().map(|image| image.key.to_owned()).collect();
    let gone = sqlx::query!(
        "DELETE FROM product_images WHERE product_id = $1 AND created_at IS NULL AND key <> ALL($2)",
        product,
        &keys
    )
    .execute(&mut *conn)
    .await?;
    let mut changed = gone.rows_affected() > 0;
    for row in images {
        let written = sqlx::query!(
            "INSERT INTO product_images AS i (id, product_id, key, alt, width, height, content_type, position)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (product_id, key) DO UPDATE SET alt = excluded.alt, width = excluded.width,
                 height = excluded.height, content_type = excluded.content_type, position = excluded.position
             WHERE (i.alt, i.width, i.height, i.content_type, i.position) IS DISTINCT FROM
                   (excluded.alt, excluded.width, excluded.height, excluded.content_type, excluded.position)",
            row.id,
            product,
            row.key,
            row.alt,
            row.width,
            row.height,
            row.content_type,
            row.position,
        )
        .execute(&mut *conn)
        .await?;
        changed |= written.rows_affected() > 0;
    }
    Ok(changed)
}
