//! `POST /payments/{id}/test-action` `{"outcome": "success|fail"}`: what the buyer does at the test provider's "bank".

use axum::Json;
use axum::extract;
use cartwright_types::{OrderId, PaymentId};
use cartwright_web::openapi::{ProblemDocument, words};
use cartwright_web::rules::{self, Invalid};
use cartwright_web::{Body, Fields, FromFields, PathId, Problem};
use utoipa::ToSchema;

use crate::clients::payments::ActionOutcome;
use crate::error::Failure;
use crate::routes::orders::{Buyer, OrderTokenHeader};
use crate::state::State;
use crate::usecases::events::queue_observation;
use crate::usecases::order_view::{PaymentView, payment_view};

fn outcomes() -> utoipa::openapi::Object {
    words("Approves or refuses.", &["success", "fail"])
}

/// What the buyer does.
#[derive(ToSchema)]
#[schema(as = TestAction)]
pub struct Action {
    /// Approves or refuses.
    #[schema(schema_with = outcomes)]
    outcome: ActionOutcome,
}

impl FromFields for Action {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let outcome = fields.required("outcome", |value| match rules::string(value)?.as_str() {
            "success" => Ok(ActionOutcome::Success),
            "fail" => Ok(ActionOutcome::Fail),
            _ => Err(Invalid::new("unknown_outcome", "must be success or fail")),
        });
        Some(Self { outcome: outcome? })
    }
}

/// 200 with the payment as we know it (the provider's word arrives a moment later); 409 `no_action_required`.
#[utoipa::path(
    post, path = "/payments/{id}/test-action", operation_id = "actOnTestPayment", tag = "Payments",
    summary = "Act as the buyer at the test provider",
    description = "Approves or refuses a payment that was made with `tok_action_required`. The payment's new status shows a \
        moment later, as with a webhook. **Only where the test provider is configured** (never in production); elsewhere this \
        path is a 404.",
    params(("id" = uuid::Uuid, Path, description = "The payment's id."), OrderTokenHeader),
    request_body(content = Action, example = json!({ "outcome": "success" })),
    responses(
        (status = 200, description = "The payment as it is known now.", body = PaymentView),
        (status = 409, description = "`no_action_required`: the payment waits for nothing.",
            body = ProblemDocument, example = json!({
                "code": "no_action_required", "detail": "The payment waits for nothing."
            }))
    ),
    security((), ("bearer" = []))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    buyer: Buyer,
    PathId(id): PathId<PaymentId>,
    body: Body<Action>,
) -> Result<Json<PaymentView>, Problem> {
    let payment = super::visible(&state, &buyer, id).await?;
    let provider = state.test_provider.as_ref().ok_or_else(Problem::not_found)?;
    if payment.provider != "test" || !provider.act(id, body.outcome).await.map_err(Failure::from)? {
        return Err(Problem::conflict("no_action_required").detail("The payment waits for nothing."));
    }
    let order_id = OrderId(payment.order_id);
    // The provider's webhook: it queues a look at the payment.
    state
        .database
        .transaction("queue_observation", |tx| {
            let state = &state;
            Box::pin(
                async move { Ok::<(), Failure>(queue_observation(tx, &state.clock, order_id, id).await?) },
            )
        })
        .await?;
    Ok(Json(payment_view(&payment)?))
}
