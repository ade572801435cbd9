//! Payments: what we know of them.

use cartwright_types::{OrderId, PaymentId};
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::domain::payment::PaymentStatus;

/// A payment's row.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the columns of the table, described in its migration")]
pub struct PaymentRow {
    pub id: Uuid,
    pub order_id: Uuid,
    pub provider: String,
    pub token: String,
    pub status: String,
    pub currency: String,
    pub amount: i64,
    pub captured: i64,
    pub refunded: i64,
    pub client_action: Option<Value>,
    pub provider_ref: Option<String>,
    pub capture_method: String,
    pub disputed: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// The name of the index that allows one live payment an order.
pub const ONE_LIVE: &str = "payments_one_live";

/// Adds a payment that its provider does not know yet.
pub async fn insert(conn: &mut PgConnection, payment: &PaymentRow) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO payments (id, order_id, provider, token, status, currency, amount, capture_method, created_at,
             updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
        payment.id,
        payment.order_id,
        payment.provider,
        payment.token,
        payment.status,
        payment.currency,
        payment.amount,
        payment.capture_method,
        payment.created_at
    )
    .execute(conn)
    .await
    .map(drop)
}

/// A payment.
pub async fn find(pool: &PgPool, id: PaymentId) -> Result<Option<PaymentRow>, sqlx::Error> {
    sqlx::query_as!(
        PaymentRow,
        "SELECT id, order_id, provider, token, status, currency, amount, captured, refunded, client_action, provider_ref,
             capture_method, disputed, created_at, updated_at
         FROM payments WHERE id = $1",
        id.uuid()
    )
    .fetch_optional(pool)
    .await
}

/// An order's payments, newest first.
pub async fn of_order(pool: &PgPool, order: OrderId) -> Result<Vec<PaymentRow>, sqlx::Error> {
    sqlx::query_as!(
        PaymentRow,
        "SELECT id, order_id, provider, token, status, currency, amount, captured, refunded, client_action, provider_ref,
             capture_method, disputed, created_at, updated_at
         FROM payments WHERE order_id = $1 ORDER BY id DESC",
        order.uuid()
    )
    .fetch_all(pool)
    .await
}

/// The payments of some orders, newest first.
pub async fn of_orders(pool: &PgPool, orders: &[Uuid]) -> Result<Vec<PaymentRow>, sqlx::Error> {
    sqlx::query_as!(
        PaymentRow,
        "SELECT id, order_id, provider, token, status, currency, amount, captured, refunded, client_action, provider_ref,
             capture_method, disputed, created_at, updated_at
         FROM payments WHERE order_id = ANY($1) ORDER BY id DESC",
        orders
    )
    .fetch_all(pool)
    .await
}

/// The newest payment of each of some orders.
pub async fn newest(pool: &PgPool, orders: &[Uuid]) -> Result<Vec<PaymentRow>, sqlx::Error> {
    sqlx::query_as!(
        PaymentRow,
        "SELECT DISTINCT ON (order_id) id, order_id, provider, token, status, currency, amount, captured, refunded,
             client_action, provider_ref, capture_method, disputed, created_at, updated_at
         FROM payments WHERE order_id = ANY($1) ORDER BY order_id, id DESC",
        orders
    )
    .fetch_all(pool)
    .await
}

/// Locks a payment until the transaction ends and gives its status.
pub async fn lock(conn: &mut PgConnection, id: PaymentId) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!("SELECT status FROM payments WHERE id = $1 FOR UPDATE", id.uuid())
        .fetch_optional(conn)
        .await
}

/// Writes what was observed; the caller holds the lock.
pub async fn set_status(
    conn: &mut PgConnection,
    id: PaymentId,
    status: PaymentStatus,
    client_action: Option<&Value>,
    provider_ref: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE payments SET status = $2, client_action = $3, updated_at = $5,
             provider_ref = coalesce($4, provider_ref), captured = CASE WHEN $2 = 'captured' THEN amount ELSE captured END
         WHERE id = $1",
        id.uuid(),
        status.as_str(),
        client_action,
        provider_ref,
        now
    )
    .execute(conn)
    .await
    .map(drop)
}

/// What the reconciler looks at: payments that are open, and money captured for an order that still waits; from after `after`
/// on, at most 200.
pub async fn unsettled(pool: &PgPool, before: DateTime<Utc>, after: Uuid) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT id AS "id!" FROM (
               SELECT id FROM payments
               WHERE status IN ('created', 'requires_action', 'processing', 'authorized', 'unknown') AND updated_at < $1
               UNION ALL
               SELECT p.id FROM orders o JOIN payments p ON p.order_id = o.id AND p.status = 'captured'
               WHERE o.status = 'pending_payment' AND p.updated_at < $1
           ) open WHERE id > $2 ORDER BY id LIMIT 200"#,
        before,
        after
    )
    .fetch_all(pool)
    .await
}

/// Payments that must not be as they are, since their order is off: open ones, and captured ones of which something was not
/// asked back; of orders from `oldest` on. From after `after` on, at most 200.
pub async fn of_orders_that_are_off(
    pool: &PgPool,
    before: DateTime<Utc>,
    oldest: Uuid,
    after: Uuid,
) -> Result<Vec<PaymentRow>, sqlx::Error> {
    sqlx::query_as!(
        PaymentRow,
        "SELECT p.id, p.order_id, p.provider, p.token, p.status, p.currency, p.amount, p.captured, p.refunded,
             p.client_action, p.provider_ref, p.capture_method, p.disputed, p.created_at, p.updated_at
         FROM orders o JOIN payments p ON p.order_id = o.id
         WHERE o.status IN ('cancelled', 'expired') AND o.id >= $2 AND p.updated_at < $1
           AND (p.status IN ('created', 'requires_action', 'processing', 'authorized', 'unknown')
                OR (p.status = 'captured' AND p.refund_reserved < p.captured))
           AND p.id > $3 ORDER BY p.id LIMIT 200",
        before,
        oldest,
        after
    )
    .fetch_all(pool)
    .await
}

/// Whether a payment of the order is open or has money; the caller holds the order's lock.
pub async fn any_live(conn: &mut PgConnection, order: OrderId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM payments WHERE order_id = $1 AND status NOT IN ('failed', 'voided')) AS "live!""#,
        order.uuid()
    )
    .fetch_one(conn)
    .await
}

/// The payment that a provider names, by its own id of it or by ours; with its order. An id of ours counts only while another
/// of the provider's is not known.
pub async fn named_by_provider(
    pool: &PgPool,
    provider: &str,
    provider_ref: Option<&str>,
    id: Option<Uuid>,
) -> Result<Option<(Uuid, Uuid)>, sqlx::Error> {
    sqlx::query!(
        "SELECT id, order_id FROM payments
         WHERE provider = $1 AND (provider_ref = $2 OR (id = $3 AND (provider_ref IS NULL OR provider_ref = $2)))
         LIMIT 1",
        provider,
        provider_ref,
        id
    )
    .map(|row| (row.id, row.order_id))
    .fetch_optional(pool)
    .await
}

/// Those of a provider by its ids of them.
pub async fn by_refs(pool: &PgPool, provider: &str, refs: &[String]) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT id FROM payments WHERE provider = $1 AND provider_ref = ANY($2)",
        provider,
        refs
    )
    .fetch_all(pool)
    .await
}

/// Those that are contested and were made since `since`.
pub async fn disputed(pool: &PgPool, since: DateTime<Utc>) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!("SELECT id FROM payments WHERE disputed > 0 AND created_at > $1 LIMIT 1000", since)
        .fetch_all(pool)
        .await
}

/// Writes what is contested of what was captured; the caller holds the lock. False: it was so.
pub async fn contest(
    conn: &mut PgConnection,
    id: PaymentId,
    disputed: i64,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let result = sqlx::query!(
        "UPDATE payments SET disputed = least($2, captured), updated_at = $3
         WHERE id = $1 AND disputed <> least($2, captured)",
        id.uuid(),
        disputed,
        now
    )
    .execute(conn)
    .await?;
    Ok(result.rows_affected() == 1)
}
