//! `GET /payments/{id}`

use axum::Json;
use axum::extract;
use axum::http::StatusCode;
use axum::http::header::{ETAG, HeaderMap};
use axum::response::{IntoResponse as _, Response};
use cartwright_types::PaymentId;
use cartwright_web::{PathId, Problem, User, etag};

use crate::state::State;
use crate::usecases::order_view::{PaymentView, payment_view};

/// 200 with the payment, 304, 404.
#[utoipa::path(
    get, path = "/payments/{id}", operation_id = "getPayment", tag = "Payments",
    summary = "Read a payment",
    description = "Of one's own order; staff may read any.",
    params(("id" = uuid::Uuid, Path, description = "The payment's id.")),
    responses((status = 200, description = "The payment.", body = PaymentView), (status = 304)),
    security(("bearer" = []))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    user: User,
    PathId(id): PathId<PaymentId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let payment = super::visible(&state, &user, id).await?;
    let tag = etag::strong(&format!("{}-{}", payment.status, payment.updated_at.timestamp_micros()));
    if etag::is_not_modified(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    Ok(([(ETAG, tag)], Json(payment_view(&payment)?)).into_response())
}
