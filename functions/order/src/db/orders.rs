//! Orders and their lines.

use cartwright_types::{EmailAddress, OrderId, SharedClock, UserId};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection, PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::domain::address::Address;
use crate::domain::fulfilment::FulfilmentStatus;
use crate::domain::order::OrderStatus;
use crate::domain::totals::Step;

/// An order's row.
#[derive(Debug, Clone, FromRow)]
#[expect(missing_docs, reason = "the columns of the table, described in its migration")]
pub struct OrderRow {
    pub id: Uuid,
    pub number: String,
    pub user_id: Option<Uuid>,
    pub status: String,
    pub fulfilment_status: String,
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
    pub promotion_codes: Vec<String>,
    pub explain: Option<Json<Vec<Step>>>,
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
             shipping_method_name, shipping_tax_rate_bps, shipping_tax, promotion_codes, explain, note, cart_owner, cart_version,
             guest_email, guest_email_normalised, guest_locale, order_token_hash, order_token_expires_at, version,
             created_at, updated_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
             $24, $25, $26, $27, $28, $29, $30, $31)",
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
        &order.promotion_codes,
        order.explain.as_ref().map(|steps| Json(&steps.0)) as _,
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
        r#"SELECT id, number, user_id, status, fulfilment_status, currency, lines_total, discount_total, shipping_total, tax_total,
             grand_total, prices_include_tax, shipping_address AS "shipping_address: Json<Address>",
             billing_address AS "billing_address: Json<Address>", shipping_method_id, shipping_method_name,
             shipping_tax_rate_bps, shipping_tax, promotion_codes, explain AS "explain: Json<Vec<Step>>", note, cart_owner,
             cart_version, guest_email, guest_email_normalised, guest_locale, order_token_hash, order_token_expires_at,
             version, created_at, updated_at, expires_at
           FROM orders WHERE id = $1"#,
        id.uuid()
    )
    .fetch_optional(pool)
    .await
}

/// The lines of an order, as they were placed. Not [`lines`] of one: for an array PostgreSQL plans again at each call.
pub async fn lines_of(pool: &PgPool, order: OrderId) -> Result<Vec<LineRow>, sqlx::Error> {
    sqlx::query_as!(
        LineRow,
        "SELECT id, order_id, sku, product_id, name, quantity, unit_price, discount, tax_rate_bps, tax, total
         FROM order_lines WHERE order_id = $1 ORDER BY position",
        order.uuid()
    )
    .fetch_all(pool)
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
    /// With which [`payment status`](crate::domain::payment::PaymentStatus::public); `none`: without a payment.
    pub payment_status: Option<&'static str>,
    /// How far sent.
    pub fulfilment_status: Option<FulfilmentStatus>,
    /// Placed then or later.
    pub created_from: Option<DateTime<Utc>>,
    /// Placed before.
    pub created_to: Option<DateTime<Utc>>,
    /// Where the page before ended.
    pub after: Option<OrderId>,
}

/// How much earlier than its order an id can be made: a request may be taken up again for a day, and clocks differ.
const MINTED_BEFORE: TimeDelta = TimeDelta::days(2);
/// How much later, by clocks that differ.
const MINTED_AFTER: TimeDelta = TimeDelta::minutes(5);

/// Those that fit, newest first. Put together at run time: with every filter in one text, PostgreSQL could use none of the
/// indexes that each needs. The parts are constants, values are always bound.
pub async fn list(pool: &PgPool, filter: &OrderFilter, limit: i64) -> Result<Vec<OrderRow>, sqlx::Error> {
    let mut sql = QueryBuilder::<Postgres>::new("SELECT o.* FROM orders o");
    // Ordered by the order's id, which both tables have.
    let mut id = "o.id";
    match filter.payment_status {
        None => drop(sql.push(" WHERE true")),
        Some("none") => {
            sql.push(" WHERE NOT EXISTS (SELECT 1 FROM payments p WHERE p.order_id = o.id)");
        }
        Some(status) => {
            id = "p.order_id";
            sql.push(" JOIN payments p ON p.order_id = o.id WHERE payment_status(p.status, p.refunded, p.disputed) = ")
                .push_bind(status)
                .push(" AND NOT EXISTS (SELECT 1 FROM payments n WHERE n.order_id = p.order_id AND n.id > p.id)");
        }
    }
    if let Some(user) = filter.user_id {
        sql.push(" AND o.user_id = ").push_bind(user.uuid());
    }
    if let Some(status) = filter.status {
        sql.push(" AND o.status = ").push_bind(status.as_str());
    }
    if let Some(status) = filter.fulfilment_status {
        sql.push(" AND o.fulfilment_status = ").push_bind(status.as_str());
    }
    // An id holds its time, so the ids say where to look; the column decides.
    if let Some(from) = filter.created_from {
        sql.push(" AND o.created_at >= ").push_bind(from);
        sql.push(format_args!(" AND {id} >= ")).push_bind(first_id(from - MINTED_BEFORE));
    }
    if let Some(to) = filter.created_to {
        sql.push(" AND o.created_at < ").push_bind(to);
        sql.push(format_args!(" AND {id} < ")).push_bind(first_id(to + MINTED_AFTER));
    }
    if let Some(after) = filter.after {
        sql.push(format_args!(" AND {id} < ")).push_bind(after.uuid());
    }
    sql.push(format_args!(" ORDER BY {id} DESC LIMIT ")).push_bind(limit);
    sql.build_query_as().fetch_all(pool).await
}

/// What no id (UUIDv7) that is made at `at` or later is less than.
#[must_use]
pub fn first_id(at: DateTime<Utc>) -> Uuid {
    // RFC 9562, section 5.7: 48 bits of milliseconds in front.
    let milliseconds = u128::try_from(at.timestamp_millis()).unwrap_or(0) & 0xffff_ffff_ffff;
    Uuid::from_u128(milliseconds << 80)
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

/// Moves the end of an order that still waits for its money.
pub async fn extend(
    conn: &mut PgConnection,
    clock: &SharedClock,
    id: OrderId,
    until: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE orders SET expires_at = $2, version = version + 1, updated_at = $3
         WHERE id = $1 AND status = 'pending_payment' AND expires_at < $2",
        id.uuid(),
        until,
        clock.now()
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Locks an order against every other change until the transaction ends; its status.
pub async fn lock(conn: &mut PgConnection, id: OrderId) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!("SELECT status FROM orders WHERE id = $1 FOR UPDATE", id.uuid())
        .fetch_optional(conn)
        .await
}

/// Gives a user the orders that were placed with their address and have no account; how many it were.
pub async fn attach(
    conn: &mut PgConnection,
    user: UserId,
    email: &EmailAddress,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let result = sqlx::query!(
        "WITH theirs AS (
             SELECT id FROM orders WHERE guest_email_normalised = $2 AND user_id IS NULL AND anonymised_at IS NULL
             ORDER BY id FOR UPDATE
         )
         UPDATE orders o SET user_id = $1, version = version + 1, updated_at = $3 FROM theirs WHERE o.id = theirs.id",
        user.uuid(),
        email.normalised(),
        now
    )
    .execute(conn)
    .await?;
    Ok(result.rows_affected())
}

/// Locks an order against every other change until the transaction ends; its status and version.
pub async fn lock_version(
    conn: &mut PgConnection,
    id: OrderId,
) -> Result<Option<(String, i64)>, sqlx::Error> {
    sqlx::query!("SELECT status, version FROM orders WHERE id = $1 FOR UPDATE", id.uuid())
        .map(|row| (row.status, row.version))
        .fetch_optional(conn)
        .await
}

/// An order's status.
pub async fn status(pool: &PgPool, id: OrderId) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!("SELECT status FROM orders WHERE id = $1", id.uuid()).fetch_optional(pool).await
}

/// The versions of some orders.
pub async fn versions(pool: &PgPool, orders: &[Uuid]) -> Result<Vec<(Uuid, i64)>, sqlx::Error> {
    sqlx::query!("SELECT id, version FROM orders WHERE id = ANY($1)", orders)
        .map(|row| (row.id, row.version))
        .fetch_all(pool)
        .await
}

/// Unpaid orders whose time is over, and since when, the longest first; from after `after` on.
pub async fn overdue(
    pool: &PgPool,
    now: DateTime<Utc>,
    after: (DateTime<Utc>, Uuid),
) -> Result<Vec<(DateTime<Utc>, Uuid)>, sqlx::Error> {
    sqlx::query!(
        "SELECT expires_at, id FROM orders
         WHERE status = 'pending_payment' AND expires_at < $1 AND (expires_at, id) > ($2, $3)
         ORDER BY expires_at, id LIMIT 100",
        now,
        after.0,
        after.1
    )
    .map(|row| (row.expires_at, row.id))
    .fetch_all(pool)
    .await
}
