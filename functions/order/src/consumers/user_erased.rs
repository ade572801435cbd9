//! `user.erased`: the cart and the orders lose the person.

use cartwright_contracts::events::UserErased;
use cartwright_messaging::HandlerError;
use uuid::Uuid;

use crate::state::State;
use crate::usecases::erase_user;

/// May be repeated: the message is in the inbox, and what is anonymised stays so.
pub async fn handle(state: &State, message_id: Uuid, event: UserErased) -> Result<(), HandlerError> {
    erase_user::erase(state, message_id, event.user_id).await?;
    Ok(())
}
