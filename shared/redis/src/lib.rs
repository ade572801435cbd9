//! Redis or Valkey, for the services that use it where `REDIS_URL` is set: commands ([`Redis`]), and channels on which
//! processes wake each other ([`Announcer`], [`Listener`]). Nothing depends on it: what is told there is also found without.

mod announcer;
mod client;
mod connection;
mod listener;
mod url;

use std::sync::LazyLock;
use std::time::Duration;

use cartwright_runtime::metrics::{self, IntCounterVec};

pub use announcer::Announcer;
pub use client::{Redis, RedisError, Script};
pub use listener::{Heard, Listener};
pub use url::RedisUrl;

/// A command has this long, connecting included: less than whoever waits for it has patience.
const PATIENCE: Duration = Duration::from_millis(400);

static MESSAGES: LazyLock<IntCounterVec> = LazyLock::new(|| {
    let help = "What processes told each other by Redis: sent, lost (found later without it) or heard";
    metrics::counter("redis_messages_total", help, &["channel", "outcome"])
});
