//! A security notice, so that the owner notices if it was somebody else.

use cartwright_contracts::events::UserPasswordChanged;
use uuid::Uuid;

use crate::domain::{Notice, Template};

pub(super) fn notice(id: Uuid, event: &UserPasswordChanged) -> Notice {
    Notice::new(id, event.user_id, Template::PasswordChanged)
}
