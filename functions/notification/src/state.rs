//! What handlers share.

use crate::db::Notifications;

/// Built once, handed down.
#[derive(Clone)]
pub struct State {
    /// The rows.
    pub notifications: Notifications,
}
