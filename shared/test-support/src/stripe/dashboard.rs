//! What people do: buyers at their bank, staff in Stripe's dashboard.

use serde_json::{Map, Value, json};

use super::StripeStandIn;
use super::books::Books;
use super::error::StripeError;
use super::objects::{Charge, Intent};

impl Books {
    /// The buyer ends 3-D Secure.
    pub(super) fn authenticate(&mut self, id: &str, succeeds: bool) -> Result<(), StripeError> {
        if self.intent(id)?.status != "requires_action" {
            return Err(StripeError::state(
                "payment_intent_unexpected_state",
                "There is nothing to authenticate",
            ));
        }
        if succeeds {
            self.collect(id);
        } else {
            self.decline(id, "payment_intent_authentication_failure", "authentication_not_handled");
        }
        Ok(())
    }

    fn finish_processing(&mut self, id: &str, succeeds: bool) -> Result<(), StripeError> {
        if self.intent(id)?.status != "processing" {
            return Err(StripeError::state("payment_intent_unexpected_state", "It is not processing"));
        }
        if succeeds {
            self.collect(id);
        } else {
            self.decline(id, "charge_exceeds_source_limit", "insufficient_funds");
        }
        Ok(())
    }
}

/// Panics say that a test asks for what cannot be.
impl StripeStandIn {
    /// The buyer ends 3-D Secure.
    ///
    /// # Panics
    /// The intent waits for nothing.
    pub fn authenticate(&self, intent: &str, succeeds: bool) {
        self.act(|books| books.authenticate(intent, succeeds));
    }

    /// The buyer's browser confirms with a payment method, as Stripe.js does.
    ///
    /// # Panics
    /// The intent waits for none.
    pub fn confirm(&self, intent: &str, payment_method: &str) {
        let mut params = Map::new();
        params.insert("payment_method".to_owned(), payment_method.into());
        self.act(|books| match books.confirm(intent, &params) {
            Err(error) if error.kind != "card_error" => Err(error),
            _ => Ok(()),
        });
    }

    /// A slow payment arrives, or does not.
    ///
    /// # Panics
    /// The intent is not processing.
    pub fn finish_processing(&self, intent: &str, succeeds: bool) {
        self.act(|books| books.finish_processing(intent, succeeds));
    }

    /// Staff captures, all or a part.
    ///
    /// # Panics
    /// It cannot be captured.
    pub fn capture(&self, intent: &str, amount: Option<i64>) {
        let params = amount.map(|amount| ("amount_to_capture".to_owned(), json!(amount.to_string())));
        self.act(|books| books.capture(intent, &params.into_iter().collect()).map(drop));
    }

    /// Staff refunds; the refund's id.
    ///
    /// # Panics
    /// Stripe refuses it.
    #[must_use]
    pub fn refund(&self, intent: &str, amount: i64) -> String {
        let params = json!({ "payment_intent": intent, "amount": amount.to_string() });
        let refund = self.act(|books| books.refund(params.as_object().expect("it is one")));
        refund["id"].as_str().unwrap_or_default().to_owned()
    }

    /// A refund that was on its way arrives, or comes back.
    ///
    /// # Panics
    /// There is no such refund.
    pub fn settle_refund(&self, refund: &str, arrives: bool) {
        self.act(|books| books.settle_refund(refund, arrives));
    }

    /// The buyer disputes; the dispute's id.
    ///
    /// # Panics
    /// Nothing was collected.
    #[must_use]
    pub fn open_dispute(&self, intent: &str) -> String {
        self.act(|books| books.open_dispute(intent))
    }

    /// The bank decides.
    ///
    /// # Panics
    /// There is no such dispute.
    pub fn close_dispute(&self, dispute: &str, is_won: bool) {
        self.act(|books| books.close_dispute(dispute, is_won));
    }

    /// Changes an intent behind the API's back.
    ///
    /// # Panics
    /// There is no such intent.
    pub fn tamper(&self, intent: &str, change: impl FnOnce(&mut Intent)) {
        self.act(|books| books.intent(intent).map(change));
    }

    /// Changes the charge of an intent behind the API's back.
    ///
    /// # Panics
    /// Nothing was charged.
    pub fn tamper_charge(&self, intent: &str, change: impl FnOnce(&mut Charge)) {
        self.act(|books| {
            let id = books.charge_of(intent).map(|charge| charge.id.clone()).unwrap_or_default();
            books.charge(&id).map(change)
        });
    }

    /// A day passes: idempotency keys are forgotten.
    pub fn forget_keys(&self) {
        *self.shared.keys() = super::keys::Keys::default();
    }

    /// The intents with `metadata[name]=value`, oldest first.
    #[must_use]
    pub fn intents_with(&self, name: &str, value: &str) -> Vec<Intent> {
        let books = self.shared.books();
        let of_it = |intent: &&Intent| intent.metadata.get(name).and_then(Value::as_str) == Some(value);
        books.intents.iter().filter(of_it).cloned().collect()
    }

    fn act<T>(&self, action: impl FnOnce(&mut Books) -> Result<T, StripeError>) -> T {
        let outcome = action(&mut self.shared.books());
        self.shared.wake();
        match outcome {
            Ok(value) => value,
            Err(error) => panic!("Stripe refuses: {}", error.message),
        }
    }
}
