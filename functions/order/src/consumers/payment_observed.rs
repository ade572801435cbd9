//! `payment.observed`: reads the payment at its provider and acts.

use cartwright_contracts::commands::PaymentObserved;
use cartwright_messaging::HandlerError;

use crate::state::State;
use crate::usecases::observe_payment;

/// May be repeated: the states only move forward.
pub async fn handle(state: &State, command: &PaymentObserved) -> Result<(), HandlerError> {
    observe_payment::observe(state, command.payment_id).await?;
    Ok(())
}
