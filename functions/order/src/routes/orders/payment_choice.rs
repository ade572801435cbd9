//! How an order is to be paid: what each provider needs.

use cartwright_web::openapi::words;
use cartwright_web::rules::{self, Invalid};
use cartwright_web::{Fields, FromFields, Problem};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::Object;

use crate::clients::payments::TestToken;
use crate::clients::payments::stripe::STRIPE;
use crate::state::State;
use crate::usecases::pay_order::Choice;

/// How an order is to be paid.
pub struct PaymentChoice(pub Choice);

/// How an order is to be paid, by provider. Only those of the shop's configuration are taken.
#[derive(Serialize, ToSchema)]
#[schema(as = PaymentChoice)]
#[serde(untagged)]
#[expect(dead_code, reason = "only described; from_fields reads it")]
pub enum Described {
    /// The test provider.
    Test(TestPayment),
    /// Stripe.
    Stripe(StripePayment),
}

/// The test provider's, of `APP_ENV` `local` and `test`.
#[derive(Serialize, ToSchema)]
pub struct TestPayment {
    /// Who collects the money.
    #[schema(schema_with = test)]
    provider: String,
    /// Says what is to happen.
    #[schema(schema_with = tokens)]
    token: String,
}

/// Stripe's. With a `payment_method` (a card's) the payment is confirmed at once; a decline is `failed`, a card that wants its
/// holder to authenticate is `requires_action`. Without one the client confirms it by Stripe.js with the
/// `client_action`'s `client_secret`; what is declined there may be tried again there, with another method, until the order expires.
#[derive(Serialize, ToSchema)]
pub struct StripePayment {
    /// Who collects the money.
    #[schema(schema_with = stripe)]
    provider: String,
    /// The id of a payment method that Stripe.js made.
    #[schema(pattern = "^(pm|card|src)_[A-Za-z0-9_]+$", max_length = 255)]
    payment_method: Option<String>,
    /// `manual` only sets the money aside: the order is paid when staff captures it.
    #[schema(schema_with = capture_methods)]
    capture_method: Option<String>,
}

fn test() -> Object {
    words("Who collects the money.", &["test"])
}

fn stripe() -> Object {
    words("Who collects the money.", &[STRIPE])
}

fn tokens() -> Object {
    words(
        "Says what is to happen.",
        &["tok_success", "tok_decline", "tok_action_required", "tok_lost_webhook"],
    )
}

fn capture_methods() -> Object {
    words(
        "`manual` only sets the money aside: the order is paid when staff captures it.",
        &["automatic", "manual"],
    )
}

impl FromFields for PaymentChoice {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let provider = fields.required("provider", |value| {
            let name = rules::string(value)?;
            if [STRIPE, "test"].contains(&name.as_str()) {
                Ok(name)
            } else {
                Err(Invalid::new("unknown_provider", "is not a provider of this shop"))
            }
        });
        match provider.as_deref() {
            Some(STRIPE) => {
                let method = fields.optional("payment_method", payment_method);
                let manual = fields.optional("capture_method", is_manual);
                let (token, manual_capture) = (method?.unwrap_or_default(), manual?.unwrap_or_default());
                Some(Self(Choice { provider: provider?, token, manual_capture }))
            }
            Some(_) => {
                let token = fields.required("token", token);
                Some(Self(Choice { provider: provider?, token: token?, manual_capture: false }))
            }
            None => {
                // Whether the rest fits nobody can say.
                for name in ["token", "payment_method", "capture_method"] {
                    fields.optional(name, Ok::<Value, Invalid>);
                }
                None
            }
        }
    }
}

fn token(value: Value) -> Result<String, Invalid> {
    let token = rules::string(value)?;
    match token.parse::<TestToken>() {
        Ok(_) => Ok(token),
        Err(_) => Err(Invalid::new("unknown_token", "is not a token of the test provider")),
    }
}

fn payment_method(value: Value) -> Result<String, Invalid> {
    let id = rules::text(1, 255)(value)?;
    let (kind, rest) = id.split_once('_').unwrap_or((&id, ""));
    let is_plain = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if ["pm", "card", "src"].contains(&kind) && is_plain {
        Ok(id)
    } else {
        Err(Invalid::new("malformed", "is not the id of a payment method"))
    }
}

fn is_manual(value: Value) -> Result<bool, Invalid> {
    match rules::string(value)?.as_str() {
        "automatic" => Ok(false),
        "manual" => Ok(true),
        _ => Err(Invalid::new("unknown_capture_method", "must be automatic or manual")),
    }
}

/// Refuses a provider that this shop has not configured.
pub(super) fn configured(state: &State, choice: &PaymentChoice) -> Result<(), Problem> {
    if state.providers.contains_key(choice.0.provider.as_str()) {
        Ok(())
    } else {
        Err(Problem::invalid("/payment/provider", "unknown_provider", "is not a provider of this shop"))
    }
}

#[cfg(test)]
mod tests {
    use cartwright_web::body;

    use super::*;

    fn read(text: &str) -> Result<Choice, Vec<(String, String)>> {
        let problem = match body::read::<PaymentChoice>(text.as_bytes()) {
            Ok(choice) => return Ok(choice.0),
            Err(problem) => problem,
        };
        Err(problem.errors.into_iter().map(|error| (error.pointer, error.code.into_owned())).collect())
    }

    #[test]
    fn each_provider_takes_its_own() {
        let choice = read(r#"{"provider": "stripe"}"#).unwrap();
        assert_eq!((choice.token.as_str(), choice.capture_method()), ("", "automatic"));
        let choice =
            read(r#"{"provider": "stripe", "payment_method": "pm_card_visa", "capture_method": "manual"}"#);
        let choice = choice.unwrap();
        assert_eq!((choice.token.as_str(), choice.capture_method()), ("pm_card_visa", "manual"));
        assert_eq!(read(r#"{"provider": "test", "token": "tok_success"}"#).unwrap().token, "tok_success");
        for (text, pointer, code) in [
            (r#"{"provider": "stripe", "token": "tok_success"}"#, "/token", "unknown_field"),
            (r#"{"provider": "stripe", "payment_method": "4242 4242"}"#, "/payment_method", "malformed"),
            (
                r#"{"provider": "stripe", "capture_method": "later"}"#,
                "/capture_method",
                "unknown_capture_method",
            ),
            (
                r#"{"provider": "test", "token": "tok_success", "capture_method": "manual"}"#,
                "/capture_method",
                "unknown_field",
            ),
            (r#"{"provider": "test"}"#, "/token", "required"),
            (r#"{"provider": "cash", "token": 1}"#, "/provider", "unknown_provider"),
        ] {
            assert_eq!(read(text).unwrap_err(), [(pointer.to_owned(), code.to_owned())], "{text}");
        }
    }
}
