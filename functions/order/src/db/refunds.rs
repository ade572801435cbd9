//! Refunds: asked for in the transaction that decides them, done afterwards.

use cartwright_types::PaymentId;
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// A refund that is not done yet.
#[derive(Debug, Clone)]
pub struct RequestedRefund {
    /// Also its idempotency key at the provider.
    pub id: Uuid,
    /// Whose money.
    pub payment_id: Uuid,
    /// Minor units.
    pub amount: i64,
}

/// Asks for a refund.
pub async fn request(
    conn: &mut PgConnection,
    id: Uuid,
    payment: PaymentId,
    amount: i64,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO refunds (id, payment_id, amount, status, reason, created_at) VALUES ($1, $2, $3, 'requested', $4, $5)",
        id,
        payment.uuid(),
        amount,
        reason,
        now
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Those that are not done.
pub async fn requested(pool: &PgPool) -> Result<Vec<RequestedRefund>, sqlx::Error> {
    sqlx::query_as!(
        RequestedRefund,
        "SELECT id, payment_id, amount FROM refunds WHERE status = 'requested' ORDER BY created_at LIMIT 100"
    )
    .fetch_all(pool)
    .await
}

/// Marks one as done; false: it was.
pub async fn mark_done(conn: &mut PgConnection, id: Uuid) -> Result<bool, sqlx::Error> {
    let result =
        sqlx::query!("UPDATE refunds SET status = 'done' WHERE id = $1 AND status = 'requested'", id)
            .execute(conn)
            .await?;
    Ok(result.rows_affected() == 1)
}

/// Whether a payment has a refund; the caller holds the order's lock.
pub async fn exists(conn: &mut PgConnection, payment: PaymentId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM refunds WHERE payment_id = $1) AS "exists!""#,
        payment.uuid()
    )
    .fetch_one(conn)
    .await
}
