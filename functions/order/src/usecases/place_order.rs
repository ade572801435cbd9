//! Placing an order, steps 2 to 5 of "Placing an order". A crash between any two is finished by a retry of the request
//! (it brings the same order id) or undone by the sweeper.

mod collect;
mod pricing;
mod store;

use cartwright_types::{EmailAddress, Money, OrderId, ShippingMethodId, UserId};
use cartwright_web::Problem;

pub use collect::WantedLine;

use crate::clients::product::StockOutcome;
use crate::db::payments::PaymentRow;
use crate::db::promotions::Holder;
use crate::db::{orders, payments};
use crate::domain::address::Address;
use crate::error::Failure;
use crate::state::State;
use crate::usecases::cart::CartCaller;
use crate::usecases::pay_order::{self, Choice};

/// Who buys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Customer {
    /// Somebody with an account.
    User(UserId),
    /// Somebody without.
    Guest {
        /// Where to write to.
        email: EmailAddress,
        /// In which language, BCP 47; `None`: they did not say.
        locale: Option<String>,
    },
}

impl Customer {
    /// How events and logs name them.
    #[must_use]
    pub fn actor(&self) -> String {
        match self {
            Self::User(id) => format!("user:{id}"),
            Self::Guest { .. } => "guest".to_owned(),
        }
    }

    /// Whom redemptions of promotions are counted for.
    #[must_use]
    pub fn holder(&self) -> Holder<'_> {
        match self {
            Self::User(id) => Holder::User(*id),
            Self::Guest { email, .. } => Holder::Guest(email.normalised()),
        }
    }

    /// The account, if there is one.
    #[must_use]
    pub const fn user(&self) -> Option<UserId> {
        match self {
            Self::User(id) => Some(*id),
            Self::Guest { .. } => None,
        }
    }
}

/// What the buyer wants.
#[derive(Clone)]
pub struct PlaceOrder {
    /// Minted with the claim of the idempotency key.
    pub order_id: OrderId,
    /// Who buys.
    pub customer: Customer,
    /// Whose cart is ordered if `lines` is `None`.
    pub cart: CartCaller,
    /// `None`: the cart's.
    pub lines: Option<Vec<WantedLine>>,
    /// Where to.
    pub shipping_address: Address,
    /// `None`: as shipping.
    pub billing_address: Option<Address>,
    /// How.
    pub shipping_method: ShippingMethodId,
    /// How it is paid.
    pub payment: Choice,
    /// Each once, whatever its case.
    pub promotion_codes: Vec<String>,
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
    let mut stored = None;
    if orders::find(state.database.pool(), wish.order_id).await?.is_none() {
        stored = match reserve_and_store(state, wish).await {
            Err(PlaceError::Refused(problem)) => give_up(state, wish, problem).await.map(|()| None)?,
            other => other?,
        }
    }
    let first = match stored {
        Some(payment) => Some(payment),
        // An earlier try stored it. The first one is this request's; a later one belongs to POST /orders/{id}/pay.
        None => payments::of_order(state.database.pool(), wish.order_id).await?.pop(),
    };
    if let Some(payment) = first {
        pay_order::start(state, &payment).await?;
    }
    Ok(())
}

/// The payment that was stored with the order; `None`: another try of the request was faster.
async fn reserve_and_store(state: &State, wish: &PlaceOrder) -> Result<Option<PaymentRow>, PlaceError> {
    let collected = collect::collect(state, wish).await?;
    let reserved =
        state.products.reserve(wish.order_id, collected.stock_lines()).await.map_err(Failure::from)?;
    match reserved {
        StockOutcome::Ok => store::store(state, wish, &collected).await,
        StockOutcome::Short(lines) => Err(refused(
            Problem::conflict("insufficient_stock")
                .detail("There is not enough of some lines; see lines.")
                .with("lines", lines),
        )),
        // An order that was not stored cannot have ended; were it so, its id were used up.
        StockOutcome::Mismatch | StockOutcome::Ended => Err(refused(
            Problem::conflict("cart_changed")
                .detail("The cart changed while the order was being placed. Order again with a new key."),
        )),
    }
}

/// The refusal is final, so what this try or an earlier one of the request reserved goes back. `Ok` where one that took over
/// was faster: the order is there, and stays.
async fn give_up(state: &State, wish: &PlaceOrder, problem: Box<Problem>) -> Result<(), PlaceError> {
    if orders::find(state.database.pool(), wish.order_id).await?.is_some() {
        return Ok(());
    }
    // Of what is short nothing was reserved.
    if problem.code != "insufficient_stock" {
        state.products.release(wish.order_id).await.map_err(Failure::from)?;
    }
    Err(PlaceError::Refused(problem))
}
