//! Shipping methods: adding, replacing, removing.

use uuid::Uuid;

use super::ShopError;
use crate::db::shipping_methods::{self, StoredMethod};
use crate::domain::shipping::Method;
use crate::state::State;

/// Adds one under this id. Added before under it, it is as it was.
///
/// # Errors
/// See [`ShopError`].
pub async fn add(state: &State, id: Uuid, method: &Method) -> Result<StoredMethod, ShopError> {
    let clock = state.clock.as_ref();
    let work = state.database.transaction("add_shipping_method", |tx| {
        Box::pin(async move {
            if let Some(stored) = shipping_methods::get(&mut **tx, id).await? {
                return Ok(stored);
            }
            shipping_methods::insert(tx, id, method, clock.now()).await?;
            shipping_methods::get(&mut **tx, id).await?.ok_or(ShopError::NotFound)
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
    method: &Method,
    is_expected: &(dyn Fn(i64) -> bool + Sync),
) -> Result<StoredMethod, ShopError> {
    let clock = state.clock.as_ref();
    let work = state.database.transaction("replace_shipping_method", |tx| {
        Box::pin(async move {
            let before = shipping_methods::lock(tx, id).await?.ok_or(ShopError::NotFound)?;
            if !is_expected(before.version) {
                return Err(ShopError::Stale);
            }
            if before.method == *method {
                return Ok(before);
            }
            shipping_methods::update(tx, id, method, clock.now()).await?;
            shipping_methods::get(&mut **tx, id).await?.ok_or(ShopError::NotFound)
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
    let work = state.database.transaction("remove_shipping_method", |tx| {
        Box::pin(async move {
            let before = shipping_methods::lock(tx, id).await?.ok_or(ShopError::NotFound)?;
            if !is_expected(before.version) {
                return Err(ShopError::Stale);
            }
            Ok(shipping_methods::delete(tx, id).await?)
        })
    });
    work.await
}
