//! `GET /shipping-methods`: how an order can be shipped.

use axum::extract;
use axum::response::{IntoResponse as _, Response};
use axum::{Json, http::header::CACHE_CONTROL};
use cartwright_types::Money;
use cartwright_web::openapi::{Country, words};
use cartwright_web::pagination::Page;
use cartwright_web::query::NoParams;
use cartwright_web::{Caller, Problem, Query};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::shop;
use crate::error::Failure;
use crate::state::State;

/// A way to ship.
#[derive(Serialize, ToSchema)]
struct ShippingMethod {
    /// What an order names.
    id: Uuid,
    /// Short, for programs.
    #[schema(examples("standard"))]
    code: String,
    /// For people.
    #[schema(examples("Standard delivery"))]
    name: String,
    /// How the price is found.
    #[schema(schema_with = kinds)]
    kind: String,
    price: Money,
    /// Where it ships to.
    #[schema(value_type = Vec<Country>)]
    countries: Vec<String>,
}

fn kinds() -> utoipa::openapi::Object {
    words("How the price is found.", &["flat"])
}

/// 200 with all of them; a shop has a handful, so there is one page.
#[utoipa::path(
    get, path = "/shipping-methods", operation_id = "listShippingMethods", tag = "Shipping",
    summary = "List the ways to ship",
    description = "All of them on one page, by code. An order names one by its `id`.",
    responses((status = 200, description = "All of them; `next_cursor` is null.", body = Page<ShippingMethod>))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    _caller: Caller,
    Query(NoParams): Query<NoParams>,
) -> Result<Response, Problem> {
    let rows = shop::shipping_methods(state.database.pool()).await.map_err(Failure::from)?;
    let data: Vec<_> = rows
        .into_iter()
        .map(|row| ShippingMethod {
            id: row.id,
            code: row.code,
            name: row.name,
            kind: row.kind,
            price: Money::new(row.price, state.shop.currency),
            countries: row.countries,
        })
        .collect();
    let body = Json(json!({ "data": data, "next_cursor": null }));
    Ok(([(CACHE_CONTROL, "public, max-age=5, stale-while-revalidate=30")], body).into_response())
}
