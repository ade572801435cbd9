//! `POST /webhooks/stripe`: something may have happened to a payment.

use axum::Json;
use axum::body::Bytes;
use axum::extract;
use axum::http::HeaderMap;
use cartwright_web::Problem;
use cartwright_web::openapi::ProblemDocument;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clients::payments::stripe::{StripeEvent, signature};
use crate::state::State;
use crate::usecases::take_webhook::{Arrived, take};

/// The event is stored.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookReceipt)]
pub struct Receipt {
    received: bool,
}

/// 200 once it is stored; 400 `invalid_signature`; 404 where Stripe is not configured; 413.
#[utoipa::path(
    post, path = "/webhooks/stripe", operation_id = "receiveStripeEvent", tag = "Payments",
    summary = "Take an event of Stripe's",
    description = "For Stripe alone: the endpoint of the account's webhooks, with the version that the shop pins. The signature is \
        checked over the raw body (300 seconds of tolerance, two secrets while one is rolled). An event is stored once by its id, \
        in any order of arrival; what it says is not believed: the payment is read from Stripe. Without a secret of webhooks, \
        and where Stripe is not configured, this path is a 404, and the shop looks by itself every few minutes.",
    params(("Stripe-Signature" = String, Header, description = "`t=TIMESTAMP,v1=SIGNATURE`")),
    request_body(content = serde_json::Value, description = "The event, as Stripe signed it.", content_type = "application/json"),
    responses(
        (status = 200, description = "It is stored; again, if it was before.", body = Receipt),
        (status = 400, description = "`invalid_signature`, or `malformed_json`.", body = ProblemDocument, example = json!({
            "code": "invalid_signature", "detail": "The signature is missing, wrong or too old."
        }))
    ),
    security(())
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Receipt>, Problem> {
    let stripe = state.stripe.as_ref().ok_or_else(Problem::not_found)?;
    let settings = stripe.settings();
    if settings.webhook_secrets.is_empty() {
        return Err(Problem::not_found());
    }
    let header = headers.get("stripe-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !signature::is_valid(&settings.webhook_secrets, header, &body, state.clock.now().timestamp()) {
        return Err(
            Problem::bad_request("invalid_signature").detail("The signature is missing, wrong or too old.")
        );
    }
    let event: StripeEvent = serde_json::from_slice(&body)
        .map_err(|_| Problem::bad_request("malformed_json").detail("The body is no event of Stripe's."))?;
    let is_ours = event.livemode == settings.is_live()
        && (event.account.is_none() || event.account == settings.account);
    if !is_ours {
        tracing::warn!(
            event_id = event.id,
            "an event is of another account or mode; it is stored and not acted on"
        );
    }
    let arrived = Arrived {
        provider: "stripe",
        id: &event.id,
        kind: &event.kind,
        provider_ref: event.intent().filter(|_| is_ours),
        payment_id: event.payment_id().filter(|_| is_ours),
    };
    take(&state, &arrived).await?;
    Ok(Json(Receipt { received: true }))
}
