//! What staff keep of the shop: ways to ship, tax rates, promotions. Each is added, replaced and removed alike; orders have
//! copies of what they need, so that nothing here is in their way.

/// What staff do to one kind of thing: `add`, `replace` and `remove`, by the functions of its table.
macro_rules! kept {
    ($table:ident: $thing:ty as $stored:ident.$field:ident, $name:literal) => {
        /// Adds one under this id. Added before under it, it is as it was.
        ///
        /// # Errors
        /// See [`ShopError`](super::ShopError).
        pub async fn add(
            state: &crate::state::State,
            id: uuid::Uuid,
            thing: &$thing,
        ) -> Result<$stored, super::ShopError> {
            let clock = state.clock.as_ref();
            let work = state.database.transaction(concat!("add_", $name), |tx| {
                Box::pin(async move {
                    if let Some(stored) = $table::get(&mut **tx, id).await? {
                        return Ok(stored);
                    }
                    $table::insert(tx, id, thing, clock.now()).await?;
                    $table::get(&mut **tx, id).await?.ok_or(super::ShopError::NotFound)
                })
            });
            work.await
        }

        /// Replaces one, if it has the version that `is_expected` accepts.
        ///
        /// # Errors
        /// See [`ShopError`](super::ShopError).
        pub async fn replace(
            state: &crate::state::State,
            id: uuid::Uuid,
            thing: &$thing,
            is_expected: &(dyn Fn(i64) -> bool + Sync),
        ) -> Result<$stored, super::ShopError> {
            let clock = state.clock.as_ref();
            let work = state.database.transaction(concat!("replace_", $name), |tx| {
                Box::pin(async move {
                    let before = $table::lock(tx, id).await?.ok_or(super::ShopError::NotFound)?;
                    if !is_expected(before.version) {
                        return Err(super::ShopError::Stale);
                    }
                    if before.$field == *thing {
                        return Ok(before);
                    }
                    $table::update(tx, id, thing, clock.now()).await?;
                    $table::get(&mut **tx, id).await?.ok_or(super::ShopError::NotFound)
                })
            });
            work.await
        }

        /// Removes one, if it has the version that `is_expected` accepts.
        ///
        /// # Errors
        /// See [`ShopError`](super::ShopError).
        pub async fn remove(
            state: &crate::state::State,
            id: uuid::Uuid,
            is_expected: &(dyn Fn(i64) -> bool + Sync),
        ) -> Result<(), super::ShopError> {
            let work = state.database.transaction(concat!("remove_", $name), |tx| {
                Box::pin(async move {
                    let before = $table::lock(tx, id).await?.ok_or(super::ShopError::NotFound)?;
                    if !is_expected(before.version) {
                        return Err(super::ShopError::Stale);
                    }
                    Ok($table::delete(tx, id).await?)
                })
            });
            work.await
        }
    };
}
use kept;

pub mod promotions;
pub mod shipping_methods;
pub mod tax_rates;

use cartwright_database::violates;
use thiserror::Error;

use crate::db;
use crate::error::Failure;

/// Why it stays as it is.
#[derive(Debug, Error)]
pub enum ShopError {
    /// There is none with this id.
    #[error("there is no such thing")]
    NotFound,
    /// It was changed since the caller read it.
    #[error("it has another version")]
    Stale,
    /// Another one has its code.
    #[error("the code is taken")]
    CodeTaken,
    /// Another rate is for the same class in the same place.
    #[error("there is a rate for this class in this place")]
    PlaceTaken,
    /// The country's other rates say something else about its prices.
    #[error("the country's other rates are not like this one")]
    Disagrees,
    /// More orders have it than it is to allow.
    #[error("more orders have it than that")]
    BelowRedeemed,
    /// Not the client's doing.
    #[error("the change failed")]
    Failure(#[from] Failure),
}

impl From<sqlx::Error> for ShopError {
    fn from(error: sqlx::Error) -> Self {
        let is = |constraint| violates(&error, constraint);
        if is(db::shipping_methods::CODE_TAKEN) || is(db::promotions::CODE_TAKEN) {
            Self::CodeTaken
        } else if is(db::tax_rates::PLACE_TAKEN) {
            Self::PlaceTaken
        } else if is(db::tax_rates::DISAGREES) {
            Self::Disagrees
        } else if is(db::promotions::LIMIT) {
            Self::BelowRedeemed
        } else {
            Self::Failure(error.into())
        }
    }
}
