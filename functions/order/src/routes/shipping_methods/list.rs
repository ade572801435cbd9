//! `GET /shipping-methods`

use axum::extract::State as Shared;
use axum::response::Response;
use cartwright_web::openapi::PageParams;
use cartwright_web::pagination::{Page, PageRequest};
use cartwright_web::rules::Invalid;
use cartwright_web::{Caller, FromParams, Params, Problem, Query};

use super::view::ShippingMethod;
use crate::db::shipping_methods;
use crate::domain::promotion::key;
use crate::error::Failure;
use crate::routes::shop::public;
use crate::state::State;

/// The page.
pub struct Search(PageRequest<String>);

impl FromParams for Search {
    fn from_params(params: &mut Params) -> Option<Self> {
        let page: PageRequest<String> = PageRequest::from_params(params, "shipping-methods")?;
        if page.after.as_ref().is_some_and(|key| key.contains('\0')) {
            params.error("cursor", Invalid::new("invalid_cursor", "is not a cursor of this list"));
            return None;
        }
        Some(Self(page))
    }
}

/// 200 with a page.
#[utoipa::path(
    get, path = "/shipping-methods", operation_id = "listShippingMethods", tag = "Shipping",
    summary = "List the ways to ship",
    description = "By code. There is no other order. An order names one by its `id`.",
    params(PageParams),
    responses((status = 200, description = "A page.", body = Page<ShippingMethod>))
)]
pub async fn handle(
    Shared(state): Shared<State>,
    caller: Caller,
    Query(Search(page)): Query<Search>,
) -> Result<Response, Problem> {
    let rows = shipping_methods::list(state.database.pool(), page.after.as_deref(), page.fetch()).await;
    let rows = rows.map_err(Failure::from)?;
    Ok(public(
        &caller,
        page.page(rows, |stored| key(&stored.method.code))
            .map(|stored| ShippingMethod::new(stored, state.shop.currency)),
    ))
}
