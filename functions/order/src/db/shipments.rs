//! Parcels. How many pieces of a line are in them, and the order's `fulfilment_status`, the database derives.

use cartwright_types::OrderId;
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// A parcel's row.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the columns of the table, described in its migration")]
pub struct ShipmentRow {
    pub id: Uuid,
    pub order_id: Uuid,
    pub carrier: Option<String>,
    pub tracking_number: Option<String>,
    pub tracking_url: Option<String>,
    pub actor: String,
    pub created_at: DateTime<Utc>,
}

/// Those of some orders, oldest first.
pub async fn of_orders(pool: &PgPool, orders: &[Uuid]) -> Result<Vec<ShipmentRow>, sqlx::Error> {
    sqlx::query_as!(
        ShipmentRow,
        "SELECT id, order_id, carrier, tracking_number, tracking_url, actor, created_at FROM shipments
         WHERE order_id = ANY($1) ORDER BY id",
        orders
    )
    .fetch_all(pool)
    .await
}

/// Pieces of a line.
#[derive(Debug, Clone)]
pub struct ShipmentLine {
    /// Which line.
    pub line_id: Uuid,
    /// How many.
    pub quantity: i32,
}

/// What is still to be sent of an order: what is in no parcel and did not go back on the shelf before. The caller holds the
/// order's lock.
pub async fn remaining(conn: &mut PgConnection, order: OrderId) -> Result<Vec<ShipmentLine>, sqlx::Error> {
    sqlx::query_as!(
        ShipmentLine,
        r#"SELECT id AS line_id, quantity - shipped_quantity - restocked_quantity AS "quantity!" FROM order_lines
           WHERE order_id = $1 AND quantity > shipped_quantity + restocked_quantity ORDER BY position"#,
        order.uuid()
    )
    .fetch_all(conn)
    .await
}

/// Adds a parcel with `lines`. The caller holds the order's lock.
pub async fn insert(
    conn: &mut PgConnection,
    shipment: &ShipmentRow,
    lines: &[ShipmentLine],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO shipments (id, order_id, carrier, tracking_number, tracking_url, actor, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        shipment.id,
        shipment.order_id,
        shipment.carrier,
        shipment.tracking_number,
        shipment.tracking_url,
        shipment.actor,
        shipment.created_at
    )
    .execute(&mut *conn)
    .await?;
    let (ids, quantities): (Vec<Uuid>, Vec<i32>) =
        lines.iter().map(|line| (line.line_id, line.quantity)).unzip();
    sqlx::query!(
        "INSERT INTO shipment_lines (shipment_id, line_id, quantity)
         SELECT $1, * FROM unnest($2::uuid[], $3::int[])",
        shipment.id,
        &ids,
        &quantities
    )
    .execute(conn)
    .await
    .map(drop)
}
