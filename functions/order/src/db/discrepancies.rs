//! What a provider says of a payment and cannot be.

use cartwright_types::{PaymentId, SharedClock, new_uuid};
use serde_json::Value;
use sqlx::PgPool;

/// Notes one, or that it is still so.
pub async fn note(
    pool: &PgPool,
    clock: &SharedClock,
    payment: PaymentId,
    kind: &str,
    detail: &Value,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO payment_discrepancies (id, payment_id, kind, detail, seen_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (payment_id, kind) WHERE resolved_at IS NULL DO UPDATE SET detail = excluded.detail",
        new_uuid(clock.as_ref()),
        payment.uuid(),
        kind,
        detail,
        clock.now()
    )
    .execute(pool)
    .await
    .map(drop)
}

/// Notes that those of a payment among `kinds` are no more.
pub async fn resolve(
    pool: &PgPool,
    clock: &SharedClock,
    payment: PaymentId,
    kinds: &[String],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE payment_discrepancies SET resolved_at = $3
         WHERE payment_id = $1 AND kind = ANY($2) AND resolved_at IS NULL",
        payment.uuid(),
        kinds,
        clock.now()
    )
    .execute(pool)
    .await
    .map(drop)
}
