//! Stripe's error object.

use serde_json::{Value, json};

/// What a call is refused with.
#[derive(Debug, Clone)]
pub struct StripeError {
    /// The HTTP status.
    pub status: u16,
    /// `card_error`, `invalid_request_error`, `idempotency_error`, `api_error`
    pub kind: &'static str,
    /// The stable code.
    pub code: Option<&'static str>,
    /// The bank's reason.
    pub decline_code: Option<&'static str>,
    /// The parameter that is wrong.
    pub param: Option<&'static str>,
    /// For people.
    pub message: String,
    /// The intent, where there is one.
    pub payment_intent: Option<Box<Value>>,
    /// The call had begun, so its idempotency key keeps this answer.
    pub is_kept: bool,
}

impl StripeError {
    /// A parameter is missing or malformed; nothing was begun.
    #[must_use]
    pub fn parameter(param: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            kind: "invalid_request_error",
            code: Some("parameter_invalid_empty"),
            decline_code: None,
            param: Some(param),
            message: message.into(),
            payment_intent: None,
            is_kept: false,
        }
    }

    /// What the path or a parameter names does not exist.
    #[must_use]
    pub fn missing(what: &str, id: &str, param: &'static str) -> Self {
        let status = if param == "id" { 404 } else { 400 };
        let message = format!("No such {what}: '{id}'");
        Self { status, code: Some("resource_missing"), ..Self::parameter(param, message) }
    }

    /// The object is not in a state for it.
    #[must_use]
    pub fn state(code: &'static str, message: impl Into<String>) -> Self {
        Self { code: Some(code), param: None, is_kept: true, ..Self::parameter("", message) }
    }

    /// The bank said no.
    #[must_use]
    pub fn declined(code: &'static str, decline_code: &'static str) -> Self {
        Self {
            status: 402,
            kind: "card_error",
            decline_code: Some(decline_code),
            ..Self::state(code, "Your card was declined.")
        }
    }

    /// Not an answer to the question: a wrong key, a second use of an idempotency key, an outage.
    #[must_use]
    pub fn bare(status: u16, kind: &'static str, code: Option<&'static str>, message: &str) -> Self {
        Self { status, kind, code, param: None, ..Self::parameter("", message) }
    }

    /// The error as `last_payment_error` and inside the answer.
    #[must_use]
    pub fn object(&self) -> Value {
        let mut object = json!({ "type": self.kind, "message": self.message });
        let texts = [("code", self.code), ("decline_code", self.decline_code), ("param", self.param)];
        for (name, text) in texts {
            if let Some(text) = text {
                object[name] = text.into();
            }
        }
        object
    }

    /// The body of the answer.
    #[must_use]
    pub fn body(&self) -> Value {
        let mut error = self.object();
        if let Some(intent) = &self.payment_intent {
            error["payment_intent"] = (**intent).clone();
        }
        json!({ "error": error })
    }
}
