//! `GET /shipping-methods`: how an order can be shipped.

use axum::extract;
use axum::response::{IntoResponse as _, Response};
use axum::{Json, http::header::CACHE_CONTROL};
use cartwright_types::Money;
use cartwright_web::query::NoParams;
use cartwright_web::{Caller, Problem, Query};
use serde_json::json;

use crate::db::shop;
use crate::error::Failure;
use crate::state::State;

/// 200 with all of them; a shop has a handful, so there is one page.
pub async fn handle(
    extract::State(state): extract::State<State>,
    _caller: Caller,
    Query(NoParams): Query<NoParams>,
) -> Result<Response, Problem> {
    let rows = shop::shipping_methods(state.database.pool()).await.map_err(Failure::from)?;
    let data: Vec<_> = rows
        .into_iter()
        .map(|row| {
            let price = Money::new(row.price, state.shop.currency);
            json!({ "id": row.id, "code": row.code, "name": row.name, "kind": row.kind, "price": price,
                    "countries": row.countries })
        })
        .collect();
    let body = Json(json!({ "data": data, "next_cursor": null }));
    Ok(([(CACHE_CONTROL, "public, max-age=5, stale-while-revalidate=30")], body).into_response())
}
