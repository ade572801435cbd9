//! How people pay: by the test provider, or by Stripe, for which a stand-in answers. It has books of its own and outlives
//! every service, and tells of payments as unreliably as it is told to.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cartwright_test_support::stripe::{Intent, SECRET_KEY, StripeStandIn, WEBHOOK_SECRET, Webhooks};
use cartwright_types::SystemClock;
use rand::Rng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use uuid::Uuid;

/// How late a webhook may be when they are wild.
const LATE: Duration = Duration::from_secs(3);

/// How reliably Stripe tells of payments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Once, soon and in order.
    Calm,
    /// Twice, each late, so also in any order.
    Wild,
    /// Not at all; neither does the test provider.
    Silent,
}

/// How an order is paid, and what its buyer does when it is there and not paid.
#[derive(Debug, Clone)]
pub struct Payment {
    /// `payment` of the request.
    pub choice: Value,
    /// What follows.
    pub afterwards: Afterwards,
}

/// What a buyer does when the order is there and not paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Afterwards {
    /// Leaves it to expire.
    Nothing,
    /// Approves or refuses what waits for them, or the slow payment arrives or does not.
    Act(bool),
    /// Pays another way.
    PayAgain,
}

/// What Stripe holds of an order's money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collected {
    /// Stripe's id.
    pub intent: String,
    /// Stripe's status.
    pub status: &'static str,
    /// Our payment.
    pub payment: Uuid,
    /// Our order.
    pub order: Uuid,
    /// Minor units that were taken from the buyer.
    pub captured: i64,
    /// Minor units that went back.
    pub refunded: i64,
}

/// Where people pay.
pub struct Till {
    stripe: StripeStandIn,
    mood: Mutex<Mood>,
}

impl Till {
    /// Opens it.
    pub async fn open() -> Self {
        Self { stripe: StripeStandIn::start(SystemClock::shared()).await, mood: Mutex::new(Mood::Calm) }
    }

    /// What the order service is told of it.
    #[must_use]
    pub fn settings(&self) -> [(&'static str, String); 4] {
        [
            ("PAYMENT_PROVIDERS", "test,stripe".to_owned()),
            ("STRIPE_BASE_URL", self.stripe.base_url().to_owned()),
            ("STRIPE_SECRET_KEY", SECRET_KEY.to_owned()),
            ("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET.to_owned()),
        ]
    }

    /// Where Stripe answers.
    #[must_use]
    pub fn url(&self) -> &str {
        self.stripe.base_url()
    }

    /// Has webhooks sent to the shop behind `gateway`.
    pub fn tell(&self, gateway: &str) {
        self.stripe.send_webhooks_to(&format!("{gateway}/webhooks/stripe"), WEBHOOK_SECRET);
    }

    /// From now on payments are told of like this.
    pub fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
        self.stripe.turn(|knobs| {
            knobs.webhooks = match mood {
                Mood::Calm => Webhooks::Calm,
                Mood::Wild => Webhooks::Wild(LATE),
                Mood::Silent => Webhooks::Silent,
            };
        });
    }

    /// How somebody pays.
    pub fn choose(&self, rng: &mut StdRng) -> Payment {
        let mood = *self.mood.lock().unwrap_or_else(PoisonError::into_inner);
        if mood != Mood::Wild && rng.random_ratio(2, 5) {
            return by_test_provider(rng, mood);
        }
        let (method, afterwards) = match rng.random_range(0..100) {
            0..75 => ("pm_card_visa", Afterwards::Nothing),
            75..78 => ("pm_card_chargeDeclined", Afterwards::Nothing),
            78..84 => ("pm_card_chargeDeclinedInsufficientFunds", Afterwards::PayAgain),
            84..91 => ("pm_card_authenticationRequired", Afterwards::Act(true)),
            91..93 => ("pm_card_authenticationRequired", Afterwards::Act(false)),
            93..95 => ("pm_card_authenticationRequired", Afterwards::Nothing),
            95..99 => ("pm_usBankAccount", Afterwards::Act(true)),
            _ => ("pm_usBankAccount", Afterwards::Act(false)),
        };
        Payment { choice: json!({ "provider": "stripe", "payment_method": method }), afterwards }
    }

    /// Another way to pay, which works.
    #[must_use]
    pub fn another_way() -> Value {
        json!({ "provider": "stripe", "payment_method": "pm_card_mastercard" })
    }

    /// The buyer ends 3-D Secure, or the slow payment arrives or does not; nothing, if it is over.
    pub fn act(&self, payment: &str, succeeds: bool) {
        for intent in self.stripe.intents_with("payment_id", payment) {
            match intent.status {
                "requires_action" => self.stripe.authenticate(&intent.id, succeeds),
                "processing" => self.stripe.finish_processing(&intent.id, succeeds),
                _ => {}
            }
        }
    }

    /// Everything that Stripe knows, oldest first.
    #[must_use]
    pub fn books(&self) -> Vec<Collected> {
        self.stripe.read(|books| {
            let mut refunded = HashMap::<&str, i64>::new();
            for refund in
                books.refunds.iter().filter(|refund| !matches!(refund.status, "failed" | "canceled"))
            {
                *refunded.entry(&refund.payment_intent).or_default() += refund.amount;
            }
            let collected = |intent: &Intent| {
                let id = |name: &str| intent.metadata.get(name).and_then(Value::as_str)?.parse().ok();
                Collected {
                    intent: intent.id.clone(),
                    status: intent.status,
                    payment: id("payment_id").unwrap_or_default(),
                    order: id("order_id").unwrap_or_default(),
                    captured: intent.amount_received,
                    refunded: refunded.get(intent.id.as_str()).copied().unwrap_or(0),
                }
            };
            books.intents.iter().map(collected).collect()
        })
    }

    /// Has Stripe collect a cent more than it was asked for, for mutants.
    pub fn collect_more(&self, intent: &str) {
        self.stripe.tamper(intent, |intent| intent.amount_received += 1);
    }

    /// Has Stripe wait for a buyer who has paid, for mutants.
    pub fn reopen(&self, intent: &str) {
        self.stripe.tamper(intent, |intent| intent.status = "requires_action");
    }

    /// Has Stripe take the money of a payment for another order, too, for mutants.
    pub fn charge_for(&self, intent: &str, order: Uuid) {
        self.stripe.tamper(intent, |intent| {
            intent.metadata.insert("order_id".to_owned(), json!(order));
        });
    }

    /// Gives a cent back in Stripe's dashboard, for mutants.
    pub fn give_back(&self, intent: &str) {
        let _ = self.stripe.refund(intent, 1);
    }
}

fn by_test_provider(rng: &mut StdRng, mood: Mood) -> Payment {
    let (token, afterwards) = match rng.random_range(0..100) {
        _ if mood == Mood::Silent => ("tok_lost_webhook", Afterwards::Nothing),
        0..70 => ("tok_success", Afterwards::Nothing),
        70..80 => ("tok_lost_webhook", Afterwards::Nothing),
        80..84 => ("tok_decline", Afterwards::Nothing),
        84..90 => ("tok_decline", Afterwards::PayAgain),
        90..96 => ("tok_action_required", Afterwards::Act(true)),
        96..98 => ("tok_action_required", Afterwards::Act(false)),
        _ => ("tok_action_required", Afterwards::Nothing),
    };
    Payment { choice: json!({ "provider": "test", "token": token }), afterwards }
}
