//! `GET /orders/{id}`

use axum::Json;
use axum::extract;
use axum::http::StatusCode;
use axum::http::header::{ETAG, HeaderMap};
use axum::response::{IntoResponse as _, Response};
use cartwright_types::OrderId;
use cartwright_web::rules::Invalid;
use cartwright_web::{FromParams, Params, PathId, Problem, Query, etag};
use utoipa::IntoParams;

use super::{Buyer, OrderTokenHeader};
use crate::db::orders::OrderRow;
use crate::state::State;
use crate::usecases::buyer_contact;
use crate::usecases::order_view::{self, OrderView};

/// The query.
pub struct ShowOrder {
    /// What a guest's link has.
    pub order_token: Option<String>,
}

impl FromParams for ShowOrder {
    fn from_params(params: &mut Params) -> Option<Self> {
        let order_token = params.optional("order_token", |text| Ok::<_, Invalid>(text.to_owned()));
        Some(Self { order_token: order_token? })
    }
}

/// What the query string may hold.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; ShowOrder is what is read")]
struct ShowParams {
    /// As `X-Order-Token`: the link in a guest's mail has it here.
    #[param(required = false, pattern = "^[A-Za-z0-9_-]{43}$")]
    order_token: String,
}

/// 200 with the order, 304, 404.
#[utoipa::path(
    get, path = "/orders/{id}", operation_id = "getOrder", tag = "Orders",
    summary = "Read an order",
    description = "One's own, a guest's by its token; staff may read any.",
    params(("id" = uuid::Uuid, Path, description = "The order's id."), OrderTokenHeader, ShowParams),
    responses((status = 200, description = "The order.", body = OrderView), (status = 304)),
    security((), ("bearer" = []))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    buyer: Buyer,
    PathId(id): PathId<OrderId>,
    Query(query): Query<ShowOrder>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let order = super::visible(&state, &buyer.or_with(query.order_token.as_deref()), id).await?;
    let tag = etag::strong(&order.version.to_string());
    if etag::is_not_modified(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    let mut view = order_view::load(&state, id).await?.ok_or_else(Problem::not_found)?;
    view.email = email(&state, &order).await;
    Ok(([(ETAG, etag::strong(&view.version.to_string()))], Json(view)).into_response())
}

/// The address of a buyer with an account lives in the user service; the order is shown without it when that is away.
async fn email(state: &State, order: &OrderRow) -> Option<String> {
    match buyer_contact::of(state, order).await {
        Ok(contact) => contact.map(|contact| contact.email),
        Err(error) => {
            tracing::warn!(error = cartwright_runtime::chain(&error), "the buyer's address is not available");
            None
        }
    }
}
