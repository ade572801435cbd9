//! Collecting what was set aside.

use cartwright_web::Problem;

use crate::clients::payments::ProviderStatus;
use crate::db::payments::PaymentRow;
use crate::domain::payment::PaymentStatus;
use crate::error::Failure;
use crate::state::State;
use crate::usecases::observe_payment::act_on;
use crate::usecases::pay_order::request;

/// Captures all of it; the result is the problem to answer with, if any. What is captured stays so.
///
/// # Errors
/// A dependency failed; run it again.
pub async fn capture(state: &State, payment: &PaymentRow) -> Result<Result<(), Problem>, Failure> {
    let status: PaymentStatus =
        payment.status.parse().map_err(|_| Failure::Data("unknown payment status"))?;
    match status {
        PaymentStatus::Captured | PaymentStatus::Refunded => return Ok(Ok(())),
        PaymentStatus::Authorized => {}
        _ => return Ok(Err(not_capturable())),
    }
    let (provider, request) = request(state, payment)?;
    let seen = provider.capture(&request).await?;
    act_on(state, payment, &seen).await?;
    // Meanwhile the authorisation may have ended, or the amount may be another.
    let is_collected = seen.status == ProviderStatus::Captured && !seen.is_wrong(&request);
    Ok(if is_collected { Ok(()) } else { Err(not_capturable()) })
}

fn not_capturable() -> Problem {
    Problem::conflict("not_capturable").detail("The payment has nothing set aside that could be captured.")
}
