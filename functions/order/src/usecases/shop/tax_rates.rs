//! Tax rates: adding, replacing, removing.

use uuid::Uuid;

use super::ShopError;
use crate::db::tax_rates::{self, StoredRate};
use crate::domain::tax::TaxRate;
use crate::state::State;

/// Adds one under this id. Added before under it, it is as it was.
///
/// # Errors
/// See [`ShopError`].
pub async fn add(state: &State, id: Uuid, rate: &TaxRate) -> Result<StoredRate, ShopError> {
    let clock = state.clock.as_ref();
    let work = state.database.transaction("add_tax_rate", |tx| {
        Box::pin(async move {
            if let Some(stored) = tax_rates::get(&mut **tx, id).await? {
                return Ok(stored);
            }
            tax_rates::insert(tx, id, rate, clock.now()).await?;
            tax_rates::get(&mut **tx, id).await?.ok_or(ShopError::NotFound)
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
    rate: &TaxRate,
    is_expected: &(dyn Fn(i64) -> bool + Sync),
) -> Result<StoredRate, ShopError> {
    let clock = state.clock.as_ref();
    let work = state.database.transaction("replace_tax_rate", |tx| {
        Box::pin(async move {
            let before = tax_rates::lock(tx, id).await?.ok_or(ShopError::NotFound)?;
            if !is_expected(before.version) {
                return Err(ShopError::Stale);
            }
            if before.rate == *rate {
                return Ok(before);
            }
            tax_rates::update(tx, id, rate, clock.now()).await?;
            tax_rates::get(&mut **tx, id).await?.ok_or(ShopError::NotFound)
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
    let work = state.database.transaction("remove_tax_rate", |tx| {
        Box::pin(async move {
            let before = tax_rates::lock(tx, id).await?.ok_or(ShopError::NotFound)?;
            if !is_expected(before.version) {
                return Err(ShopError::Stale);
            }
            Ok(tax_rates::delete(tx, id).await?)
        })
    });
    work.await
}
