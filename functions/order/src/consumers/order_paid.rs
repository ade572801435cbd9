//! `order.paid`: the invoice is issued and the ordered version of the cart is emptied.

use cartwright_contracts::events::OrderPaid;
use cartwright_messaging::HandlerError;

use crate::error::Failure;
use crate::state::State;
use crate::usecases::issue_invoice;

/// Both steps may be repeated: the invoice by its order, the cart by its version.
pub async fn handle(state: &State, event: OrderPaid) -> Result<(), HandlerError> {
    if let (Some(user), Some(version)) = (event.user_id, event.cart_version) {
        state.carts.clear(user, version).await.map_err(Failure::from)?;
    }
    issue_invoice::issue(state, event.order_id).await?;
    Ok(())
}
