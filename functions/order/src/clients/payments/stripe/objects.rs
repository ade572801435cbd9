//! What of Stripe's objects is read. Members that are not read may come and go with their API.

use std::collections::HashMap;

use serde::Deserialize;

/// A payment intent, its `latest_charge` expanded.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Intent {
    pub id: String,
    pub amount: i64,
    pub amount_received: Option<i64>,
    pub currency: String,
    pub status: String,
    #[serde(default)]
    pub livemode: bool,
    pub client_secret: Option<String>,
    #[serde(default)]
    pub metadata: HashMap<String, String>,
    pub latest_charge: Option<Expandable<Charge>>,
    pub last_payment_error: Option<serde::de::IgnoredAny>,
    /// Connect: whose payment it is.
    pub on_behalf_of: Option<String>,
    pub transfer_data: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    pub created: i64,
}

impl Intent {
    pub fn charge(&self) -> Option<&Charge> {
        match &self.latest_charge {
            Some(Expandable::Object(charge)) => Some(charge),
            _ => None,
        }
    }
}

/// Something that is named, or shown when `expand[]` asks for it.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Expandable<T> {
    #[expect(dead_code, reason = "only what is shown is read")]
    Id(String),
    Object(Box<T>),
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Charge {
    pub amount_captured: Option<i64>,
    #[serde(default)]
    pub amount_refunded: i64,
    #[serde(default)]
    pub disputed: bool,
    pub payment_method_details: Option<PaymentMethodDetails>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct PaymentMethodDetails {
    pub card: Option<CardDetails>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct CardDetails {
    /// Unix time.
    pub capture_before: Option<i64>,
}

impl Charge {
    pub fn capture_before(&self) -> Option<i64> {
        self.payment_method_details.as_ref()?.card.as_ref()?.capture_before
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Refund {
    pub id: String,
    pub amount: i64,
    pub status: Option<String>,
    #[serde(default)]
    pub metadata: HashMap<String, String>,
    pub reason: Option<String>,
    pub payment_intent: Option<String>,
    #[serde(default)]
    pub created: i64,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Dispute {
    pub id: String,
    pub amount: i64,
    pub status: String,
    pub payment_intent: Option<String>,
    #[serde(default)]
    pub created: i64,
}

/// What a list is of.
pub(super) trait Listed {
    fn id(&self) -> &str;
    /// Unix time.
    fn created(&self) -> i64;
}

impl Listed for Refund {
    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }
}

impl Listed for Dispute {
    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Account {
    pub id: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct List<T> {
    pub data: Vec<T>,
    #[serde(default)]
    pub has_more: bool,
}

/// `{"error": …}`
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct ErrorBody {
    #[serde(default)]
    pub error: ErrorObject,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct ErrorObject {
    #[serde(rename = "type", default)]
    pub kind: String,
    #[serde(default)]
    pub code: Option<String>,
    #[serde(default)]
    pub payment_intent: Option<Intent>,
}
