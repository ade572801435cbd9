//! The account is gone: its rows lose what leads to the person. What is still to be said finds no contact, and is not.

use cartwright_contracts::events::UserErased;
use uuid::Uuid;

use super::Effect;

pub(super) fn effect(_id: Uuid, event: &UserErased) -> Effect {
    Effect::Forget(event.user_id)
}
