//! `GET /orders/{id}/invoice`: the PDF, or JSON by `Accept`.

use axum::Json;
use axum::extract;
use axum::http::StatusCode;
use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, HeaderMap};
use axum::response::{IntoResponse as _, Response};
use cartwright_types::OrderId;
use cartwright_web::openapi::ProblemDocument;
use cartwright_web::query::NoParams;
use cartwright_web::{PathId, Problem, Query, etag};

use super::{Buyer, OrderTokenHeader};
use crate::db::invoices;
use crate::error::Failure;
use crate::invoice::InvoiceDocument;
use crate::state::State;

/// 200; 404 `invoice_not_issued` before it exists, with `Retry-After` once the order is paid.
#[utoipa::path(
    get, path = "/orders/{id}/invoice", operation_id = "getOrderInvoice", tag = "Orders",
    summary = "Read an order's invoice",
    description = "A PDF, or the same as JSON for `Accept: application/json`. It is issued a moment after the order is paid, and \
        never changes. Amounts are minor units of `currency`.",
    params(("id" = uuid::Uuid, Path, description = "The order's id."), OrderTokenHeader),
    responses(
        (status = 200, description = "The invoice.", content(("application/pdf"), (InvoiceDocument = "application/json"))),
        (status = 304),
        (status = 404, description = "`not_found`, or `invoice_not_issued`: there is none yet; once the order is paid, \
            `Retry-After` says when to look again.",
            body = ProblemDocument, headers(("Retry-After" = i32)), example = json!({
                "code": "invoice_not_issued", "detail": "There is no invoice yet."
            }))
    ),
    security((), ("bearer" = []))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    buyer: Buyer,
    PathId(id): PathId<OrderId>,
    Query(NoParams): Query<NoParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let order = super::visible(&state, &buyer, id).await?;
    let invoice = invoices::of_order(state.database.pool(), id).await.map_err(Failure::from)?;
    let Some(invoice) = invoice.filter(|invoice| invoice.issued_at.is_some()) else {
        let problem =
            Problem::new(StatusCode::NOT_FOUND, "invoice_not_issued").detail("There is no invoice yet.");
        return Err(if order.status == "paid" { problem.retry_after(1) } else { problem });
    };
    let tag = etag::strong(&invoice.number);
    if etag::is_not_modified(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    if wants_json(&headers) {
        return Ok(([(ETAG, tag)], Json(invoice.document.0)).into_response());
    }
    let pdf = state.invoices.get(&invoice.s3_key).await.map_err(Failure::from)?;
    let disposition = format!("inline; filename=\"{}.pdf\"", invoice.number);
    let kind = (CONTENT_TYPE, "application/pdf".to_owned());
    Ok((([kind, (CONTENT_DISPOSITION, disposition)]), [(ETAG, tag)], pdf).into_response())
}

/// JSON only when it is named and PDF is not: `*/*` is a PDF.
fn wants_json(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.contains("application/json") && !accepted.contains("application/pdf")
}
