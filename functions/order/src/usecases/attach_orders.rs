//! Somebody has proven an address: orders that were placed with it without an account become theirs. The tokens of these
//! orders go on working.

use cartwright_database::inbox;
use cartwright_types::{EmailAddress, UserId};
use uuid::Uuid;

use crate::db::orders;
use crate::error::Failure;
use crate::state::State;

/// What the inbox remembers this consumer by.
const CONSUMER: &str = "order-events";

/// Attaches them, as told by `message_id`. May be repeated.
///
/// # Errors
/// A dependency failed; run it again.
pub async fn attach(state: &State, message_id: Uuid, user: UserId) -> Result<(), Failure> {
    // Nobody any more, or an address that waits to be proven again: then there is nothing to go by.
    let contact = state.users.contact(user).await?;
    let Some(contact) = contact.filter(|contact| contact.email_verified) else { return Ok(()) };
    let email = &EmailAddress::new(&contact.email);
    let attached = state
        .database
        .transaction("attach_orders", |tx| {
            Box::pin(async move {
                if !inbox::is_first(tx, CONSUMER, message_id).await? {
                    return Ok(0);
                }
                Ok::<u64, Failure>(orders::attach(tx, user, email, state.clock.now()).await?)
            })
        })
        .await?;
    if attached > 0 {
        tracing::info!(user_id = %user, attached, "orders of a guest have become an account's");
    }
    Ok(())
}
