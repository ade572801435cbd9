//! Edge signals in memory, in small pages; away when told so.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use api_gateway::signals::{Page, REVOKE, Signal, SignalStore, StoreError};
use async_trait::async_trait;
use cartwright_types::SessionId;

/// Signals in one answer.
const PAGE: usize = 2;

#[derive(Default)]
pub struct MemoryStore {
    items: Mutex<BTreeMap<(&'static str, String), Signal>>,
    is_away: AtomicBool,
    reads: AtomicUsize,
}

impl MemoryStore {
    pub fn away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }

    /// How often it was asked.
    pub fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }

    /// What lies in the stream of revoked sessions.
    pub fn signals(&self) -> Vec<Signal> {
        self.items.lock().unwrap().values().cloned().collect()
    }

    /// Written at `now`, in milliseconds.
    pub async fn revoke(&self, session: SessionId, now: i64) {
        self.put(REVOKE, &Signal::revoke(session, now)).await.unwrap();
    }

    fn answer(&self) -> Result<(), StoreError> {
        if self.is_away.load(Ordering::SeqCst) { Err(StoreError("nobody answers".into())) } else { Ok(()) }
    }
}

#[async_trait]
impl SignalStore for MemoryStore {
    async fn put(&self, stream: &'static str, signal: &Signal) -> Result<(), StoreError> {
        self.answer()?;
        self.items.lock().unwrap().insert((stream, signal.position.clone()), signal.clone());
        Ok(())
    }

    async fn after(&self, stream: &'static str, position: &str) -> Result<Page, StoreError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.answer()?;
        let items = self.items.lock().unwrap();
        let mut later = items
            .iter()
            .filter(|((of, at), _)| *of == stream && at.as_str() > position)
            .map(|(_, signal)| signal.clone());
        let signals: Vec<Signal> = later.by_ref().take(PAGE).collect();
        let next = later.next().and(signals.last()).map(|last| last.position.clone());
        Ok(Page { signals, next })
    }
}
