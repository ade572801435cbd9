//! The books: what was asked for, what was collected, what went back. Money is never collected or returned twice.

use cartwright_types::{SharedClock, new_uuid};
use serde_json::{Map, Value, json};

use super::error::StripeError;
use super::objects::{API_VERSION, AUTHORISATION, Charge, Dispute, Intent, Refund};
use super::outcome::{Outcome, outcome_of};

pub(super) type Params = Map<String, Value>;
pub(super) type Result<T> = std::result::Result<T, StripeError>;

/// All of it, oldest first.
pub struct Books {
    /// Payment intents.
    pub intents: Vec<Intent>,
    /// Charges.
    pub charges: Vec<Charge>,
    /// Refunds.
    pub refunds: Vec<Refund>,
    /// Disputes.
    pub disputes: Vec<Dispute>,
    /// Events, as they are sent.
    pub events: Vec<Value>,
    pub(super) clock: SharedClock,
}

impl Books {
    pub(super) const fn new(clock: SharedClock) -> Self {
        Self {
            intents: Vec::new(),
            charges: Vec::new(),
            refunds: Vec::new(),
            disputes: Vec::new(),
            events: Vec::new(),
            clock,
        }
    }

    pub(super) fn id(&self, prefix: &str) -> String {
        format!("{prefix}_{}", new_uuid(self.clock.as_ref()).simple())
    }

    pub(super) fn now(&self) -> i64 {
        self.clock.now().timestamp()
    }

    /// An intent by its id.
    ///
    /// # Errors
    /// There is none.
    pub fn intent(&mut self, id: &str) -> Result<&mut Intent> {
        let found = self.intents.iter_mut().rev().find(|intent| intent.id == id);
        found.ok_or_else(|| StripeError::missing("payment_intent", id, "id"))
    }

    /// The charge that an intent's money came by.
    #[must_use]
    pub fn charge_of(&self, intent: &str) -> Option<&Charge> {
        self.charges.iter().rev().find(|charge| charge.payment_intent == intent)
    }

    pub(super) fn charge(&mut self, id: &str) -> Result<&mut Charge> {
        let found = self.charges.iter_mut().rev().find(|charge| charge.id == id);
        found.ok_or_else(|| StripeError::missing("charge", id, "id"))
    }

    /// An intent as the API shows it.
    ///
    /// # Errors
    /// There is none.
    pub fn show(&mut self, id: &str, params: &Params) -> Result<Value> {
        let expands = |name: &str| {
            params
                .get("expand")
                .and_then(Value::as_array)
                .is_some_and(|list| list.iter().any(|item| item == name))
        };
        let intent = self.intent(id)?.clone();
        let charge = self.charge_of(id).filter(|_| expands("latest_charge") || expands("data.latest_charge"));
        Ok(intent.json(charge))
    }

    pub(super) fn tell(&mut self, kind: &str, object: &Value) {
        let event = json!({
            "id": self.id("evt"), "object": "event", "api_version": API_VERSION, "created": self.now(),
            "data": { "object": object }, "livemode": false, "pending_webhooks": 1,
            "request": { "id": null, "idempotency_key": null }, "type": kind,
        });
        self.events.push(event);
    }

    pub(super) fn tell_intent(&mut self, kind: &str, id: &str) {
        if let Ok(object) = self.show(id, &Map::new()) {
            self.tell(&format!("payment_intent.{kind}"), &object);
        }
    }

    pub(super) fn tell_charge(&mut self, kind: &str, id: &str) {
        if let Ok(charge) = self.charge(id) {
            let object = charge.json(None);
            self.tell(&format!("charge.{kind}"), &object);
        }
    }

    pub(super) fn create(&mut self, params: &Params) -> Result<Value> {
        let amount = integer(params, "amount")?.unwrap_or(0);
        if amount < 50 {
            let message = "Amount must be at least 50 of the smallest currency unit";
            return Err(StripeError {
                code: Some("amount_too_small"),
                ..StripeError::parameter("amount", message)
            });
        }
        let currency = text(params, "currency").unwrap_or_default().to_owned();
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return Err(StripeError::parameter("currency", "Invalid currency"));
        }
        let payment_method = text(params, "payment_method").map(str::to_owned);
        if let Some(method) = &payment_method {
            outcome_of(method)?;
        }
        let types: Vec<String> = params
            .get("payment_method_types")
            .and_then(Value::as_array)
            .map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
            .unwrap_or_default();
        let confirm = text(params, "confirm") == Some("true");
        if confirm && types.is_empty() && text(params, "return_url").is_none() && !refuses_redirects(params) {
            // As Stripe answers when the dashboard's methods may redirect the buyer.
            return Err(StripeError::parameter("return_url", "A return_url must be specified"));
        }
        let id = self.id("pi");
        self.intents.push(Intent {
            client_secret: format!("{id}_secret_{}", new_uuid(self.clock.as_ref()).simple()),
            id: id.clone(),
            amount,
            amount_received: 0,
            currency,
            status: if payment_method.is_some() {
                "requires_confirmation"
            } else {
                "requires_payment_method"
            },
            capture_method: if text(params, "capture_method") == Some("manual") {
                "manual"
            } else {
                "automatic"
            },
            automatic_methods: types.is_empty(),
            payment_method_types: if types.is_empty() { vec!["card".to_owned()] } else { types },
            payment_method,
            metadata: params.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default(),
            latest_charge: None,
            last_payment_error: None,
            cancellation_reason: None,
            canceled_at: None,
            created: self.now(),
            livemode: false,
            on_behalf_of: None,
        });
        self.tell_intent("created", &id);
        if confirm { self.confirm(&id, params) } else { self.show(&id, params) }
    }

    pub(super) fn confirm(&mut self, id: &str, params: &Params) -> Result<Value> {
        let intent = self.intent(id)?;
        if !matches!(intent.status, "requires_confirmation" | "requires_payment_method") {
            return Err(unexpected_state(intent.status, "confirm"));
        }
        let method =
            text(params, "payment_method").map(str::to_owned).or_else(|| intent.payment_method.clone());
        let method =
            method.ok_or_else(|| StripeError::parameter("payment_method", "You must provide one"))?;
        intent.payment_method = Some(method.clone());
        match outcome_of(&method)? {
            Outcome::Authenticate => {
                intent.status = "requires_action";
                self.tell_intent("requires_action", id);
            }
            Outcome::Process => {
                intent.status = "processing";
                self.tell_intent("processing", id);
            }
            Outcome::Decline { code, decline_code } => return Err(self.decline(id, code, decline_code)),
            Outcome::Collect => self.collect(id),
            Outcome::CollectAndDispute => {
                self.collect(id);
                self.open_dispute(id)?;
            }
        }
        self.show(id, params)
    }

    /// The bank said no: the intent waits for another payment method.
    pub(super) fn decline(
        &mut self,
        id: &str,
        code: &'static str,
        decline_code: &'static str,
    ) -> StripeError {
        let error = StripeError::declined(code, decline_code);
        let charge = self.add_charge(id, "failed", Some(code));
        if let Ok(intent) = self.intent(id) {
            intent.status = "requires_payment_method";
            intent.payment_method = None;
            intent.last_payment_error = Some(error.object());
        }
        self.tell_charge("failed", &charge);
        self.tell_intent("payment_failed", id);
        StripeError { payment_intent: self.show(id, &Map::new()).ok().map(Box::new), ..error }
    }

    /// The bank said yes.
    pub(super) fn collect(&mut self, id: &str) {
        let charge = self.add_charge(id, "succeeded", None);
        let Ok(intent) = self.intent(id) else { return };
        intent.last_payment_error = None;
        let is_manual = intent.capture_method == "manual";
        if is_manual {
            intent.status = "requires_capture";
        } else {
            intent.status = "succeeded";
            intent.amount_received = intent.amount;
        }
        self.tell_charge("succeeded", &charge);
        self.tell_intent(if is_manual { "amount_capturable_updated" } else { "succeeded" }, id);
    }

    fn add_charge(&mut self, id: &str, status: &'static str, failure_code: Option<&'static str>) -> String {
        let charge_id = self.id("ch");
        let now = self.now();
        if let Ok(intent) = self.intent(id) {
            let captured = status == "succeeded" && intent.capture_method == "automatic";
            intent.latest_charge = Some(charge_id.clone());
            let charge = Charge {
                id: charge_id.clone(),
                payment_intent: id.to_owned(),
                amount: intent.amount,
                amount_captured: if captured { intent.amount } else { 0 },
                amount_refunded: 0,
                currency: intent.currency.clone(),
                status,
                captured,
                disputed: false,
                failure_code,
                payment_method: intent.payment_method.clone().unwrap_or_default(),
                created: now,
                livemode: intent.livemode,
            };
            self.charges.push(charge);
        }
        charge_id
    }

    pub(super) fn cancel(&mut self, id: &str, params: &Params) -> Result<Value> {
        self.expire_authorisations();
        let now = self.now();
        let intent = self.intent(id)?;
        if matches!(intent.status, "succeeded" | "canceled" | "processing") {
            return Err(unexpected_state(intent.status, "cancel"));
        }
        intent.status = "canceled";
        intent.canceled_at = Some(now);
        intent.cancellation_reason = text(params, "cancellation_reason").map(str::to_owned);
        self.tell_intent("canceled", id);
        self.show(id, params)
    }

    pub(super) fn capture(&mut self, id: &str, params: &Params) -> Result<Value> {
        self.expire_authorisations();
        let wanted = integer(params, "amount_to_capture")?;
        let intent = self.intent(id)?;
        if intent.status != "requires_capture" {
            return Err(unexpected_state(intent.status, "capture"));
        }
        let amount = wanted.unwrap_or(intent.amount);
        if amount < 1 || amount > intent.amount {
            return Err(StripeError::parameter("amount_to_capture", "The amount could not be captured"));
        }
        intent.status = "succeeded";
        intent.amount_received = amount;
        let charge_id = intent.latest_charge.clone().unwrap_or_default();
        let charge = self.charge(&charge_id)?;
        charge.captured = true;
        charge.amount_captured = amount;
        self.tell_charge("captured", &charge_id);
        self.tell_intent("succeeded", id);
        self.show(id, params)
    }

    /// Authorisations that nobody captured in time are cancelled, as the banks do.
    pub(super) fn expire_authorisations(&mut self) {
        let now = self.now();
        let over = |intent: &&mut Intent| {
            intent.status == "requires_capture" && intent.created + AUTHORISATION <= now
        };
        let mut ended = Vec::new();
        for intent in self.intents.iter_mut().filter(over) {
            intent.status = "canceled";
            intent.canceled_at = Some(now);
            intent.cancellation_reason = Some("automatic".to_owned());
            ended.push(intent.id.clone());
        }
        for id in ended {
            self.tell_intent("canceled", &id);
        }
    }
}

fn refuses_redirects(params: &Params) -> bool {
    params.get("automatic_payment_methods").is_some_and(|methods| methods["allow_redirects"] == "never")
}

fn unexpected_state(status: &str, verb: &str) -> StripeError {
    let message = format!("You cannot {verb} this PaymentIntent because it has a status of {status}.");
    StripeError::state("payment_intent_unexpected_state", message)
}

pub(super) fn text<'p>(params: &'p Params, name: &str) -> Option<&'p str> {
    params.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

pub(super) fn integer(params: &Params, name: &'static str) -> Result<Option<i64>> {
    let parsed = text(params, name).map(str::parse).transpose();
    parsed.map_err(|_| StripeError::parameter(name, "Invalid integer"))
}
