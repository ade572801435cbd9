//! Pictures of products, and objects that nobody refers to any more.

use cartwright_types::{ImageId, ProductId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor, PgPool};
use uuid::Uuid;

use crate::domain::picture::{Renditions, SERVED_AS};

/// A picture that is ready, or waits for its bytes.
#[derive(Debug, Clone)]
pub struct ImageRow {
    pub id: Uuid,
    /// `pending` or `ready`; the rejected are not read.
    pub status: String,
    pub alt: String,
    pub position: i32,
    /// None for what the loader brought.
    pub filename: Option<String>,
    /// None until it is ready, as are the next four.
    pub key: Option<String>,
    pub width: Option<i32>,
    pub height: Option<i32>,
    pub content_type: Option<String>,
    /// None for what the loader brought, too: the one object serves in all sizes.
    pub renditions: Option<Json<Renditions>>,
}

/// The place of a picture among those of its product.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Place(pub i32, pub Uuid);

impl ImageRow {
    /// Whether it is part of the product that everybody sees.
    pub fn is_ready(&self) -> bool {
        self.status == "ready"
    }
}

/// A page of a product's pictures, in their order; `unfinished` says whether those count that are not ready.
pub async fn list(
    pool: &PgPool,
    product: ProductId,
    unfinished: bool,
    after: Option<Place>,
    most: i64,
) -> Result<Vec<ImageRow>, sqlx::Error> {
    let after = after.unwrap_or(Place(i32::MIN, Uuid::nil()));
    sqlx::query_as!(
        ImageRow,
        r#"SELECT id, status, alt, position, filename, key, width, height, content_type,
                  renditions AS "renditions: Json<Renditions>"
           FROM product_images
           WHERE product_id = $1 AND (status = 'ready' OR $2 AND status = 'pending') AND (position, id) > ($3, $4)
           ORDER BY position, id LIMIT $5"#,
        product.uuid(),
        unfinished,
        after.0,
        after.1,
        most
    )
    .fetch_all(pool)
    .await
}

/// All pictures of a product that are not rejected, in their order. The product must be locked.
pub async fn all(conn: &mut PgConnection, product: ProductId) -> Result<Vec<ImageRow>, sqlx::Error> {
    sqlx::query_as!(
        ImageRow,
        r#"SELECT id, status, alt, position, filename, key, width, height, content_type,
                  renditions AS "renditions: Json<Renditions>"
           FROM product_images WHERE product_id = $1 AND status <> 'rejected' ORDER BY position, id"#,
        product.uuid()
    )
    .fetch_all(conn)
    .await
}

/// A picture that waits for its bytes, in the last place. The product must be locked. Once: a second time is nothing.
pub async fn insert_pending(
    conn: &mut PgConnection,
    id: ImageId,
    product: ProductId,
    filename: &str,
    alt: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO product_images (id, product_id, status, filename, alt, position, created_at)
         SELECT $1, $2, 'pending', $3, $4, coalesce(max(position) + 1, 0), $5 FROM product_images WHERE product_id = $2
         ON CONFLICT (id) DO NOTHING",
        id.uuid(),
        product.uuid(),
        filename,
        alt,
        now
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Writes a picture's text.
pub async fn set_alt(conn: &mut PgConnection, id: ImageId, alt: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE product_images SET alt = $2 WHERE id = $1", id.uuid(), alt)
        .execute(conn)
        .await
        .map(drop)
}

/// Puts pictures in the order of `ids`.
pub async fn set_order(conn: &mut PgConnection, ids: &[Uuid]) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE product_images i SET position = (o.place - 1)::integer
         FROM unnest($1::uuid[]) WITH ORDINALITY AS o (id, place) WHERE i.id = o.id AND i.position <> o.place - 1",
        ids
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Removes a picture.
pub async fn delete(conn: &mut PgConnection, id: ImageId) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM product_images WHERE id = $1", id.uuid()).execute(conn).await.map(drop)
}

/// Whose picture an upload is, if it still waits for its bytes.
pub async fn pending(db: impl PgExecutor<'_>, id: ImageId) -> Result<Option<ProductId>, sqlx::Error> {
    let product = sqlx::query_scalar!(
        "SELECT product_id FROM product_images WHERE id = $1 AND status = 'pending'",
        id.uuid()
    )
    .fetch_optional(db)
    .await?;
    Ok(product.map(ProductId))
}

/// What a picture is once its bytes were rendered.
pub struct Ready<'a> {
    pub renditions: &'a Renditions,
    pub width: i32,
    pub height: i32,
}

/// Makes a picture ready that waits for it; false when it does not wait any more.
pub async fn make_ready(
    conn: &mut PgConnection,
    id: ImageId,
    ready: &Ready<'_>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE product_images SET status = 'ready', key = $2, width = $3, height = $4, content_type = $5, renditions = $6
         WHERE id = $1 AND status = 'pending'",
        id.uuid(),
        ready.renditions.full,
        ready.width,
        ready.height,
        SERVED_AS,
        Json(ready.renditions) as _
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether a picture is served from `key`.
pub async fn is_served_from(pool: &PgPool, id: ImageId, key: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM product_images WHERE id = $1 AND key = $2) AS "served!""#,
        id.uuid(),
        key
    )
    .fetch_one(pool)
    .await
}

/// Rejects a picture that waits for its bytes.
pub async fn reject(pool: &PgPool, id: ImageId, reason: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE product_images SET status = 'rejected', rejection = $2 WHERE id = $1 AND status = 'pending'",
        id.uuid(),
        reason
    )
    .execute(pool)
    .await
    .map(drop)
}

/// Removes what is not ready and was begun before `before`; what may lie in S3 of it becomes an unused object.
pub async fn remove_unfinished(
    pool: &PgPool,
    before: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!(
        "WITH gone AS (
             DELETE FROM product_images WHERE status <> 'ready' AND created_at < $1 RETURNING id
         )
         INSERT INTO unused_objects (bucket, key, since) SELECT 'uploads', 'images/' || id, $2 FROM gone
         ON CONFLICT DO NOTHING",
        before,
        now
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

/// Notes objects that nobody refers to any more.
pub async fn add_unused(
    conn: &mut PgConnection,
    bucket: &str,
    keys: &[String],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO unused_objects (bucket, key, since) SELECT $1, unnest($2::text[]), $3 ON CONFLICT DO NOTHING",
        bucket,
        keys,
        now
    )
    .execute(conn)
    .await
    .map(drop)
}

/// An object that nobody refers to any more.
pub struct UnusedObject {
    pub bucket: String,
    pub key: String,
}

/// The oldest of them.
pub async fn unused(pool: &PgPool, most: i64) -> Result<Vec<UnusedObject>, sqlx::Error> {
    sqlx::query_as!(UnusedObject, "SELECT bucket, key FROM unused_objects ORDER BY since LIMIT $1", most)
        .fetch_all(pool)
        .await
}

/// Forgets one that is removed.
pub async fn forget_unused(pool: &PgPool, object: &UnusedObject) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM unused_objects WHERE bucket = $1 AND key = $2", object.bucket, object.key)
        .execute(pool)
        .await
        .map(drop)
}

/// A product whose row is locked.
pub struct LockedProduct {
    pub slug: String,
    pub status: String,
    pub version: i64,
}

/// Locks a product, as every change of its pictures does first.
pub async fn lock_product(
    conn: &mut PgConnection,
    id: ProductId,
) -> Result<Option<LockedProduct>, sqlx::Error> {
    sqlx::query_as!(
        LockedProduct,
        "SELECT slug, status, version FROM products WHERE id = $1 FOR NO KEY UPDATE",
        id.uuid()
    )
    .fetch_optional(conn)
    .await
}

/// Raises a product's version; the new one.
pub async fn raise_version(
    conn: &mut PgConnection,
    id: ProductId,
    now: DateTime<Utc>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        "UPDATE products SET version = version + 1, updated_at = $2 WHERE id = $1 RETURNING version",
        id.uuid(),
        now
    )
    .fetch_one(conn)
    .await
}

/// Whether a product is for those who ask: one that is not active is for staff only.
pub async fn is_shown(pool: &PgPool, id: ProductId, to_staff: bool) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM products WHERE id = $1 AND (status = 'active' OR $2)) AS "shown!""#,
        id.uuid(),
        to_staff
    )
    .fetch_one(pool)
    .await
}

/// The version of a product that has this picture, rejected ones apart; None when there is none.
pub async fn version_with(
    pool: &PgPool,
    product: ProductId,
    image: ImageId,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT p.version FROM products p JOIN product_images i ON i.product_id = p.id
         WHERE p.id = $1 AND i.id = $2 AND i.status <> 'rejected'",
        product.uuid(),
        image.uuid()
    )
    .fetch_optional(pool)
    .await
}
