//! `POST /payments/{id}/capture`

use axum::extract;
use axum::http::header::{ETAG, HeaderMap};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use cartwright_database::idempotency::Request;
use cartwright_idempotency::{self as idempotent, Outcome};
use cartwright_types::{PaymentId, new_uuid};
use cartwright_web::idempotency::{IdempotencyKey, fingerprint};
use cartwright_web::openapi::{OptionalIdempotencyKey, ProblemDocument};
use cartwright_web::{PathId, Problem, User};

use super::tag;
use crate::db::payments;
use crate::error::Failure;
use crate::state::State;
use crate::usecases::capture_payment::capture;
use crate::usecases::order_view::{PaymentView, payment_view};

/// 200 with the payment; 403 for its buyer; 404; 409 `not_capturable`.
#[utoipa::path(
    post, path = "/payments/{id}/capture", operation_id = "capturePayment", tag = "Payments",
    summary = "Collect what was set aside",
    description = "Of a payment that was made with `capture_method` `manual`, while it is `authorized`: all of it. The order is \
        `paid` then. What is captured already stays so. Staff only: the buyer has done what there is to do by authorising.",
    params(("id" = uuid::Uuid, Path, description = "The payment's id."), OptionalIdempotencyKey),
    responses(
        (status = 200, description = "The payment, captured.", body = PaymentView, headers(("ETag" = String))),
        (status = 409, description = "`not_capturable`: nothing is set aside (any more); or `idempotency_in_flight` with \
            `Retry-After`.",
            body = ProblemDocument, headers(("Retry-After" = i32)), examples(
                ("not_capturable" = (summary = "Nothing is set aside", value = json!({
                    "code": "not_capturable", "detail": "The payment has nothing set aside that could be captured."
                }))),
                ("in_flight" = (summary = "The first request with this key still runs", value = json!({
                    "code": "idempotency_in_flight", "detail": "The first request is still running."
                })))
            )),
        (status = 422, description = "`idempotency_key_reused`: the key belongs to another request.",
            body = ProblemDocument, example = json!({
                "code": "idempotency_key_reused", "detail": "This key was used for another request."
            }))
    ),
    security(("bearer" = []))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    user: User,
    PathId(id): PathId<PaymentId>,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    let payment = super::visible(&state, &user.into(), id).await?;
    if !user.is_staff() {
        return Err(Problem::forbidden());
    }
    let path = format!("/payments/{id}/capture");
    let request = Request {
        scope: user.actor(),
        // Without a key of the client's the request is its own: the payment's status guards it.
        key: key.0.unwrap_or_else(|| new_uuid(state.clock.as_ref()).to_string()),
        fingerprint: fingerprint(&Method::POST, &path, &[]),
    };
    idempotent::run::<Failure, _>(state.database.pool(), state.clock.as_ref(), request, &path, async |_| {
        match capture(&state, &payment).await {
            Ok(Ok(())) => answer(&state, id).await,
            Ok(Err(problem)) => Outcome::Final(problem),
            Err(failure) => Outcome::Free(failure.into()),
        }
    })
    .await
}

async fn answer(state: &State, id: PaymentId) -> Outcome {
    let read = async {
        let payment = payments::find(state.database.pool(), id).await?;
        let payment = payment.ok_or(Failure::Data("the captured payment is gone"))?;
        Ok::<_, Failure>((tag(&payment), payment_view(&payment)?))
    };
    match read.await {
        Ok((tag, view)) => {
            let headers = HeaderMap::from_iter([(ETAG, tag)]);
            Outcome::Done(
                StatusCode::OK,
                headers,
                serde_json::to_value::<PaymentView>(view).unwrap_or_default(),
            )
        }
        Err(failure) => Outcome::Free(failure.into()),
    }
}
