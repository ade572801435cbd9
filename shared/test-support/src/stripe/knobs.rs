//! How unreliable Stripe, and the network to it, is.

use std::time::Duration;

/// Everything is off at first: answers arrive, webhooks come once, soon and in order.
#[derive(Debug, Clone, Default)]
pub struct Knobs {
    /// Of the answers to POST, every so many-th is cut off after the call took effect; 0: none.
    pub lose_every: u64,
    /// So many of the next answers to POST are cut off after the call took effect.
    pub lose_next: u64,
    /// So many of the next answers to GET are cut off.
    pub lose_next_reads: u64,
    /// So many of the next calls are a 500 and have no effect.
    pub fail_next: u64,
    /// Every connection is cut before anything happens.
    pub away: bool,
    /// Between a call's arrival and its effect.
    pub slowness: Duration,
    /// What becomes of webhooks.
    pub webhooks: Webhooks,
}

/// What becomes of webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Webhooks {
    /// Once, soon, in order.
    #[default]
    Calm,
    /// Twice, each time after a while of its own of at most this long: so also out of order.
    Wild(Duration),
    /// Not at all.
    Silent,
}
