//! What does not agree with a provider: what it says of a payment and cannot be, and what our own rows show.

use cartwright_types::PaymentId;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

/// A discrepancy's row, with the order it is about.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the columns of the table, described in its migration")]
pub struct DiscrepancyRow {
    pub id: Uuid,
    pub payment_id: Uuid,
    pub order_id: Uuid,
    pub kind: String,
    pub detail: Value,
    pub seen_at: DateTime<Utc>,
}

/// Something that does not agree.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// About which payment.
    pub payment_id: Uuid,
    /// [`FOUND_IN_ROWS`] has those that our own rows show.
    pub kind: String,
    /// What there is to know.
    pub detail: Value,
}

/// The kinds that our own rows show, so that they end when the rows are right again. Others are noted by whoever sees them.
pub const FOUND_IN_ROWS: [&str; 4] =
    ["captured_without_order_paid", "unknown_outcome", "refund_failed", "disputed"];

/// Those that are open, newest first; `after`: where the page before ended.
pub async fn list(
    pool: &PgPool,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<DiscrepancyRow>, sqlx::Error> {
    sqlx::query_as!(
        DiscrepancyRow,
        "SELECT d.id, d.payment_id, p.order_id, d.kind, d.detail, d.seen_at
         FROM payment_discrepancies d JOIN payments p ON p.id = d.payment_id
         WHERE d.resolved_at IS NULL AND ($1::uuid IS NULL OR d.id < $1) ORDER BY d.id DESC LIMIT $2",
        after,
        limit
    )
    .fetch_all(pool)
    .await
}

/// What our rows show: money of an order that waits for it since `before`, or that has ended (of orders from `oldest` on); an
/// outcome that is unknown since then; refunds that failed and that no later ones made up for; disputes.
pub async fn find(pool: &PgPool, before: DateTime<Utc>, oldest: Uuid) -> Result<Vec<Finding>, sqlx::Error> {
    sqlx::query_as!(
        Finding,
        r#"SELECT p.id AS "payment_id!", 'captured_without_order_paid' AS "kind!", jsonb_build_object('order_status', o.status,
                'captured', p.captured, 'refunded', p.refunded, 'currency', p.currency) AS "detail!"
           FROM orders o JOIN payments p ON p.order_id = o.id
           WHERE p.status = 'captured' AND p.updated_at < $1
             AND (o.status = 'pending_payment'
                  OR (o.status IN ('cancelled', 'expired') AND o.id >= $2 AND p.refund_reserved < p.captured))
           UNION ALL
           SELECT p.id, 'unknown_outcome', jsonb_build_object('since', p.updated_at)
           FROM payments p WHERE p.status = 'unknown' AND p.updated_at < $1
           UNION ALL
           SELECT f.payment_id, 'refund_failed', jsonb_build_object('refund_ids', f.ids, 'amount', f.amount,
                'currency', p.currency)
           FROM (SELECT payment_id, jsonb_agg(id ORDER BY id) AS ids, sum(amount) AS amount, min(id::text)::uuid AS first
                 FROM refunds WHERE status = 'failed' GROUP BY payment_id) f
           JOIN payments p ON p.id = f.payment_id
           WHERE p.refunded < p.captured AND f.amount > (SELECT coalesce(sum(r.amount), 0) FROM refunds r
                WHERE r.payment_id = f.payment_id AND r.status = 'done' AND r.id > f.first)
           UNION ALL
           SELECT p.id, 'disputed', jsonb_build_object('disputed', p.disputed, 'currency', p.currency)
           FROM payments p WHERE p.disputed > 0"#,
        before,
        oldest
    )
    .fetch_all(pool)
    .await
}

/// Notes one, or that it is still so.
pub async fn note(
    executor: impl PgExecutor<'_>,
    id: Uuid,
    finding: &Finding,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO payment_discrepancies (id, payment_id, kind, detail, seen_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (payment_id, kind) WHERE resolved_at IS NULL DO UPDATE SET detail = excluded.detail",
        id,
        finding.payment_id,
        finding.kind,
        finding.detail,
        now
    )
    .execute(executor)
    .await
    .map(drop)
}

/// Ends those of a payment among `kinds`.
pub async fn resolve(
    pool: &PgPool,
    payment: PaymentId,
    kinds: &[String],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE payment_discrepancies SET resolved_at = $3
         WHERE payment_id = $1 AND kind = ANY($2) AND resolved_at IS NULL",
        payment.uuid(),
        kinds,
        now
    )
    .execute(pool)
    .await
    .map(drop)
}

/// Ends those of [`FOUND_IN_ROWS`] that are none of `found` any more.
pub async fn resolve_found(pool: &PgPool, found: &[Finding], now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let (payments, kinds): (Vec<Uuid>, Vec<&str>) =
        found.iter().map(|finding| (finding.payment_id, finding.kind.as_str())).unzip();
    sqlx::query!(
        "UPDATE payment_discrepancies d SET resolved_at = $1 WHERE d.resolved_at IS NULL AND d.kind = ANY($2)
           AND NOT EXISTS (SELECT 1 FROM unnest($3::uuid[], $4::text[]) AS f (payment_id, kind)
                           WHERE f.payment_id = d.payment_id AND f.kind = d.kind)",
        now,
        &FOUND_IN_ROWS as &[&str],
        &payments,
        &kinds as &[&str]
    )
    .execute(pool)
    .await
    .map(drop)
}

/// How many are open, by kind.
pub async fn count(pool: &PgPool) -> Result<Vec<(String, i64)>, sqlx::Error> {
    sqlx::query!(
        r#"SELECT kind, count(*) AS "count!" FROM payment_discrepancies WHERE resolved_at IS NULL GROUP BY kind"#
    )
    .map(|row| (row.kind, row.count))
    .fetch_all(pool)
    .await
}
