//! Removing what has served its time.

use std::time::Duration;

use cartwright_database::Database;
use cartwright_runtime::{Work, every};
use cartwright_types::{Clock, SharedClock};
use chrono::TimeDelta;

use crate::db::{audit, one_time_tokens, refresh_tokens, sessions};
use crate::error::Failure;

/// What happened is kept for so long.
const AUDIT: TimeDelta = TimeDelta::days(400);

/// Every hour.
pub fn hourly(database: Database, clock: SharedClock) -> impl Work {
    every("tokens", Duration::from_hours(1), move || {
        let (database, clock) = (database.clone(), clock.clone());
        async move { tidy(&database, clock.as_ref()).await }
    })
}

/// Removes tokens a day after their end, then the sessions that have none left; and what happened long ago.
///
/// # Errors
/// See [`Failure`].
pub async fn tidy(database: &Database, clock: &dyn Clock) -> Result<(), Failure> {
    let before = clock.now() - TimeDelta::days(1);
    let mut conn = database.pool().acquire().await?;
    one_time_tokens::remove_expired(&mut conn, before).await?;
    refresh_tokens::remove_expired(&mut conn, before).await?;
    sessions::remove_bare(&mut conn, before).await?;
    Ok(audit::remove_old(&mut *conn, clock.now() - AUDIT).await?)
}
