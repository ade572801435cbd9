//! What handlers share.

use std::sync::Arc;

use cartwright_types::SharedClock;

use crate::clients::{Contacts, Platforms};
use crate::db::{Devices, Notifications, Suppressions, Templates, Wishes};
use crate::domain::UnsubscribeTokens;
use crate::mail::Renderer;
use crate::usecases::Asking;

/// Built once, handed down.
#[derive(Clone)]
pub struct State {
    /// The rows.
    pub notifications: Notifications,
    /// What staff have written.
    pub templates: Templates,
    /// What people want.
    pub wishes: Wishes,
    /// Where push messages go.
    pub devices: Devices,
    /// Where devices are made known.
    pub platforms: Platforms,
    /// Who is written to no more.
    pub suppressions: Suppressions,
    /// Who somebody is.
    pub contacts: Arc<Contacts>,
    /// The texts.
    pub renderer: Arc<Renderer>,
    /// Reads the links that end marketing mail.
    pub unsubscribe: UnsubscribeTokens,
    /// `SHOP_LOCALE`
    pub default_locale: String,
    /// The time.
    pub clock: SharedClock,
    /// What staff and services ask for.
    pub asking: Asking,
}
