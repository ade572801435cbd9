//! Removes what has served its time.

use std::time::Duration;

use cartwright_runtime::{Work, every};
use sqlx::PgPool;

/// Once an hour: idempotency keys after a day, inbox rows after 15 days (a message lives 14 days at most).
#[must_use]
pub fn tidy(pool: PgPool) -> impl Work {
    every("tidy", Duration::from_hours(1), move || {
        let pool = pool.clone();
        async move {
            for statement in [
                "DELETE FROM idempotency_keys WHERE created_at < now() - interval '1 day' AND leased_until < now()",
                "DELETE FROM inbox WHERE received_at < now() - interval '15 days'",
            ] {
                sqlx::query(statement).execute(&pool).await?;
            }
            Ok::<(), sqlx::Error>(())
        }
    })
}
