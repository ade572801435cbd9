//! `order.paid`: the invoice is issued and the ordered version of the cart is emptied.

use cartwright_contracts::events::OrderPaid;
use cartwright_messaging::HandlerError;

use crate::clients::carts::CartOwner;
use crate::db::orders;
use crate::error::Failure;
use crate::state::State;
use crate::usecases::issue_invoice;

/// Both steps may be repeated: the invoice by its order, the cart by its version.
pub async fn handle(state: &State, event: OrderPaid) -> Result<(), HandlerError> {
    if let Some(version) = event.cart_version {
        let order = orders::find(state.database.pool(), event.order_id).await.map_err(Failure::from)?;
        // An order from before there were guests does not say whose cart it was: its buyer's.
        let buyers = event.user_id.map(|user| CartOwner::User(user).to_string());
        if let Some(owner) = order.and_then(|order| order.cart_owner).or(buyers) {
            state.carts.clear(&owner, version).await.map_err(Failure::from)?;
        }
    }
    issue_invoice::issue(state, event.order_id).await?;
    Ok(())
}
