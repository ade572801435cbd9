//! Reading the category tree.

use serde::Serialize;
use sqlx::{PgExecutor, PgPool};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::slug::Key;

/// A category as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Category {
    pub id: Uuid,
    #[schema(examples("tents"))]
    pub slug: String,
    #[schema(examples("Tents"))]
    pub name: String,
    /// The category above; null at the root.
    #[schema(required)]
    pub parent_id: Option<Uuid>,
    /// The slugs from the root down, joined by slashes.
    #[schema(examples("camping/tents"))]
    pub path: String,
    /// Among its siblings, smallest first.
    pub position: i32,
    #[serde(skip)]
    pub version: i64,
}

/// The category of that id or slug.
pub async fn find(executor: impl PgExecutor<'_>, key: &Key) -> Result<Option<Category>, sqlx::Error> {
    sqlx::query_as!(
        Category,
        "SELECT id, slug, name, parent_id, path, position, version FROM categories WHERE id = $1 OR slug = $2",
        key.id(),
        key.slug()
    )
    .fetch_optional(executor)
    .await
}

/// Up to `limit` categories by position, then slug, from after `(position, slug)` on.
pub async fn list(
    pool: &PgPool,
    after: Option<&(i32, String)>,
    limit: i64,
) -> Result<Vec<Category>, sqlx::Error> {
    // Without a place to go on from: before everything.
    let (position, slug) = after.map_or((i32::MIN, ""), |(position, slug)| (*position, slug.as_str()));
    sqlx::query_as!(
        Category,
        "SELECT id, slug, name, parent_id, path, position, version FROM categories
         WHERE (position, slug) > ($1, $2) ORDER BY position, slug LIMIT $3",
        position,
        slug,
        limit
    )
    .fetch_all(pool)
    .await
}
