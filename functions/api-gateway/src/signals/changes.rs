//! That something of the catalogue has changed, so that answers which are kept count no more.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use cartwright_runtime::{BoxError, Work, chain};
use cartwright_types::SharedClock;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::{CACHE, Pace, SignalStore, StoreError, position};
use crate::cache::MicroCache;

/// How far back each looks, in milliseconds: clocks differ, and what is kept is older than a few seconds never.
const WINDOW: i64 = 15_000;

/// Reads the signals of changes.
pub struct Changes {
    store: Arc<dyn SignalStore>,
    clock: SharedClock,
    cache: Arc<MicroCache>,
    pace: Pace,
    /// The positions that the last reading found.
    seen: Mutex<HashSet<String>>,
}

impl Changes {
    /// Tells `cache` what `store` says, at this pace.
    #[must_use]
    pub fn new(store: Arc<dyn SignalStore>, clock: SharedClock, cache: Arc<MicroCache>, pace: Pace) -> Self {
        Self { store, clock, cache, pace, seen: Mutex::default() }
    }

    /// Reads once.
    ///
    /// # Errors
    /// The store is away; what is kept counts until its time is over.
    pub async fn read(&self) -> Result<(), StoreError> {
        let mut seen = self.seen.lock().await;
        let mut found = HashSet::new();
        let mut after = position(self.clock.now().timestamp_millis() - WINDOW);
        loop {
            let page = self.store.after(CACHE, &after).await?;
            found.extend(page.signals.into_iter().map(|signal| signal.position));
            match page.next {
                Some(next) => after = next,
                None => break,
            }
        }
        if found.iter().any(|position| !seen.contains(position)) {
            self.cache.forget();
        }
        *seen = found;
        Ok(())
    }
}

#[async_trait]
impl Work for Changes {
    fn name(&self) -> &'static str {
        "catalogue-changes"
    }

    async fn run(&self, stop: CancellationToken) {
        let turn = async || {
            if let Err(error) = self.read().await {
                tracing::debug!(error = chain(&error), "changes of the catalogue cannot be read");
            }
            self.pace.wait().await;
        };
        while stop.run_until_cancelled(turn()).await.is_some() {}
    }

    /// On Lambda nothing is kept.
    async fn once(&self) -> Result<(), BoxError> {
        Ok(())
    }
}
