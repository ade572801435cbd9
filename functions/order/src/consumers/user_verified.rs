//! `user.verified`: orders that a guest placed with the address become the account's.

use cartwright_contracts::events::UserVerified;
use cartwright_messaging::HandlerError;
use uuid::Uuid;

use crate::state::State;
use crate::usecases::attach_orders;

/// May be repeated: the message is in the inbox, and an order that has a buyer keeps them.
pub async fn handle(state: &State, message_id: Uuid, event: UserVerified) -> Result<(), HandlerError> {
    attach_orders::attach(state, message_id, event.user_id).await?;
    Ok(())
}
