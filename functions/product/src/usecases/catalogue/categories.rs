//! The category tree. A category's path is that of the one above and its own slug.

use cartwright_database::{Tx, violates};
use cartwright_types::CategoryId;
use cartwright_web::Change;
use uuid::Uuid;

use super::{Expected, WriteError};
use crate::db::catalogue::CategoryRow;
use crate::db::categories::{self, Category};
use crate::db::category_writes;
use crate::domain::slug::{Key, free_slug, slug_of};
use crate::state::State;

/// Levels of the tree: a path fits into an index.
const DEEPEST: i32 = 16;

/// What is to change of a category; what is None stays.
pub struct CategoryWish {
    pub name: Option<String>,
    pub slug: Option<String>,
    /// Cleared: a root.
    pub parent_id: Change<Uuid>,
    pub position: Option<i32>,
}

/// Where the children of a category go that is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reparent {
    /// They become roots.
    Root,
    /// Below this one.
    Below(Uuid),
}

/// Makes the category `id`; one that is there already was made by an earlier try of the same request.
///
/// # Errors
/// See [`WriteError`].
pub async fn create_category(
    state: &State,
    id: CategoryId,
    wish: &CategoryWish,
) -> Result<Category, WriteError> {
    let work = state.database.transaction("create_category", |tx| {
        Box::pin(async move {
            category_writes::lock_tree(tx).await?;
            let key = Key::Id(id.uuid());
            if let Some(made) = categories::find(&mut **tx, &key).await? {
                return Ok(made);
            }
            let slug = if let Some(slug) = &wish.slug {
                slug.clone()
            } else {
                let base = slug_of(wish.name.as_deref().unwrap_or_default(), "category");
                free_slug(&base, &category_writes::slugs_like(tx, &base).await?)
            };
            let parent = parent(tx, wish, None).await?;
            let path = path(parent.as_ref(), &slug);
            check_depth(&path, 0)?;
            let row = CategoryRow {
                id: id.uuid(),
                slug: &slug,
                name: wish.name.as_deref().unwrap_or_default(),
                parent_id: parent.map(|parent| parent.id),
                path: &path,
                position: wish.position.unwrap_or_default(),
            };
            category_writes::insert(tx, &row, state.clock.now()).await.map_err(slug_taken)?;
            categories::find(&mut **tx, &key).await?.ok_or(WriteError::NotFound)
        })
    });
    let made = work.await?;
    state.reads.clear();
    Ok(made)
}

/// Changes the category `id`, if it has the version that is expected, and moves what is below it along; what it is now.
///
/// # Errors
/// See [`WriteError`].
pub async fn update_category(
    state: &State,
    id: CategoryId,
    wish: &CategoryWish,
    expected: Expected<'_>,
) -> Result<Category, WriteError> {
    let work = state.database.transaction("update_category", |tx| {
        Box::pin(async move {
            category_writes::lock_tree(tx).await?;
            let before = category_writes::lock(tx, id.uuid()).await?.ok_or(WriteError::NotFound)?;
            if !expected(before.version) {
                return Err(WriteError::Stale);
            }
            let parent = parent(tx, wish, Some(&before)).await?;
            let slug = wish.slug.clone().unwrap_or_else(|| before.slug.clone());
            let path = path(parent.as_ref(), &slug);
            let after = Category {
                name: wish.name.clone().unwrap_or_else(|| before.name.clone()),
                parent_id: parent.map(|parent| parent.id),
                position: wish.position.unwrap_or(before.position),
                slug,
                path,
                ..before
            };
            if after != before {
                write(tx, state, &before, &after).await?;
            }
            categories::find(&mut **tx, &Key::Id(id.uuid())).await?.ok_or(WriteError::NotFound)
        })
    });
    let category = work.await?;
    state.reads.clear();
    Ok(category)
}

/// Removes the category `id`, if it has the version that is expected; its products lose it, its children go where
/// `reparent` says.
///
/// # Errors
/// See [`WriteError`].
pub async fn delete_category(
    state: &State,
    id: CategoryId,
    reparent: Option<Reparent>,
    expected: Expected<'_>,
) -> Result<(), WriteError> {
    let now = state.clock.now();
    let work = state.database.transaction("delete_category", |tx| {
        Box::pin(async move {
            category_writes::lock_tree(tx).await?;
            let category = category_writes::lock(tx, id.uuid()).await?.ok_or(WriteError::NotFound)?;
            if !expected(category.version) {
                return Err(WriteError::Stale);
            }
            if category_writes::has_children(tx, category.id).await? {
                let parent = match reparent.ok_or(WriteError::HasChildren)? {
                    Reparent::Root => None,
                    Reparent::Below(parent) => Some(new_parent(tx, parent, &category).await?),
                };
                category_writes::give_away_children(tx, &category, parent.as_ref(), now).await?;
            }
            Ok(category_writes::remove(tx, category.id, now).await?)
        })
    });
    work.await?;
    state.reads.clear();
    Ok(())
}

/// Where the children go: not to what goes with them.
async fn new_parent(tx: &mut Tx<'_>, id: Uuid, category: &Category) -> Result<Category, WriteError> {
    let invalid = |code, detail| WriteError::invalid("reparent_to", code, detail);
    let parent = categories::find(&mut **tx, &Key::Id(id)).await?;
    let parent = parent.ok_or_else(|| invalid("unknown_category", "there is no such category"))?;
    if is_within(&parent, category) {
        return Err(invalid("cycle", "is the category itself, or below it"));
    }
    let levels = category_writes::levels_below(tx, &category.path).await?;
    if depth(&parent.path) + levels > DEEPEST {
        return Err(invalid("too_deep", "at most 16 levels"));
    }
    Ok(parent)
}

/// The category above, as it shall be.
async fn parent(
    tx: &mut Tx<'_>,
    wish: &CategoryWish,
    before: Option<&Category>,
) -> Result<Option<Category>, WriteError> {
    let Some(id) = wish.parent_id.clone().apply(before.and_then(|before| before.parent_id)) else {
        return Ok(None);
    };
    let parent = categories::find(&mut **tx, &Key::Id(id)).await?;
    let parent = parent
        .ok_or_else(|| WriteError::invalid("/parent_id", "unknown_category", "there is no such category"))?;
    if before.is_some_and(|before| is_within(&parent, before)) {
        return Err(WriteError::invalid("/parent_id", "cycle", "is the category itself, or below it"));
    }
    Ok(Some(parent))
}

async fn write(
    tx: &mut Tx<'_>,
    state: &State,
    before: &Category,
    after: &Category,
) -> Result<(), WriteError> {
    let now = state.clock.now();
    let row = CategoryRow {
        id: after.id,
        slug: &after.slug,
        name: &after.name,
        parent_id: after.parent_id,
        path: &after.path,
        position: after.position,
    };
    if after.path != before.path {
        check_depth(&after.path, category_writes::levels_below(tx, &before.path).await?)?;
    }
    category_writes::update(tx, &row, now).await.map_err(slug_taken)?;
    if after.path != before.path {
        category_writes::move_below(tx, &before.path, &after.path, now).await?;
    }
    Ok(())
}

fn is_within(category: &Category, top: &Category) -> bool {
    category.id == top.id || category.path.starts_with(&format!("{}/", top.path))
}

fn path(parent: Option<&Category>, slug: &str) -> String {
    parent.map_or_else(|| slug.to_owned(), |parent| format!("{}/{slug}", parent.path))
}

fn depth(path: &str) -> i32 {
    i32::try_from(path.split('/').count()).unwrap_or(i32::MAX)
}

fn check_depth(path: &str, levels_below: i32) -> Result<(), WriteError> {
    if depth(path).saturating_add(levels_below) > DEEPEST {
        return Err(WriteError::invalid("/parent_id", "too_deep", "at most 16 levels"));
    }
    Ok(())
}

fn slug_taken(error: sqlx::Error) -> WriteError {
    if violates(&error, "categories_slug_key") { WriteError::SlugTaken } else { error.into() }
}
