//! What providers told us by webhooks.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// Adds an event; false: it was there.
pub async fn insert(
    conn: &mut PgConnection,
    provider: &str,
    id: &str,
    kind: &str,
    payment: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let result = sqlx::query!(
        "INSERT INTO provider_events (provider, id, type, payment_id, received_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING",
        provider,
        id,
        kind,
        payment,
        now
    )
    .execute(conn)
    .await?;
    Ok(result.rows_affected() == 1)
}

/// Forgets those that no provider sends again.
pub async fn forget(pool: &PgPool, before: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let result =
        sqlx::query!("DELETE FROM provider_events WHERE received_at < $1", before).execute(pool).await?;
    Ok(result.rows_affected())
}
