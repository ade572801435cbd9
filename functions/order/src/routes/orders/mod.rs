//! `/orders`

pub mod create;
pub mod events;
pub mod invoice;
pub mod list;
pub mod pay;
pub mod show;

use cartwright_types::OrderId;
use cartwright_web::openapi::words;
use cartwright_web::{Problem, User};
use utoipa::ToSchema;

use crate::db::orders::{self, OrderRow};
use crate::error::Failure;
use crate::state::State;

/// The order, if it is the caller's own or the caller is staff; else 404.
pub(super) async fn visible(state: &State, user: &User, id: OrderId) -> Result<OrderRow, Problem> {
    let order = orders::find(state.database.pool(), id).await.map_err(Failure::from)?;
    order.filter(|order| order.buyer() == Some(user.id) || user.is_staff()).ok_or_else(Problem::not_found)
}

/// How an order is to be paid.
#[derive(ToSchema)]
pub(super) struct PaymentChoice {
    /// Who collects the money.
    #[schema(schema_with = providers)]
    pub provider: String,
    /// What the provider gave the client. The test provider's say what is to happen.
    #[schema(schema_with = tokens)]
    pub token: String,
}

fn providers() -> utoipa::openapi::Object {
    words("Who collects the money.", &["test"])
}

fn tokens() -> utoipa::openapi::Object {
    words(
        "What the provider gave the client; the test provider's say what is to happen.",
        &["tok_success", "tok_decline", "tok_action_required", "tok_lost_webhook"],
    )
}

impl cartwright_web::FromFields for PaymentChoice {
    fn from_fields(fields: &mut cartwright_web::Fields<'_>) -> Option<Self> {
        use crate::clients::payments::TestToken;
        use cartwright_web::rules::{self, Invalid};
        let provider = fields.required("provider", |value| {
            let name = rules::string(value)?;
            if name == "test" {
                Ok(name)
            } else {
                Err(Invalid::new("unknown_provider", "is not a provider of this shop"))
            }
        });
        let token = fields.required("token", |value| {
            let token = rules::string(value)?;
            match token.parse::<TestToken>() {
                Ok(_) => Ok(token),
                Err(_) => Err(Invalid::new("unknown_token", "is not a token of the test provider")),
            }
        });
        Some(Self { provider: provider?, token: token? })
    }
}

/// Refuses a provider that this shop has not configured.
pub(super) fn configured(state: &State, choice: &PaymentChoice) -> Result<(), Problem> {
    if state.providers.contains_key(choice.provider.as_str()) {
        Ok(())
    } else {
        Err(Problem::invalid("/payment/provider", "unknown_provider", "is not a provider of this shop"))
    }
}
