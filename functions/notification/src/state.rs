//! What handlers share.

use std::sync::Arc;

use crate::db::{Devices, Notifications};
use crate::mail::Renderer;
use crate::usecases::Asking;

/// Built once, handed down.
#[derive(Clone)]
pub struct State {
    /// The rows.
    pub notifications: Notifications,
    /// Where push messages go.
    pub devices: Devices,
    /// What staff and services ask for.
    pub asking: Asking,
    /// The texts, to refuse what they could not be filled in with.
    pub renderer: Arc<Renderer>,
}
