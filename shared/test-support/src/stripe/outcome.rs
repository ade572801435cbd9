//! What becomes of a payment method: Stripe's own test methods, by their names.

use super::error::StripeError;

/// What the bank does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Pays.
    Collect,
    /// Pays, and the buyer disputes it at once.
    CollectAndDispute,
    /// Wants the buyer to authenticate (3-D Secure).
    Authenticate,
    /// Takes days.
    Process,
    /// Says no.
    Decline {
        /// Stripe's code.
        code: &'static str,
        /// The bank's.
        decline_code: &'static str,
    },
}

/// The outcome of `payment_method`.
///
/// # Errors
/// There is no such method.
pub fn outcome_of(payment_method: &str) -> Result<Outcome, StripeError> {
    let decline = |code, decline_code| Outcome::Decline { code, decline_code };
    let name = payment_method.replace("_visa_", "_");
    Ok(match name.as_str() {
        "pm_card_visa" | "pm_card_mastercard" | "pm_card_amex" | "pm_card_pendingRefund" => Outcome::Collect,
        "pm_card_createDispute" => Outcome::CollectAndDispute,
        "pm_card_authenticationRequired"
        | "pm_card_threeDSecure2Required"
        | "pm_card_threeDSecureRequired" => Outcome::Authenticate,
        "pm_usBankAccount_processing" | "pm_usBankAccount" => Outcome::Process,
        "pm_card_chargeDeclined" => decline("card_declined", "generic_decline"),
        "pm_card_chargeDeclinedInsufficientFunds" => decline("card_declined", "insufficient_funds"),
        "pm_card_chargeDeclinedLostCard" => decline("card_declined", "lost_card"),
        "pm_card_chargeDeclinedExpiredCard" => decline("expired_card", "expired_card"),
        "pm_card_chargeDeclinedIncorrectCvc" => decline("incorrect_cvc", "incorrect_cvc"),
        "pm_card_chargeDeclinedProcessingError" => decline("processing_error", "processing_error"),
        _ => return Err(StripeError::missing("PaymentMethod", payment_method, "payment_method")),
    })
}
