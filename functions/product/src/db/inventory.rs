//! Stock as staff see and change it, and its ledger.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor, PgPool};
use uuid::Uuid;

/// A row of the view `inventory_items`.
#[derive(Debug)]
pub struct Item {
    pub sku: String,
    pub product_id: Uuid,
    pub name: String,
    pub on_hand: i64,
    pub reserved: i64,
    pub available: i64,
    pub reorder_point: i64,
    pub count_version: i64,
    pub version: i64,
}

/// Which items; what is `None` does not matter.
#[derive(Debug, Default)]
pub struct ItemFilter {
    pub sku: Option<String>,
    pub product_id: Option<Uuid>,
    /// Part of the sku or the name, in any case.
    pub part: Option<String>,
    /// At or below the reorder point, or above it.
    pub low: Option<bool>,
    /// The last sku of the page before.
    pub after: Option<String>,
}

/// At most `limit` items, by sku.
pub async fn list(pool: &PgPool, filter: &ItemFilter, limit: i64) -> Result<Vec<Item>, sqlx::Error> {
    sqlx::query_as!(
        Item,
        r#"SELECT sku AS "sku!", product_id AS "product_id!", name AS "name!", on_hand AS "on_hand!",
                  reserved AS "reserved!", available AS "available!", reorder_point AS "reorder_point!",
                  count_version AS "count_version!", version AS "version!"
           FROM inventory_items
           WHERE ($1::text IS NULL OR sku = $1) AND ($2::uuid IS NULL OR product_id = $2)
             AND ($3::text IS NULL OR strpos(lower(sku), lower($3)) > 0 OR strpos(lower(name), lower($3)) > 0)
             AND ($4::boolean IS NULL OR (available <= reorder_point) = $4)
             AND ($5::text IS NULL OR sku > $5)
           ORDER BY sku LIMIT $6"#,
        filter.sku.as_deref(),
        filter.product_id,
        filter.part.as_deref(),
        filter.low,
        filter.after.as_deref(),
        limit,
    )
    .fetch_all(pool)
    .await
}

/// The item of that sku.
pub async fn find(executor: impl PgExecutor<'_>, sku: &str) -> Result<Option<Item>, sqlx::Error> {
    sqlx::query_as!(
        Item,
        r#"SELECT sku AS "sku!", product_id AS "product_id!", name AS "name!", on_hand AS "on_hand!",
                  reserved AS "reserved!", available AS "available!", reorder_point AS "reorder_point!",
                  count_version AS "count_version!", version AS "version!"
           FROM inventory_items WHERE sku = $1"#,
        sku
    )
    .fetch_optional(executor)
    .await
}

/// What a change of stock depends on.
pub struct Locked {
    pub on_hand: i64,
    pub reserved: i64,
    pub reorder_point: i64,
    pub count_version: i64,
    pub version: i64,
}

/// Locks the stock of that sku until the transaction ends.
pub async fn lock(conn: &mut PgConnection, sku: &str) -> Result<Option<Locked>, sqlx::Error> {
    sqlx::query_as!(
        Locked,
        "SELECT on_hand, reserved, reorder_point, count_version, version FROM inventory WHERE sku = $1 FOR UPDATE",
        sku
    )
    .fetch_optional(conn)
    .await
}

/// Writes what people change of stock; the types of the events that it wrote.
pub async fn write(conn: &mut PgConnection, sku: &str, stock: &Locked) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query!(
        "UPDATE inventory SET on_hand = $2, reorder_point = $3, count_version = $4 WHERE sku = $1",
        sku,
        stock.on_hand,
        stock.reorder_point,
        stock.count_version,
    )
    .execute(&mut *conn)
    .await?;
    // A statement after it, which sees what its triggers did.
    sqlx::query_scalar!(r#"SELECT told_events() AS "told!""#).fetch_one(conn).await
}

/// A row of the ledger to be written.
pub struct NewMovement<'a> {
    pub sku: &'a str,
    pub quantity: i64,
    /// `adjust` or `count`.
    pub cause: &'a str,
    pub actor: &'a str,
    pub reason: &'a str,
    /// Of the request.
    pub operation_id: Uuid,
}

/// Adds a row to the ledger.
pub async fn record(
    conn: &mut PgConnection,
    movement: &NewMovement<'_>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO inventory_movements (sku, quantity, cause, actor, reason, operation_id, occurred_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        movement.sku,
        movement.quantity,
        movement.cause,
        movement.actor,
        movement.reason,
        movement.operation_id,
        now,
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Whether the ledger has a row of that request.
pub async fn is_recorded(conn: &mut PgConnection, operation_id: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM inventory_movements WHERE operation_id = $1) AS "there!""#,
        operation_id
    )
    .fetch_one(conn)
    .await
}

/// A row of the ledger.
pub struct Movement {
    pub id: i64,
    pub sku: String,
    pub quantity: i64,
    pub cause: String,
    pub actor: String,
    pub reason: Option<String>,
    pub reservation_id: Option<Uuid>,
    pub occurred_at: DateTime<Utc>,
}

/// At most `limit` rows of a sku's ledger, the newest first, before the row `before`.
pub async fn movements(
    pool: &PgPool,
    sku: &str,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Movement>, sqlx::Error> {
    sqlx::query_as!(
        Movement,
        "SELECT id, sku, quantity, cause, actor, reason, reservation_id, occurred_at FROM inventory_movements
         WHERE sku = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        sku,
        before,
        limit,
    )
    .fetch_all(pool)
    .await
}
