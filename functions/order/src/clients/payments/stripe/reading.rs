//! From Stripe's objects to ours.

use cartwright_types::{Currency, Money};
use chrono::DateTime;
use serde_json::{Value, json};

use super::StripeProvider;
use super::objects::{Charge, Dispute, Intent, Refund};
use crate::clients::payments::{
    Facts, Mismatch, PaymentRequest, ProviderPayment, ProviderRefund, ProviderStatus, RefundStatus,
    SeenRefund,
};

impl StripeProvider {
    /// What an intent says, and whether it is the payment that was asked for.
    pub(super) fn read(&self, request: &PaymentRequest, intent: &Intent) -> ProviderPayment {
        let status = self.status(request, intent);
        let charge = intent.charge();
        let amount = if status == ProviderStatus::Captured {
            let collected = charge.and_then(|charge| charge.amount_captured).or(intent.amount_received);
            collected.unwrap_or(intent.amount)
        } else {
            intent.amount
        };
        let currency = intent.currency.to_ascii_uppercase().parse::<Currency>().ok();
        let authorized_until = charge
            .and_then(Charge::capture_before)
            .and_then(|until| DateTime::from_timestamp(until, 0))
            .filter(|_| status == ProviderStatus::Authorized);
        ProviderPayment {
            status,
            amount: Money::new(amount, currency.unwrap_or(request.amount.currency)),
            provider_ref: Some(intent.id.clone()),
            facts: Facts {
                authorized_until,
                refunds: Vec::new(),
                disputed: 0,
                mismatch: if currency.is_none() {
                    Some(Mismatch::Currency)
                } else {
                    self.mismatch(request, intent)
                },
            },
        }
    }

    fn status(&self, request: &PaymentRequest, intent: &Intent) -> ProviderStatus {
        match intent.status.as_str() {
            "succeeded" => ProviderStatus::Captured,
            "requires_capture" => ProviderStatus::Authorized,
            "processing" => ProviderStatus::Processing,
            // Confirmed here and declined; see `is_declined`.
            "canceled" if !request.token.is_empty() && intent.last_payment_error.is_some() => {
                ProviderStatus::Failed
            }
            "canceled" => ProviderStatus::Cancelled,
            _ => ProviderStatus::RequiresAction(self.action(intent)),
        }
    }

    /// What Stripe.js needs: it confirms the intent, or has the buyer authenticate.
    fn action(&self, intent: &Intent) -> Value {
        let mut action = json!({ "type": "stripe", "client_secret": intent.client_secret });
        if let Some(key) = &self.settings.publishable_key {
            action["publishable_key"] = key.as_str().into();
        }
        action
    }

    fn mismatch(&self, request: &PaymentRequest, intent: &Intent) -> Option<Mismatch> {
        if intent.metadata.get("payment_id") != Some(&request.id.to_string()) {
            return Some(Mismatch::Identity);
        }
        if intent.livemode != self.settings.is_live() {
            return Some(Mismatch::Livemode);
        }
        let is_another = |account: &String| Some(account) != self.settings.account.as_ref();
        let is_elsewhere =
            intent.transfer_data.is_some() || intent.on_behalf_of.as_ref().is_some_and(is_another);
        is_elsewhere.then_some(Mismatch::Account)
    }
}

/// Confirmed by us with a payment method that was not taken. Of an intent that the browser confirms a decline is the buyer's
/// affair: another method may follow.
pub(super) fn is_declined(request: &PaymentRequest, intent: &Intent) -> bool {
    !request.token.is_empty() && intent.status == "requires_payment_method"
}

pub(super) fn outcome(refund: &Refund) -> ProviderRefund {
    ProviderRefund { provider_ref: Some(refund.id.clone()), status: status(refund) }
}

fn status(refund: &Refund) -> RefundStatus {
    match refund.status.as_deref() {
        Some("succeeded") => RefundStatus::Done,
        Some("failed" | "canceled") => RefundStatus::Failed,
        _ => RefundStatus::Pending,
    }
}

pub(super) fn refund(refund: &Refund) -> SeenRefund {
    SeenRefund {
        provider_ref: refund.id.clone(),
        ours: refund.metadata.get("refund_id").and_then(|id| id.parse().ok()),
        amount: refund.amount,
        status: status(refund),
        reason: refund.reason.clone(),
    }
}

/// What is contested, or lost.
pub(super) fn disputed(disputes: &[Dispute]) -> i64 {
    let counts = |dispute: &&Dispute| !matches!(dispute.status.as_str(), "won" | "warning_closed");
    disputes.iter().filter(counts).map(|dispute| dispute.amount).sum()
}
