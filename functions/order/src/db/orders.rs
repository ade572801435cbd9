//! Orders and their lines.

use cartwright_types::{OrderId, SharedClock, UserId};
use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::domain::address::Address;
use crate::domain::order::OrderStatus;

/// An order's row.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the columns of the table, described in its migration")]
pub struct OrderRow {
    pub id: Uuid,
    pub number: String,
    pub user_id: Option<Uuid>,
    pub status: String,
    pub currency: String,
    pub lines_total: i64,
    pub discount_total: i64,
    pub shipping_total: i64,
    pub tax_total: i64,
    pub grand_total: i64,
    pub prices_include_tax: bool,
    pub shipping_address: Json<Address>,
    pub billing_address: Json<Address>,
    pub shipping_method_id: Uuid,
    pub shipping_method_name: String,
    pub shipping_tax_rate_bps: i32,
    pub shipping_tax: i64,
    pub note: Option<String>,
    pub cart_owner: Option<String>,
    pub cart_version: Option<i64>,
    pub guest_email: Option<String>,
    pub guest_email_normalised: Option<String>,
    pub guest_locale: Option<String>,
    pub order_token_hash: Option<Vec<u8>>,
    pub order_token_expires_at: Option<DateTime<Utc>>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

impl OrderRow {
    /// The account that bought; none: a guest did.
    #[must_use]
    pub fn buyer(&self) -> Option<UserId> {
        self.user_id.map(UserId)
    }
}

/// A line's row.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the columns of the table, described in its migration")]
pub struct LineRow {
    pub id: Uuid,
    pub order_id: Uuid,
    pub sku: String,
    pub product_id: Uuid,
    pub name: String,
    pub quantity: i32,
    pub unit_price: i64,
    pub discount: i64,
    pub tax_rate_bps: i32,
    pub tax: i64,
    pub total: i64,
}

/// The next number of a sequence that may have gaps.
pub async fn next_number(conn: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT nextval('order_number') AS "number!""#).fetch_one(conn).await
}

/// Adds an order with its lines.
pub async fn insert(conn: &mut PgConnection, order: &OrderRow, lines: &[LineRow]) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO orders (id, number, user_id, status, currency, lines_total, discount_total, shipping_total,
             tax_total, grand_total, prices_include_tax, shipping_address, billing_address, shipping_method_id,
             shipping_method_name, shipping_tax_rate_bps, shipping_tax, note, cart_owner, cart_version, guest_email,
             guest_email_normalised, guest_locale, order_token_hash, order_token_expires_at, version, created_at,
             updated_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
             $24, $25, $26, $27, $28, $29)",
        order.id,
        order.number,
        order.user_id,
        order.status,
        order.currency,
        order.lines_total,
        order.discount_total,
        order.shipping_total,
        order.tax_total,
        order.grand_total,
        order.prices_include_tax,
        Json(&order.shipping_address.0) as _,
        Json(&order.billing_address.0) as _,
        order.shipping_method_id,
        order.shipping_method_name,
        order.shipping_tax_rate_bps,
        order.shipping_tax,
        order.note,
        order.cart_owner,
        order.cart_version,
        order.guest_email,
        order.guest_email_normalised,
        order.guest_locale,
        order.order_token_hash,
        order.order_token_expires_at,
        order.version,
        order.created_at,
        order.updated_at,
        order.expires_at
    )
    .execute(&mut *conn)
    .await?;
    insert_lines(conn, lines).await
}

/// All lines in one statement, however many there are.
async fn insert_lines(conn: &mut PgConnection, lines: &[LineRow]) -> Result<(), sqlx::Error> {
    fn column<T>(lines: &[LineRow], of: impl Fn(&LineRow) -> T) -> Vec<T> {
        lines.iter().map(of).collect()
    }
    let positions: Vec<i32> = (0_i32..).zip(lines).map(|(position, _)| position).collect();
    sqlx::query!(
        "INSERT INTO order_lines (order_id, id, position, sku, product_id, name, quantity, unit_price, discount,
             tax_rate_bps, tax, total)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::uuid[], $6::text[], $7::int[], $8::bigint[],
             $9::bigint[], $10::int[], $11::bigint[], $12::bigint[])",
        &column(lines, |line| line.order_id),
        &column(lines, |line| line.id),
        &positions,
        &column(lines, |line| line.sku.clone()),
        &column(lines, |line| line.product_id),
        &column(lines, |line| line.name.clone()),
        &column(lines, |line| line.quantity),
        &column(lines, |line| line.unit_price),
        &column(lines, |line| line.discount),
        &column(lines, |line| line.tax_rate_bps),
        &column(lines, |line| line.tax),
        &column(lines, |line| line.total)
    )
    .execute(conn)
    .await
    .map(drop)
}

/// An order.
pub async fn find(pool: &PgPool, id: OrderId) -> Result<Option<OrderRow>, sqlx::Error> {
    sqlx::query_as!(
        OrderRow,
        r#"SELECT id, number, user_id, status, currency, lines_total, discount_total, shipping_total, tax_total,
             grand_total, prices_include_tax, shipping_address AS "shipping_address: Json<Address>",
             billing_address AS "billing_address: Json<Address>", shipping_method_id, shipping_method_name,
             shipping_tax_rate_bps, shipping_tax, note, cart_owner, cart_version, guest_email, guest_email_normalised,
             guest_locale, order_token_hash, order_token_expires_at, version, created_at, updated_at, expires_at
           FROM orders WHERE id = $1"#,
        id.uuid()
    )
    .fetch_optional(pool)
    .await
}

/// The lines of some orders, as they were placed, order by order.
pub async fn lines(pool: &PgPool, orders: &[Uuid]) -> Result<Vec<LineRow>, sqlx::Error> {
    sqlx::query_as!(
        LineRow,
        "SELECT id, order_id, sku, product_id, name, quantity, unit_price, discount, tax_rate_bps, tax, total
         FROM order_lines WHERE order_id = ANY($1) ORDER BY order_id, position",
        orders
    )
    .fetch_all(pool)
    .await
}

/// Which orders a list shows.
#[derive(Debug, Clone, Default)]
pub struct OrderFilter {
    /// Whose; `None` is everybody's.
    pub user_id: Option<UserId>,
    /// In which status.
    pub status: Option<OrderStatus>,
    /// Where the page before ended.
    pub after: Option<OrderId>,
}

/// Ids, newest first.
pub async fn list(pool: &PgPool, filter: &OrderFilter, limit: i64) -> Result<Vec<OrderRow>, sqlx::Error> {
    sqlx::query_as!(
        OrderRow,
        r#"SELECT id, number, user_id, status, currency, lines_total, discount_total, shipping_total, tax_total,
             grand_total, prices_include_tax, shipping_address AS "shipping_address: Json<Address>",
             billing_address AS "billing_address: Json<Address>", shipping_method_id, shipping_method_name,
             shipping_tax_rate_bps, shipping_tax, note, cart_owner, cart_version, guest_email, guest_email_normalised,
             guest_locale, order_token_hash, order_token_expires_at, version, created_at, updated_at, expires_at
           FROM orders
           WHERE ($1::uuid IS NULL OR user_id = $1) AND ($2::text IS NULL OR status = $2) AND ($3::uuid IS NULL OR id < $3)
           ORDER BY id DESC LIMIT $4"#,
        filter.user_id.map(UserId::uuid),
        filter.status.map(OrderStatus::as_str),
        filter.after.map(OrderId::uuid),
        limit
    )
    .fetch_all(pool)
    .await
}

/// Moves an order from one status to another; the new version, or `None` when it was not there: somebody else won.
pub async fn transition(
    conn: &mut PgConnection,
    clock: &SharedClock,
    id: OrderId,
    from: OrderStatus,
    to: OrderStatus,
) -> Result<Option<i64>, sqlx::Error> {
    debug_assert!(from.may_become(to), "{from:?} to {to:?} is not in the table");
    sqlx::query_scalar!(
        "UPDATE orders SET status = $3, version = version + 1, updated_at = $4 WHERE id = $1 AND status = $2
         RETURNING version",
        id.uuid(),
        from.as_str(),
        to.as_str(),
        clock.now()
    )
    .fetch_optional(conn)
    .await
}

/// Raises the version for a change that is not of the status.
pub async fn touch(conn: &mut PgConnection, clock: &SharedClock, id: OrderId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        "UPDATE orders SET version = version + 1, updated_at = $2 WHERE id = $1 RETURNING version",
        id.uuid(),
        clock.now()
    )
    .fetch_one(conn)
    .await
}

/// Locks an order against every other change until the transaction ends; its status.
pub async fn lock(conn: &mut PgConnection, id: OrderId) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!("SELECT status FROM orders WHERE id = $1 FOR UPDATE", id.uuid())
        .fetch_optional(conn)
        .await
}

/// Unpaid orders whose time is over.
pub async fn overdue(pool: &PgPool, now: DateTime<Utc>) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT id FROM orders WHERE status = 'pending_payment' AND expires_at < $1 ORDER BY expires_at LIMIT 100",
        now
    )
    .fetch_all(pool)
    .await
}
