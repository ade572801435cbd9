//! Changing the category tree. Whoever does locks it first: a path is made of those above.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::catalogue::CategoryRow;
use super::categories::Category;

/// One at a time, until the transaction ends.
pub async fn lock_tree(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    // The number is ours, and means nothing.
    sqlx::query!(r#"SELECT pg_advisory_xact_lock(7267020) AS "locked!: ()""#).fetch_one(conn).await.map(drop)
}

/// The category, its row locked too: whoever puts a product into it waits, or has done so.
pub async fn lock(conn: &mut PgConnection, id: Uuid) -> Result<Option<Category>, sqlx::Error> {
    sqlx::query_as!(
        Category,
        "SELECT id, slug, name, parent_id, path, position, version FROM categories WHERE id = $1 FOR UPDATE",
        id
    )
    .fetch_optional(conn)
    .await
}

/// Slugs of categories that are `base` or begin with it and a hyphen.
pub async fn slugs_like(conn: &mut PgConnection, base: &str) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!("SELECT slug FROM categories WHERE slug = $1 OR slug LIKE $1 || '-%'", base)
        .fetch_all(conn)
        .await
}

/// Makes a category.
pub async fn insert(
    conn: &mut PgConnection,
    row: &CategoryRow<'_>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO categories (id, slug, name, parent_id, path, position, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
        row.id,
        row.slug,
        row.name,
        row.parent_id,
        row.path,
        row.position,
        now,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Writes a category; what is below it is another's to move.
pub async fn update(
    conn: &mut PgConnection,
    row: &CategoryRow<'_>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE categories SET slug = $2, name = $3, parent_id = $4, path = $5, position = $6, version = version + 1,
             updated_at = $7
         WHERE id = $1",
        row.id,
        row.slug,
        row.name,
        row.parent_id,
        row.path,
        row.position,
        now,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// How many levels are below the category at `path`.
pub async fn levels_below(conn: &mut PgConnection, path: &str) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT coalesce(max(cardinality(string_to_array(path, '/'))) - cardinality(string_to_array($1, '/')), 0) AS "levels!"
           FROM categories WHERE path LIKE $1 || '/%'"#,
        path
    )
    .fetch_one(conn)
    .await
}

/// Moves all that is below the category at `path` along to `new_path`.
pub async fn move_below(
    conn: &mut PgConnection,
    path: &str,
    new_path: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE categories SET path = $2 || substr(path, length($1) + 1), version = version + 1, updated_at = $3
         WHERE path LIKE $1 || '/%'",
        path,
        new_path,
        now,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Whether there are categories right below this one.
pub async fn has_children(conn: &mut PgConnection, id: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM categories WHERE parent_id = $1) AS "has!""#, id)
        .fetch_one(conn)
        .await
}

/// Gives the children of `category` another parent (none: they become roots), what is below them along.
pub async fn give_away_children(
    conn: &mut PgConnection,
    category: &Category,
    parent: Option<&Category>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let prefix = parent.map(|parent| format!("{}/", parent.path)).unwrap_or_default();
    sqlx::query!(
        "UPDATE categories SET path = $3 || substr(path, length($2) + 2), version = version + 1, updated_at = $5,
             parent_id = CASE WHEN parent_id = $1 THEN $4 ELSE parent_id END
         WHERE path LIKE $2 || '/%'",
        category.id,
        category.path,
        prefix,
        parent.map(|parent| parent.id),
        now,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Removes a category that has no children. Its products lose it, which is a new version of each.
pub async fn remove(conn: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "WITH gone AS (DELETE FROM product_categories WHERE category_id = $1 RETURNING product_id)
         UPDATE products SET version = version + 1, updated_at = $2 WHERE id IN (SELECT product_id FROM gone)",
        id,
        now
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("DELETE FROM categories WHERE id = $1", id).execute(conn).await.map(drop)
}
