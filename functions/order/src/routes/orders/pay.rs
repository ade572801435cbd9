//! `POST /orders/{id}/pay` `{payment}`: another try after a failure.

use axum::extract;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use cartwright_database::idempotency::Request;
use cartwright_types::{OrderId, PaymentId, new_uuid};
use cartwright_web::idempotency::{IdempotencyKey, fingerprint};
use cartwright_web::{Body, Fields, FromFields, PathId, Problem, User};

use super::{PaymentChoice, configured, create};
use crate::routes::idempotent::{self, Outcome};
use crate::state::State;
use crate::usecases::pay_order;

/// The body.
pub struct Pay {
    payment: PaymentChoice,
}

impl FromFields for Pay {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let payment = fields.object("payment");
        Some(Self { payment: payment? })
    }
}

/// 200 with the order; 404; 409 `already_paid`, `payment_in_progress`, `order_closed`.
pub async fn handle(
    extract::State(state): extract::State<State>,
    user: User,
    PathId(id): PathId<OrderId>,
    key: IdempotencyKey,
    body: Body<Pay>,
) -> Result<Response, Problem> {
    super::visible(&state, &user, id).await?;
    configured(&state, &body.payment)?;
    let path = format!("/orders/{id}/pay");
    let request = Request {
        scope: user.actor(),
        // Without a key of the client's the request is its own: only the index on live payments guards it.
        key: key.0.unwrap_or_else(|| new_uuid(state.clock.as_ref()).to_string()),
        fingerprint: fingerprint(&Method::POST, &path, &body.raw),
    };
    idempotent::run(&state, request, &path, async |minted| {
        let choice = &body.payment;
        match pay_order::again(&state, id, PaymentId(minted), &choice.provider, &choice.token).await {
            Ok(Ok(())) => create::answer(&state, id, StatusCode::OK).await,
            Ok(Err(problem)) => Outcome::Final(problem),
            Err(failure) => Outcome::Free(failure.into()),
        }
    })
    .await
}
