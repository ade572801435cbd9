//! The address is proven: welcome.

use cartwright_contracts::events::UserVerified;
use uuid::Uuid;

use crate::domain::{Notice, Template};

pub(super) fn notice(id: Uuid, event: &UserVerified) -> Notice {
    Notice::new(id, event.user_id, Template::Welcome)
}
