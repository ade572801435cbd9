//! The safety net: a reservation that nobody committed or released gives its stock back.

use std::time::Duration;

use cartwright_database::Database;
use cartwright_runtime::{Work, every};
use cartwright_types::{Clock, SharedClock};

use crate::db::reservations;

/// Reservations of one statement: few enough that a hot sku is not locked for long.
const BATCH: i64 = 100;
/// Between two looks.
const INTERVAL: Duration = Duration::from_secs(5);

/// Expires everything that is due; how many that were.
///
/// # Errors
/// A statement failed.
pub async fn expire(database: &Database, clock: &dyn Clock) -> Result<u64, sqlx::Error> {
    let mut all = 0;
    loop {
        let (expired, told) = reservations::expire(database.pool(), clock.now(), BATCH).await?;
        database.wrote_to_outbox(&told);
        all += expired;
        if expired < BATCH.unsigned_abs() {
            return Ok(all);
        }
    }
}

/// Expires what is due every few seconds. Several processes may do so at once.
pub fn sweeper(database: Database, clock: SharedClock) -> impl Work {
    every("reservations", INTERVAL, move || {
        let (database, clock) = (database.clone(), clock.clone());
        async move {
            let expired = expire(&database, clock.as_ref()).await?;
            if expired > 0 {
                tracing::info!(expired, "reservations expired");
            }
            Ok::<(), sqlx::Error>(())
        }
    })
}
