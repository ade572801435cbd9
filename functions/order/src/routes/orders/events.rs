//! `GET /orders/{id}/events`: the order's history.

use axum::Json;
use axum::extract;
use cartwright_types::OrderId;
use cartwright_web::pagination::Page;
use cartwright_web::query::NoParams;
use cartwright_web::{PathId, Problem, Query, User};
use serde_json::{Value, json};

use crate::db::order_events::{self, OrderEventRow};
use crate::error::Failure;
use crate::state::State;

/// 200 with all events, oldest first; 404.
#[utoipa::path(
    get, path = "/orders/{id}/events", operation_id = "listOrderEvents", tag = "Orders",
    summary = "Read an order's history",
    description = "Everything that happened to it, oldest first, on one page.",
    params(("id" = uuid::Uuid, Path, description = "The order's id.")),
    responses((status = 200, description = "All events; `next_cursor` is null.", body = Page<OrderEventRow>)),
    security(("bearer" = []))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    user: User,
    PathId(id): PathId<OrderId>,
    Query(NoParams): Query<NoParams>,
) -> Result<Json<Value>, Problem> {
    super::visible(&state, &user, id).await?;
    let events = order_events::list(state.database.pool(), id).await.map_err(Failure::from)?;
    Ok(Json(json!({ "data": events, "next_cursor": null })))
}
