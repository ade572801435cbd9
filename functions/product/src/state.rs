//! What handlers share.

use std::sync::Arc;

use cartwright_database::Database;
use cartwright_types::SharedClock;

/// Built once, handed down.
#[derive(Clone)]
pub struct State {
    /// The service's database.
    pub database: Database,
    /// The time.
    pub clock: SharedClock,
    /// Before every picture's key; no trailing slash.
    pub images_base_url: Arc<str>,
}
