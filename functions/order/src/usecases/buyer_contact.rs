//! Where a buyer is reached: the account says, or for a guest the order itself.

use cartwright_contracts::contact::OrderContact;
use cartwright_types::OrderId;

use crate::db::orders::{self, OrderRow};
use crate::error::Failure;
use crate::state::State;

/// How to write to the buyer of an order.
#[derive(Clone, PartialEq, Eq)]
pub struct BuyerContact {
    /// Where to.
    pub email: String,
    /// BCP 47.
    pub locale: String,
}

/// Used where nobody said otherwise.
const LOCALE: &str = "en";

/// The contact; `None`: the account is gone, or the order does not know its buyer any more.
///
/// # Errors
/// The user service did not answer.
pub async fn of(state: &State, order: &OrderRow) -> Result<Option<BuyerContact>, Failure> {
    let Some(user) = order.buyer() else { return Ok(of_guest(order)) };
    let contact = state.users.contact(user).await?;
    Ok(contact.map(|contact| BuyerContact { email: contact.email, locale: contact.locale }))
}

fn of_guest(order: &OrderRow) -> Option<BuyerContact> {
    let locale = order.guest_locale.clone().unwrap_or_else(|| LOCALE.to_owned());
    order.guest_email.clone().map(|email| BuyerContact { email, locale })
}

/// The contact of the guest who placed an order, with the token that opens it; `None`: no guest did, or nothing is left of
/// them. An order that an account has taken over still is the guest's of its mails.
///
/// # Errors
/// The database failed.
pub async fn of_guest_order(state: &State, id: OrderId) -> Result<Option<OrderContact>, Failure> {
    let Some(order) = orders::find(state.database.pool(), id).await? else { return Ok(None) };
    let Some(BuyerContact { email, locale }) = of_guest(&order) else { return Ok(None) };
    Ok(Some(OrderContact { order_id: id, email, locale, order_token: token(state, &order) }))
}

/// The token of a guest's order, as long as it works.
#[must_use]
pub fn token(state: &State, order: &OrderRow) -> Option<String> {
    let stored = order.order_token_hash.as_deref()?;
    order.order_token_expires_at.filter(|ends| state.clock.now() < *ends)?;
    Some(state.token_keys.of_stored_order(OrderId(order.id), stored)?.expose().to_owned())
}
