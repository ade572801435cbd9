//! Events of the user service.

use cartwright_contracts::events::{UserPasswordChanged, UserVerified};
use cartwright_types::UserId;
use serde_json::json;
use uuid::Uuid;

use crate::usecases::send::Order;

/// `user.verified`: welcome.
pub fn verified(event_id: Uuid, event: UserVerified) -> Order {
    plain(event_id, event.user_id, "welcome")
}

/// `user.password_changed`: a security notice.
pub fn password_changed(event_id: Uuid, event: UserPasswordChanged) -> Order {
    plain(event_id, event.user_id, "password_changed")
}

fn plain(event_id: Uuid, user_id: UserId, template: &'static str) -> Order {
    Order { event_id, user_id, template, data: json!({}), order_id: None, attachment: None }
}
