//! Refunds, never more than was collected, and disputes.

use serde_json::Value;

use super::books::{Books, Params, Result, integer, text};
use super::error::StripeError;
use super::objects::{Dispute, Refund};

impl Books {
    pub(super) fn refund(&mut self, params: &Params) -> Result<Value> {
        let intent = text(params, "payment_intent").ok_or_else(|| {
            StripeError::parameter("payment_intent", "One of payment_intent or charge is needed")
        })?;
        let charge = self.charge_of(intent).cloned();
        let charge =
            charge.ok_or_else(|| StripeError::missing("payment_intent", intent, "payment_intent"))?;
        if !charge.captured {
            return Err(StripeError::state("charge_not_captured", "This charge has not been captured"));
        }
        let left = charge.amount_captured - charge.amount_refunded;
        if left == 0 {
            return Err(StripeError::state(
                "charge_already_refunded",
                "The charge has already been refunded",
            ));
        }
        let amount = integer(params, "amount")?.unwrap_or(left);
        if amount < 1 || amount > left {
            let message =
                format!("Refund amount ({amount}) is greater than unrefunded amount on charge ({left})");
            return Err(StripeError::state("amount_too_large", message));
        }
        let refund = Refund {
            id: self.id("re"),
            charge: charge.id.clone(),
            payment_intent: intent.to_owned(),
            amount,
            currency: charge.currency.clone(),
            status: if charge.payment_method == "pm_card_pendingRefund" { "pending" } else { "succeeded" },
            reason: text(params, "reason").map(str::to_owned),
            metadata: params.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default(),
            created: self.now(),
        };
        let shown = refund.json();
        self.refunds.push(refund);
        self.charge(&charge.id)?.amount_refunded += amount;
        self.tell("refund.created", &shown.clone());
        self.tell_charge("refunded", &charge.id);
        Ok(shown)
    }

    /// A refund that was on its way arrives, or comes back.
    pub(super) fn settle_refund(&mut self, id: &str, arrives: bool) -> Result<()> {
        let refund = self.refunds.iter_mut().find(|refund| refund.id == id);
        let refund = refund.ok_or_else(|| StripeError::missing("refund", id, "id"))?;
        let counted = refund.counts();
        refund.status = if arrives { "succeeded" } else { "failed" };
        let (charge, amount, shown) = (refund.charge.clone(), refund.amount, refund.json());
        if counted && !arrives {
            self.charge(&charge)?.amount_refunded -= amount;
        }
        self.tell("charge.refund.updated", &shown);
        Ok(())
    }

    /// The buyer's bank takes the money back for now.
    pub(super) fn open_dispute(&mut self, intent: &str) -> Result<String> {
        let charge = self.charge_of(intent).cloned();
        let charge = charge.ok_or_else(|| StripeError::missing("payment_intent", intent, "id"))?;
        self.charge(&charge.id)?.disputed = true;
        let dispute = Dispute {
            id: self.id("dp"),
            charge: charge.id,
            payment_intent: intent.to_owned(),
            amount: charge.amount_captured,
            currency: charge.currency,
            status: "needs_response",
            created: self.now(),
            livemode: charge.livemode,
        };
        let (id, shown) = (dispute.id.clone(), dispute.json());
        self.disputes.push(dispute);
        self.tell("charge.dispute.created", &shown);
        Ok(id)
    }

    pub(super) fn close_dispute(&mut self, id: &str, is_won: bool) -> Result<()> {
        let dispute = self.disputes.iter_mut().find(|dispute| dispute.id == id);
        let dispute = dispute.ok_or_else(|| StripeError::missing("dispute", id, "id"))?;
        dispute.status = if is_won { "won" } else { "lost" };
        let shown = dispute.json();
        self.tell("charge.dispute.closed", &shown);
        Ok(())
    }
}
