//! Placing an order, steps 2 to 5 of "Placing an order". A crash between any two is finished by a retry of the request
//! (it brings the same order id) or undone by the sweeper.

mod collect;
mod store;

use cartwright_types::{Money, OrderId, ShippingMethodId, UserId};
use cartwright_web::Problem;

pub use collect::{MAX_LINES, MAX_QUANTITY, WantedLine};

use crate::clients::product::StockOutcome;
use crate::db::{orders, payments};
use crate::domain::address::Address;
use crate::error::Failure;
use crate::state::State;
use crate::usecases::pay_order;

/// What the buyer wants.
#[derive(Debug, Clone)]
pub struct PlaceOrder {
    /// Minted with the claim of the idempotency key.
    pub order_id: OrderId,
    /// The buyer.
    pub user_id: UserId,
    /// `None`: the cart's.
    pub lines: Option<Vec<WantedLine>>,
    /// Where to.
    pub shipping_address: Address,
    /// `None`: as shipping.
    pub billing_address: Option<Address>,
    /// How.
    pub shipping_method: ShippingMethodId,
    /// Which provider pays.
    pub provider: String,
    /// What the provider needs.
    pub token: String,
    /// For the shop.
    pub note: Option<String>,
    /// What the buyer was shown.
    pub expected_total: Option<Money>,
}

/// Why there is no order.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The request cannot be fulfilled; the answer is final and is stored.
    #[error("refused: {}", .0.code)]
    Refused(Box<Problem>),
    /// The request itself is wrong, which only a look at the catalogue shows; the key stays free.
    #[error("invalid: {}", .0.code)]
    Invalid(Box<Problem>),
    /// A dependency failed; the same request may be tried again.
    #[error("a dependency failed")]
    Failed(#[from] Failure),
}

impl From<sqlx::Error> for PlaceError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(Failure::Database(error))
    }
}

fn refused(problem: Problem) -> PlaceError {
    PlaceError::Refused(Box::new(problem))
}

fn invalid(problem: Problem) -> PlaceError {
    PlaceError::Invalid(Box::new(problem))
}

/// Places the order, or goes on where an earlier try of the same request ended.
///
/// # Errors
/// See [`PlaceError`].
pub async fn place(state: &State, wish: &PlaceOrder) -> Result<(), PlaceError> {
    if orders::find(state.database.pool(), wish.order_id).await?.is_none() {
        let collected = collect::collect(state, wish).await?;
        let reserved =
            state.products.reserve(wish.order_id, collected.stock_lines()).await.map_err(Failure::from)?;
        match reserved {
            StockOutcome::Ok => {}
            StockOutcome::Short(lines) => {
                let problem = Problem::conflict("insufficient_stock")
                    .detail("There is not enough of some lines; see lines.")
                    .with("lines", lines);
                return Err(refused(problem));
            }
            StockOutcome::Mismatch => {
                state.products.release(wish.order_id).await.map_err(Failure::from)?;
                let problem = Problem::conflict("cart_changed")
                    .detail("The cart changed while the order was being placed. Order again with a new key.");
                return Err(refused(problem));
            }
        }
        store::store(state, wish, &collected).await?;
    }
    let attempts = payments::of_order(state.database.pool(), wish.order_id).await?;
    // The first one is this request's; a later one belongs to POST /orders/{id}/pay.
    if let Some(payment) = attempts.last() {
        pay_order::start(state, payment).await?;
    }
    Ok(())
}
