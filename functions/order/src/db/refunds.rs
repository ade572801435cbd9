//! Refunds: asked for in the transaction that decides them, done afterwards. What they leave of a payment, and of an order's
//! lines, the database derives and holds (see the migration `…_refunds.sql`).

use cartwright_types::{OrderId, PaymentId, RefundId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor, PgPool};
use uuid::Uuid;

use crate::domain::refund::RefundState;

/// A refund's row.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the columns of the table, described in its migration")]
pub struct RefundRow {
    pub id: Uuid,
    pub payment_id: Uuid,
    pub amount: i64,
    pub status: String,
    pub reason: String,
    pub lines: Option<Json<Vec<RefundLine>>>,
    pub restock: bool,
    pub actor: String,
    pub provider_ref: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// A line of a refund, and how many of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundLine {
    /// Of the order.
    pub line_id: Uuid,
    /// Pieces.
    pub quantity: i32,
}

/// The constraint that keeps refunds within what was captured.
pub const WITHIN_CAPTURED: &str = "payments_never_over_refunded";

/// Asks for a refund.
pub async fn insert(conn: &mut PgConnection, refund: &RefundRow) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO refunds (id, payment_id, amount, status, reason, lines, restock, actor, provider_ref, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        refund.id,
        refund.payment_id,
        refund.amount,
        refund.status,
        refund.reason,
        refund.lines.as_ref().map(|Json(lines)| Json(lines)) as _,
        refund.restock,
        refund.actor,
        refund.provider_ref,
        refund.created_at
    )
    .execute(conn)
    .await
    .map(drop)
}

/// A refund.
pub async fn find(executor: impl PgExecutor<'_>, id: RefundId) -> Result<Option<RefundRow>, sqlx::Error> {
    sqlx::query_as!(
        RefundRow,
        r#"SELECT id, payment_id, amount, status, reason, lines AS "lines: Json<Vec<RefundLine>>", restock, actor,
             provider_ref, created_at
           FROM refunds WHERE id = $1"#,
        id.uuid()
    )
    .fetch_optional(executor)
    .await
}

/// An order's, newest first; `after`: where the page before ended.
pub async fn of_order(
    pool: &PgPool,
    order: OrderId,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<RefundRow>, sqlx::Error> {
    sqlx::query_as!(
        RefundRow,
        r#"SELECT r.id, r.payment_id, r.amount, r.status, r.reason, r.lines AS "lines: Json<Vec<RefundLine>>", r.restock,
             r.actor, r.provider_ref, r.created_at
           FROM refunds r JOIN payments p ON p.id = r.payment_id
           WHERE p.order_id = $1 AND ($2::uuid IS NULL OR r.id < $2) ORDER BY r.id DESC LIMIT $3"#,
        order.uuid(),
        after,
        limit
    )
    .fetch_all(pool)
    .await
}

/// Those of some orders with their order's id, oldest first.
pub async fn of_orders(pool: &PgPool, orders: &[Uuid]) -> Result<Vec<(Uuid, RefundRow)>, sqlx::Error> {
    sqlx::query!(
        r#"SELECT p.order_id, r.id, r.payment_id, r.amount, r.status, r.reason, r.lines AS "lines: Json<Vec<RefundLine>>",
             r.restock, r.actor, r.provider_ref, r.created_at
           FROM payments p JOIN refunds r ON r.payment_id = p.id WHERE p.order_id = ANY($1) ORDER BY r.id"#,
        orders
    )
    .map(|row| {
        let refund = RefundRow {
            id: row.id,
            payment_id: row.payment_id,
            amount: row.amount,
            status: row.status,
            reason: row.reason,
            lines: row.lines,
            restock: row.restock,
            actor: row.actor,
            provider_ref: row.provider_ref,
            created_at: row.created_at,
        };
        (row.order_id, refund)
    })
    .fetch_all(pool)
    .await
}

/// Those that are neither done nor failed and that nobody has touched since `before`, by their id, after one.
pub async fn open(pool: &PgPool, before: DateTime<Utc>, after: Uuid) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT id FROM refunds WHERE status IN ('requested', 'pending') AND coalesce(updated_at, created_at) <= $1 AND id > $2
         ORDER BY id LIMIT 100",
        before,
        after
    )
    .fetch_all(pool)
    .await
}

/// An order's that are neither done nor failed.
pub async fn open_of_order(pool: &PgPool, order: OrderId) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT r.id FROM refunds r JOIN payments p ON p.id = r.payment_id
         WHERE p.order_id = $1 AND r.status IN ('requested', 'pending') ORDER BY r.id",
        order.uuid()
    )
    .fetch_all(pool)
    .await
}

/// Locks a refund until the transaction ends; its status. The caller holds the locks of its order and payment.
pub async fn lock(conn: &mut PgConnection, id: RefundId) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!("SELECT status FROM refunds WHERE id = $1 FOR UPDATE", id.uuid())
        .fetch_optional(conn)
        .await
}

/// Writes where one stands at its provider; the caller holds its lock.
pub async fn set_status(
    conn: &mut PgConnection,
    id: RefundId,
    status: RefundState,
    provider_ref: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE refunds SET status = $2, provider_ref = coalesce($3, provider_ref), updated_at = $4,
             done_at = CASE WHEN $2 = 'done' THEN $4 ELSE done_at END
         WHERE id = $1",
        id.uuid(),
        status.as_str(),
        provider_ref,
        now
    )
    .execute(conn)
    .await
    .map(drop)
}

/// What can still go back of a payment.
#[derive(Debug, Clone, Copy)]
pub struct Refundable {
    /// Whose money.
    pub payment_id: Uuid,
    /// Captured, less what refunds have that did not fail.
    pub amount: i64,
    /// A refund of it failed.
    pub has_failed: bool,
}

/// Locks the payments of an order that have money, by their id, and says what can still go back of each. The caller holds
/// the order's lock.
pub async fn refundable(conn: &mut PgConnection, order: OrderId) -> Result<Vec<Refundable>, sqlx::Error> {
    sqlx::query_as!(
        Refundable,
        r#"SELECT p.id AS payment_id, p.captured - p.refund_reserved AS "amount!",
             EXISTS (SELECT 1 FROM refunds r WHERE r.payment_id = p.id AND r.status = 'failed') AS "has_failed!"
           FROM payments p WHERE p.order_id = $1 AND p.captured > 0 ORDER BY p.id FOR UPDATE OF p"#,
        order.uuid()
    )
    .fetch_all(conn)
    .await
}

/// What one payment has left to go back. The caller holds the order's lock.
pub async fn refundable_of(
    conn: &mut PgConnection,
    payment: PaymentId,
) -> Result<Option<Refundable>, sqlx::Error> {
    sqlx::query_as!(
        Refundable,
        r#"SELECT p.id AS payment_id, p.captured - p.refund_reserved AS "amount!",
             EXISTS (SELECT 1 FROM refunds r WHERE r.payment_id = p.id AND r.status = 'failed') AS "has_failed!"
           FROM payments p WHERE p.id = $1 FOR UPDATE OF p"#,
        payment.uuid()
    )
    .fetch_optional(conn)
    .await
}

/// A line as refunds see it.
#[derive(Debug, Clone)]
pub struct PaidLine {
    /// The line.
    pub id: Uuid,
    /// Its sku.
    pub sku: String,
    /// Pieces.
    pub quantity: i32,
    /// What all of them cost, in the price or on top of it with their tax.
    pub paid: i64,
    /// Pieces in refunds that did not fail.
    pub refunded: i32,
}

/// An order's lines, as they were placed. The caller holds the order's lock.
pub async fn lines(conn: &mut PgConnection, order: OrderId) -> Result<Vec<PaidLine>, sqlx::Error> {
    sqlx::query_as!(
        PaidLine,
        r#"SELECT l.id, l.sku, l.quantity, l.total + CASE WHEN o.prices_include_tax THEN 0 ELSE l.tax END AS "paid!",
             l.refunded_quantity AS refunded
           FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE l.order_id = $1 ORDER BY l.position"#,
        order.uuid()
    )
    .fetch_all(conn)
    .await
}

/// Whether a refund of a payment has this id.
pub async fn exists_as(conn: &mut PgConnection, id: Uuid, payment: PaymentId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM refunds WHERE id = $1 AND payment_id = $2) AS "exists!""#,
        id,
        payment.uuid()
    )
    .fetch_one(conn)
    .await
}

/// A payment's refund by the provider's id of it.
pub async fn by_ref(
    conn: &mut PgConnection,
    payment: PaymentId,
    provider_ref: &str,
) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT id FROM refunds WHERE payment_id = $1 AND provider_ref = $2",
        payment.uuid(),
        provider_ref
    )
    .fetch_optional(conn)
    .await
}

/// Those of `refs`, a provider's ids, that are not known.
pub async fn unknown_of(pool: &PgPool, refs: &[String]) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT ref AS "ref!" FROM unnest($1::text[]) AS given (ref)
           WHERE NOT EXISTS (SELECT 1 FROM refunds WHERE provider_ref = ref)"#,
        refs
    )
    .fetch_all(pool)
    .await
}
