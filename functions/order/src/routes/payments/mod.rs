//! `/payments`

pub mod capture;
pub mod discrepancies;
pub mod show;
pub mod test_action;

use axum::http::HeaderValue;
use cartwright_types::{OrderId, PaymentId};
use cartwright_web::{Problem, etag};

use super::orders::Buyer;
use crate::db::payments::{self, PaymentRow};
use crate::error::Failure;
use crate::state::State;

fn tag(payment: &PaymentRow) -> HeaderValue {
    etag::strong(&format!("{}-{}", payment.status, payment.updated_at.timestamp_micros()))
}

/// The payment, if its order is the caller's own or the caller is staff; else 404.
async fn visible(state: &State, buyer: &Buyer, id: PaymentId) -> Result<PaymentRow, Problem> {
    let payment = payments::find(state.database.pool(), id).await.map_err(Failure::from)?;
    let payment = payment.ok_or_else(Problem::not_found)?;
    super::orders::visible(state, buyer, OrderId(payment.order_id)).await?;
    Ok(payment)
}
