//! Refunds: asked for in the transaction that decides them, done afterwards.

use cartwright_types::PaymentId;
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// A refund that is not done yet.
#[derive(Debug, Clone)]
pub struct OpenRefund {
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

/// Those that are neither done nor failed.
pub async fn open(pool: &PgPool) -> Result<Vec<OpenRefund>, sqlx::Error> {
    sqlx::query_as!(
        OpenRefund,
        "SELECT id, payment_id, amount FROM refunds WHERE status IN ('requested', 'pending')
         ORDER BY created_at LIMIT 100"
    )
    .fetch_all(pool)
    .await
}

/// Writes where one stands at its provider; false: it had ended, or stood there.
pub async fn settle(
    conn: &mut PgConnection,
    id: Uuid,
    status: &str,
    provider_ref: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let result = sqlx::query!(
        "UPDATE refunds SET status = $2, provider_ref = coalesce($3, provider_ref), updated_at = $4
         WHERE id = $1 AND status IN ('requested', 'pending') AND status <> $2",
        id,
        status,
        provider_ref,
        now
    )
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
