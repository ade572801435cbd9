//! Removes what has served its time.

use std::time::Duration;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

/// Once an hour: idempotency keys after a day, inbox rows after 15 days (a message lives 14 days at most).
pub async fn run_tidy(pool: PgPool, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_hours(1)) => {}
            () = stop.cancelled() => return,
        }
        for statement in [
            "DELETE FROM idempotency_keys WHERE created_at < now() - interval '1 day' AND leased_until < now()",
            "DELETE FROM inbox WHERE received_at < now() - interval '15 days'",
        ] {
            if let Err(error) = sqlx::query(statement).execute(&pool).await {
                tracing::warn!(%error, "old rows could not be removed");
            }
        }
    }
}
