//! `GET /payments/{id}`

use axum::Json;
use axum::extract;
use axum::http::StatusCode;
use axum::http::header::{ETAG, HeaderMap};
use axum::response::{IntoResponse as _, Response};
use cartwright_types::PaymentId;
use cartwright_web::{PathId, Problem, etag};

use crate::routes::orders::{Buyer, OrderTokenHeader};
use crate::state::State;
use crate::usecases::order_view::{PaymentView, payment_view};

/// 200 with the payment, 304, 404.
#[utoipa::path(
    get, path = "/payments/{id}", operation_id = "getPayment", tag = "Payments",
    summary = "Read a payment",
    description = "Of one's own order; staff may read any.",
    params(("id" = uuid::Uuid, Path, description = "The payment's id."), OrderTokenHeader),
    responses((status = 200, description = "The payment.", body = PaymentView), (status = 304)),
    security((), ("bearer" = []))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    buyer: Buyer,
    PathId(id): PathId<PaymentId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let payment = super::visible(&state, &buyer, id).await?;
    let tag = super::tag(&payment);
    if etag::is_not_modified(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    Ok(([(ETAG, tag)], Json(payment_view(&payment)?)).into_response())
}
