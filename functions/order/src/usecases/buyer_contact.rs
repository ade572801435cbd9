//! Where a buyer is reached: the account says, or for a guest the order itself.

use crate::db::orders::OrderRow;
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
