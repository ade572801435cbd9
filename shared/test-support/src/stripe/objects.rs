//! What the books hold, and how the API shows it.

use serde_json::{Map, Value, json};

/// The account's id.
pub const ACCOUNT: &str = "acct_standin0000000001";
/// The one version of the API that the stand-in speaks.
pub const API_VERSION: &str = "2023-08-16";
/// How long an authorisation holds: seven days.
pub const AUTHORISATION: i64 = 7 * 24 * 3600;

/// A payment intent. Tests may change the fields behind the API's back.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are Stripe's, described in its API reference")]
pub struct Intent {
    pub id: String,
    pub amount: i64,
    pub amount_received: i64,
    pub currency: String,
    pub status: &'static str,
    pub capture_method: &'static str,
    pub client_secret: String,
    pub payment_method: Option<String>,
    pub payment_method_types: Vec<String>,
    /// Asked for by parameter or left out: the dashboard's methods.
    pub automatic_methods: bool,
    pub metadata: Map<String, Value>,
    pub latest_charge: Option<String>,
    pub last_payment_error: Option<Value>,
    pub cancellation_reason: Option<String>,
    pub canceled_at: Option<i64>,
    pub created: i64,
    pub livemode: bool,
    pub on_behalf_of: Option<String>,
}

/// A charge: one try to collect.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are Stripe's, described in its API reference")]
pub struct Charge {
    pub id: String,
    pub payment_intent: String,
    pub amount: i64,
    pub amount_captured: i64,
    pub amount_refunded: i64,
    pub currency: String,
    pub status: &'static str,
    pub captured: bool,
    pub disputed: bool,
    pub failure_code: Option<&'static str>,
    pub payment_method: String,
    pub created: i64,
    pub livemode: bool,
}

/// A refund.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are Stripe's, described in its API reference")]
pub struct Refund {
    pub id: String,
    pub charge: String,
    pub payment_intent: String,
    pub amount: i64,
    pub currency: String,
    pub status: &'static str,
    pub reason: Option<String>,
    pub metadata: Map<String, Value>,
    pub created: i64,
}

/// A dispute.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are Stripe's, described in its API reference")]
pub struct Dispute {
    pub id: String,
    pub charge: String,
    pub payment_intent: String,
    pub amount: i64,
    pub currency: String,
    pub status: &'static str,
    pub created: i64,
    pub livemode: bool,
}

impl Intent {
    /// As the API shows it; `latest_charge` may be expanded.
    #[must_use]
    pub fn json(&self, charge: Option<&Charge>) -> Value {
        let capturable = if self.status == "requires_capture" { self.amount } else { 0 };
        let latest_charge =
            charge.map_or_else(|| json!(self.latest_charge), |charge| charge.json(self.authorised_until()));
        let next_action = (self.status == "requires_action").then(|| {
            json!({
                "type": "use_stripe_sdk",
                "use_stripe_sdk": { "type": "three_d_secure_redirect", "stripe_js": "https://hooks.stripe.com/3d_secure_2" }
            })
        });
        json!({
            "id": self.id, "object": "payment_intent", "amount": self.amount, "amount_capturable": capturable,
            "amount_details": { "tip": {} }, "amount_received": self.amount_received, "application": null,
            "application_fee_amount": null,
            "automatic_payment_methods": self.automatic_methods.then(|| json!({ "enabled": true })),
            "canceled_at": self.canceled_at, "cancellation_reason": self.cancellation_reason,
            "capture_method": self.capture_method, "client_secret": self.client_secret,
            "confirmation_method": "automatic", "created": self.created, "currency": self.currency, "customer": null,
            "description": null, "invoice": null, "last_payment_error": self.last_payment_error,
            "latest_charge": latest_charge, "livemode": self.livemode, "metadata": self.metadata,
            "next_action": next_action, "on_behalf_of": self.on_behalf_of, "payment_method": self.payment_method,
            "payment_method_options": {}, "payment_method_types": self.payment_method_types, "processing": null,
            "receipt_email": null, "review": null, "setup_future_usage": null, "shipping": null, "source": null,
            "statement_descriptor": null, "statement_descriptor_suffix": null, "status": self.status,
            "transfer_data": null, "transfer_group": null,
        })
    }

    fn authorised_until(&self) -> Option<i64> {
        (self.status == "requires_capture").then(|| self.created + AUTHORISATION)
    }
}

impl Charge {
    /// As the API shows it.
    #[must_use]
    pub fn json(&self, capture_before: Option<i64>) -> Value {
        let mut card = json!({
            "brand": "visa", "checks": { "address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass" },
            "country": "US", "exp_month": 8, "exp_year": 2030, "fingerprint": "standin", "funding": "credit",
            "installments": null, "last4": "4242", "mandate": null, "network": "visa", "three_d_secure": null,
            "wallet": null
        });
        if let Some(until) = capture_before {
            card["capture_before"] = until.into();
        }
        json!({
            "id": self.id, "object": "charge", "amount": self.amount, "amount_captured": self.amount_captured,
            "amount_refunded": self.amount_refunded, "application": null, "application_fee": null,
            "application_fee_amount": null, "balance_transaction": null,
            "billing_details": { "address": null, "email": null, "name": null, "phone": null },
            "captured": self.captured, "created": self.created, "currency": self.currency, "customer": null,
            "description": null, "disputed": self.disputed, "failure_code": self.failure_code, "failure_message": null,
            "fraud_details": {}, "invoice": null, "livemode": self.livemode, "metadata": {}, "on_behalf_of": null,
            "outcome": null, "paid": self.status == "succeeded", "payment_intent": self.payment_intent,
            "payment_method": self.payment_method, "payment_method_details": { "card": card, "type": "card" },
            "receipt_email": null, "receipt_number": null, "receipt_url": null,
            "refunded": self.amount_refunded > 0 && self.amount_refunded == self.amount_captured, "review": null,
            "shipping": null, "source_transfer": null, "statement_descriptor": null,
            "statement_descriptor_suffix": null, "status": self.status, "transfer_data": null, "transfer_group": null,
        })
    }
}

impl Refund {
    /// As the API shows it.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "id": self.id, "object": "refund", "amount": self.amount, "balance_transaction": null,
            "charge": self.charge, "created": self.created, "currency": self.currency, "metadata": self.metadata,
            "payment_intent": self.payment_intent, "reason": self.reason, "receipt_number": null,
            "source_transfer_reversal": null, "status": self.status, "transfer_reversal": null,
        })
    }

    /// Whether its amount is out of the charge.
    #[must_use]
    pub fn counts(&self) -> bool {
        matches!(self.status, "pending" | "succeeded" | "requires_action")
    }
}

impl Dispute {
    /// As the API shows it.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "id": self.id, "object": "dispute", "amount": self.amount, "balance_transactions": [],
            "charge": self.charge, "created": self.created, "currency": self.currency, "evidence": {},
            "evidence_details": { "due_by": null, "has_evidence": false, "past_due": false, "submission_count": 0 },
            "is_charge_refundable": false, "livemode": self.livemode, "metadata": {},
            "payment_intent": self.payment_intent, "reason": "fraudulent", "status": self.status,
        })
    }
}

/// The account.
#[must_use]
pub fn account() -> Value {
    json!({
        "id": ACCOUNT, "object": "account", "charges_enabled": true, "payouts_enabled": true, "details_submitted": true,
        "country": "DE", "default_currency": "eur", "email": null, "type": "standard",
    })
}

/// One page of a list, newest first.
#[must_use]
pub fn list(url: &str, data: &[Value], has_more: bool) -> Value {
    json!({ "object": "list", "url": url, "has_more": has_more, "data": data })
}
