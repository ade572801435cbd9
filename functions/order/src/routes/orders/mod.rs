//! `/orders`

pub mod buyer;
pub mod cancel;
pub mod create;
pub mod events;
pub mod invoice;
pub mod list;
pub mod pay;
mod payment_choice;
pub mod refunds;
pub mod show;
pub mod status;

use cartwright_types::OrderId;
use cartwright_web::Problem;

use self::payment_choice::{Described, PaymentChoice, configured};
use crate::db::orders::{self, OrderRow};
use crate::error::Failure;
use crate::state::State;

pub(super) use buyer::{Buyer, OrderTokenHeader};

/// The order, if it is the caller's own or the caller is staff; else 404.
pub(super) async fn visible(state: &State, buyer: &Buyer, id: OrderId) -> Result<OrderRow, Problem> {
    let order = orders::find(state.database.pool(), id).await.map_err(Failure::from)?;
    let now = state.clock.now();
    order.filter(|order| buyer.is_staff() || buyer.owns(order, now)).ok_or_else(Problem::not_found)
}
