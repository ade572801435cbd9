//! `/payments`

pub mod show;
pub mod test_action;

use cartwright_types::{OrderId, PaymentId};
use cartwright_web::{Problem, User};

use crate::db::payments::{self, PaymentRow};
use crate::error::Failure;
use crate::state::State;

/// The payment, if its order is the caller's own or the caller is staff; else 404.
async fn visible(state: &State, user: &User, id: PaymentId) -> Result<PaymentRow, Problem> {
    let payment = payments::find(state.database.pool(), id).await.map_err(Failure::from)?;
    let payment = payment.ok_or_else(Problem::not_found)?;
    super::orders::visible(state, user, OrderId(payment.order_id)).await?;
    Ok(payment)
}
