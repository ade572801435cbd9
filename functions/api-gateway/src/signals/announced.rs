//! That there is something new in the table, told by Redis. What is said wakes the readers and is not believed: what they read
//! is the table, and where nothing is heard they read it all the same.

use std::sync::Arc;

use async_trait::async_trait;
use cartwright_redis::{Announcer, Listener, Redis};

use super::{Pace, Page, Signal, SignalStore, StoreError};

/// The channel's logical name.
pub const CHANNEL: &str = "edge-signals";

/// A store whose readers are told of what is written.
pub struct Announced {
    store: Arc<dyn SignalStore>,
    announcer: Announcer,
}

impl Announced {
    /// Writes to `store`, and says so on the channel of `announcer`.
    #[must_use]
    pub fn new(store: Arc<dyn SignalStore>, announcer: Announcer) -> Self {
        Self { store, announcer }
    }
}

#[async_trait]
impl SignalStore for Announced {
    async fn put(&self, stream: &'static str, signal: &Signal) -> Result<(), StoreError> {
        self.store.put(stream, signal).await?;
        self.announcer.say(stream);
        Ok(())
    }

    async fn after(&self, stream: &'static str, position: &str) -> Result<Page, StoreError> {
        self.store.after(stream, position).await
    }
}

/// Hurries who reads, whatever is said.
#[must_use]
pub fn listener(redis: Redis, readers: [Pace; 2]) -> Listener {
    Listener::new(redis, CHANNEL, move |_| readers.iter().for_each(Pace::hurry))
}
