//! The history of an order.

use cartwright_types::OrderId;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use utoipa::ToSchema;
use uuid::Uuid;

/// Something that happened.
#[derive(Debug, Clone, serde::Serialize, ToSchema)]
#[schema(as = OrderEvent)]
pub struct OrderEventRow {
    /// The event's id.
    pub id: Uuid,
    /// As in the catalogue of events: `order.paid`, …
    #[serde(rename = "type")]
    #[schema(pattern = r"^[a-z]+(\.[a-z_]+)+$", examples("order.paid"))]
    pub kind: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Who: `user:<id>`, `guest`, `service:<name>` or `system`.
    #[schema(pattern = "^(user:.+|guest|service:.+|system)$", examples("system"))]
    pub actor: String,
    /// The event's payload.
    #[schema(value_type = Object)]
    pub data: Value,
}

/// Adds one.
pub async fn insert(
    conn: &mut PgConnection,
    order: OrderId,
    event: &OrderEventRow,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO order_events (id, order_id, type, at, actor, data) VALUES ($1, $2, $3, $4, $5, $6)",
        event.id,
        order.uuid(),
        event.kind,
        event.at,
        event.actor,
        event.data
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Those of some orders with their order's id, oldest first.
pub async fn of_orders(pool: &PgPool, orders: &[Uuid]) -> Result<Vec<(Uuid, OrderEventRow)>, sqlx::Error> {
    sqlx::query!(
        "SELECT order_id, id, type AS kind, at, actor, data FROM order_events WHERE order_id = ANY($1)
         ORDER BY version NULLS FIRST, id",
        orders
    )
    .map(|row| {
        let event =
            OrderEventRow { id: row.id, kind: row.kind, at: row.at, actor: row.actor, data: row.data };
        (row.order_id, event)
    })
    .fetch_all(pool)
    .await
}

/// All of an order, oldest first.
pub async fn list(pool: &PgPool, order: OrderId) -> Result<Vec<OrderEventRow>, sqlx::Error> {
    sqlx::query_as!(
        OrderEventRow,
        r#"SELECT id, type AS kind, at, actor, data FROM order_events WHERE order_id = $1
           ORDER BY version NULLS FIRST, id"#,
        order.uuid()
    )
    .fetch_all(pool)
    .await
}
