//! Stock that people change.

use cartwright_database::Tx;
use chrono::{DateTime, Utc};
use thiserror::Error;
use uuid::Uuid;

use crate::db::inventory::{self, Item, Locked, NewMovement};
use crate::state::State;

/// Of one sku, as the column's CHECK has it.
const MOST: i64 = 1_000_000_000;

/// What is to be changed.
pub struct StockChange {
    /// What there is, with why.
    pub quantity: Option<(Quantity, String)>,
    /// When more is to be ordered.
    pub reorder_point: Option<i64>,
}

/// Two ways to say how many pieces there are.
#[derive(Debug, Clone, Copy)]
pub enum Quantity {
    /// So many more, or fewer.
    Adjust(i64),
    /// So many were counted, when the count version was this.
    Set(i64, i64),
}

/// Why nothing was changed.
#[derive(Debug, Error)]
pub enum ChangeError {
    /// PostgreSQL says no.
    #[error("database")]
    Database(#[from] sqlx::Error),
    /// No such sku.
    #[error("there is no such sku")]
    NotFound,
    /// It was changed since the caller read it.
    #[error("the stock has another version")]
    Stale,
    /// Somebody else counted or adjusted since; the version is this now.
    #[error("the count is of another version")]
    CountStale(i64),
    /// Fewer would remain than none, or than are reserved.
    #[error("not enough stock")]
    InsufficientStock {
        /// What there is.
        on_hand: i64,
        /// What of it is promised.
        reserved: i64,
    },
    /// More than a sku can have.
    #[error("too much stock")]
    TooMuch,
}

/// Changes the stock of `sku` in the name of `actor`, if it has the version that `is_expected` accepts, with a row in the
/// ledger; what it is now. A second time with the same `operation_id` changes nothing.
///
/// # Errors
/// See [`ChangeError`].
pub async fn change_stock(
    state: &State,
    actor: &str,
    sku: &str,
    change: &StockChange,
    is_expected: &(dyn Fn(i64) -> bool + Sync),
    operation_id: Uuid,
) -> Result<Item, ChangeError> {
    let now = state.clock.now();
    let work = state.database.transaction("change_stock", |tx| {
        Box::pin(async move {
            let stock = inventory::lock(tx, sku).await?.ok_or(ChangeError::NotFound)?;
            let mut told = Vec::new();
            if !inventory::is_recorded(tx, operation_id).await? {
                if !is_expected(stock.version) {
                    return Err(ChangeError::Stale);
                }
                told = apply(tx, (sku, stock), change, (actor, operation_id), now).await?;
            }
            Ok((inventory::find(&mut **tx, sku).await?.ok_or(ChangeError::NotFound)?, told))
        })
    });
    let (item, told): (Item, Vec<String>) = work.await?;
    state.database.wrote_to_outbox(&told);
    Ok(item)
}

async fn apply(
    tx: &mut Tx<'_>,
    (sku, mut stock): (&str, Locked),
    change: &StockChange,
    (actor, operation_id): (&str, Uuid),
    now: DateTime<Utc>,
) -> Result<Vec<String>, ChangeError> {
    if let Some((quantity, reason)) = &change.quantity {
        let (cause, after) = counted(&stock, *quantity)?;
        let movement =
            NewMovement { sku, quantity: after - stock.on_hand, cause, actor, reason, operation_id };
        if movement.quantity != 0 {
            inventory::record(tx, &movement, now).await?;
        }
        stock.on_hand = after;
        stock.count_version += 1;
    }
    stock.reorder_point = change.reorder_point.unwrap_or(stock.reorder_point);
    Ok(inventory::write(tx, sku, &stock).await?)
}

/// The ledger's word for it, and how many there are then.
fn counted(stock: &Locked, quantity: Quantity) -> Result<(&'static str, i64), ChangeError> {
    let (cause, after) = match quantity {
        Quantity::Adjust(by) => ("adjust", stock.on_hand + by),
        Quantity::Set(_, version) if version != stock.count_version => {
            return Err(ChangeError::CountStale(stock.count_version));
        }
        Quantity::Set(to, _) => ("count", to),
    };
    match after {
        _ if after < stock.reserved => {
            Err(ChangeError::InsufficientStock { on_hand: stock.on_hand, reserved: stock.reserved })
        }
        _ if after > MOST => Err(ChangeError::TooMuch),
        _ => Ok((cause, after)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_promised_must_remain() {
        let after = |quantity| {
            let stock = Locked { on_hand: 10, reserved: 4, reorder_point: 5, count_version: 7, version: 30 };
            counted(&stock, quantity)
        };
        assert!(matches!(after(Quantity::Adjust(-6)), Ok(("adjust", 4))));
        assert!(matches!(after(Quantity::Set(4, 7)), Ok(("count", 4))));
        for short in [Quantity::Adjust(-7), Quantity::Adjust(-11), Quantity::Set(3, 7)] {
            assert!(matches!(after(short), Err(ChangeError::InsufficientStock { on_hand: 10, reserved: 4 })));
        }
        assert!(matches!(after(Quantity::Set(20, 6)), Err(ChangeError::CountStale(7))));
        assert!(matches!(after(Quantity::Adjust(MOST)), Err(ChangeError::TooMuch)));
    }
}
