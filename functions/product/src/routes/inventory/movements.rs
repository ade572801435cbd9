//! `GET /inventory/{sku}/movements`

use axum::extract::State;
use cartwright_web::openapi::{PageParams, words};
use cartwright_web::pagination::{Page, PageRequest};
use cartwright_web::problem::Answer;
use cartwright_web::{FromParams, Params, PathId, Query, Staff};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Sku, SkuPath, item};
use crate::db::inventory::{self, Movement};
use crate::{error, state};

/// A row of the ledger.
#[derive(Serialize, ToSchema)]
#[schema(as = InventoryMovement)]
pub struct MovementView {
    id: i64,
    sku: String,
    /// What came in; negative for what left.
    #[schema(examples(-3))]
    quantity: i64,
    #[schema(schema_with = causes)]
    cause: String,
    /// `user:<id>`, `service:<name>` or `system`.
    #[schema(examples("service:order"))]
    actor: String,
    /// What was said about an adjustment or a count.
    #[schema(required, examples("Water damage"))]
    reason: Option<String>,
    /// Of what was sold or came back: the order's id.
    #[schema(required)]
    reservation_id: Option<Uuid>,
    occurred_at: DateTime<Utc>,
}

fn causes() -> utoipa::openapi::Object {
    words(
        "Stock that began, an adjustment, a count, a sale, or a sale that was called off.",
        &["load", "adjust", "count", "commit", "return"],
    )
}

impl From<Movement> for MovementView {
    fn from(movement: Movement) -> Self {
        Self {
            id: movement.id,
            sku: movement.sku,
            quantity: movement.quantity,
            cause: movement.cause,
            actor: movement.actor,
            reason: movement.reason,
            reservation_id: movement.reservation_id,
            occurred_at: movement.occurred_at,
        }
    }
}

/// The page.
pub struct Ledger(PageRequest<i64>);

impl FromParams for Ledger {
    fn from_params(params: &mut Params) -> Option<Self> {
        PageRequest::from_params(params, "movements").map(Self)
    }
}

/// 200 with a page, newest first; 404.
#[utoipa::path(
    get, path = "/inventory/{sku}/movements", operation_id = "listInventoryMovements", tag = "Inventory",
    summary = "Read the ledger of a sku",
    description = "For staff. Every change of `on_hand`, newest first. Nothing in it is ever changed; its sum is `on_hand`.",
    params(SkuPath, PageParams),
    responses((status = 200, description = "A page.", body = Page<MovementView>)),
    security(("bearer" = []))
)]
pub async fn movements(
    State(state): State<state::State>,
    _staff: Staff,
    PathId(sku): PathId<Sku>,
    Query(Ledger(page)): Query<Ledger>,
) -> Answer<Page<MovementView>> {
    let sku = item(&state, &sku).await?.sku;
    let rows = inventory::movements(state.database.pool(), &sku, page.after, page.fetch()).await;
    let rows = rows.map_err(|e| error::database(&e))?;
    Ok(page.page(rows, |row| row.id).map(MovementView::from))
}
