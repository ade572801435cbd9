//! Promotions: adding, replacing, removing.

use uuid::Uuid;

use super::ShopError;
use crate::db::promotions::{self, StoredPromotion};
use crate::domain::promotion::Promotion;
use crate::state::State;

/// Adds one under this id. Added before under it, it is as it was.
///
/// # Errors
/// See [`ShopError`].
pub async fn add(state: &State, id: Uuid, promotion: &Promotion) -> Result<StoredPromotion, ShopError> {
    let clock = state.clock.as_ref();
    let work = state.database.transaction("add_promotion", |tx| {
        Box::pin(async move {
            if let Some(stored) = promotions::get(&mut **tx, id).await? {
                return Ok(stored);
            }
            promotions::insert(tx, id, promotion, clock.now()).await?;
            promotions::get(&mut **tx, id).await?.ok_or(ShopError::NotFound)
        })
    });
    work.await
}

/// Replaces one, if it has the version that `is_expected` accepts.
///
/// # Errors
/// See [`ShopError`].
pub async fn replace(
    state: &State,
    id: Uuid,
    promotion: &Promotion,
    is_expected: &(dyn Fn(i64) -> bool + Sync),
) -> Result<StoredPromotion, ShopError> {
    let clock = state.clock.as_ref();
    let work = state.database.transaction("replace_promotion", |tx| {
        Box::pin(async move {
            let before = promotions::lock(tx, id).await?.ok_or(ShopError::NotFound)?;
            if !is_expected(before.version) {
                return Err(ShopError::Stale);
            }
            if before.promotion == *promotion {
                return Ok(before);
            }
            promotions::update(tx, id, promotion, clock.now()).await?;
            promotions::get(&mut **tx, id).await?.ok_or(ShopError::NotFound)
        })
    });
    work.await
}

/// Removes one, if it has the version that `is_expected` accepts.
///
/// # Errors
/// See [`ShopError`].
pub async fn remove(
    state: &State,
    id: Uuid,
    is_expected: &(dyn Fn(i64) -> bool + Sync),
) -> Result<(), ShopError> {
    let work = state.database.transaction("remove_promotion", |tx| {
        Box::pin(async move {
            let before = promotions::lock(tx, id).await?.ok_or(ShopError::NotFound)?;
            if !is_expected(before.version) {
                return Err(ShopError::Stale);
            }
            Ok(promotions::delete(tx, id).await?)
        })
    });
    work.await
}
