//! The sessions that are over before their access tokens are, as this process knows them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use async_trait::async_trait;
use cartwright_runtime::metrics::{self, GaugeVec};
use cartwright_runtime::{BoxError, Work, chain};
use cartwright_types::{SessionId, SharedClock};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::outage::{Change, Outage};
use super::{LIFE, Pace, REVOKE, SignalStore, StoreError, position};

/// Between two readings of a function, in milliseconds.
const DUE: i64 = 2000;
/// What was read last is read again so far back, in milliseconds: the writers' clocks differ, and a write takes its time.
const OVERLAP: i64 = 10_000;
/// Nothing new for so long, in milliseconds: reading begins this far back, not at the last signal, which would be read
/// again every time until the table forgets it.
const QUIET: i64 = 50_000;

static STALE: LazyLock<GaugeVec> = LazyLock::new(|| {
    metrics::gauge("revocation_stale", "1 when revoked sessions could not be read for more than 10 s", &[])
});

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// [`Poll`], beside the requests.
    Beside,
    /// Each request with a token whose process has not read lately: on Lambda nothing runs between them.
    BeforeUse,
}

/// The sessions that are over.
pub struct Revocations {
    store: Arc<dyn SignalStore>,
    clock: SharedClock,
    reading: Reading,
    /// Whether there are any. Mostly there are none, and then nothing else is looked at.
    any: AtomicBool,
    /// Until which second each matters. A new map is put here whole, so that nobody waits while it is made.
    sessions: RwLock<HashMap<SessionId, i64>>,
    progress: Mutex<Progress>,
}

/// How far the stream is read. Times are milliseconds of the epoch.
#[derive(Default)]
struct Progress {
    /// Where the next reading begins; None before the first that worked.
    from: Option<i64>,
    /// When a reading was last begun.
    tried: Option<i64>,
    outage: Outage,
}

/// What a reading found.
struct News {
    sessions: HashMap<SessionId, i64>,
    /// When the newest of it was written.
    newest: i64,
}

impl Revocations {
    /// Knows nothing yet. Makes no call.
    #[must_use]
    pub fn new(store: Arc<dyn SignalStore>, clock: SharedClock, reading: Reading) -> Self {
        tell_stale(false);
        Self {
            store,
            clock,
            reading,
            any: AtomicBool::new(false),
            sessions: RwLock::default(),
            progress: Mutex::default(),
        }
    }

    /// Whether `session` is over, as far as is known here.
    #[must_use]
    pub fn contains(&self, session: SessionId) -> bool {
        self.any.load(Ordering::Acquire)
            && self.sessions.read().unwrap_or_else(PoisonError::into_inner).contains_key(&session)
    }

    /// How many sessions are known to be over.
    #[must_use]
    pub fn count(&self) -> usize {
        self.sessions.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Reads what is new if nobody else does and the last reading is 2 s old. Tokens keep working when that fails.
    pub async fn refresh(&self) {
        if self.reading == Reading::BeforeUse {
            let mut progress = self.progress.lock().await;
            let now = self.now();
            // A clock that was set back says nothing about how long ago it was.
            if progress.tried.is_none_or(|tried| !(tried..tried + DUE).contains(&now)) {
                self.read_on(&mut progress).await;
            }
        }
    }

    /// Reads what is new. What fails is tried again by the next reading.
    pub async fn read(&self) {
        self.read_on(&mut *self.progress.lock().await).await;
    }

    async fn read_on(&self, progress: &mut Progress) {
        let started = self.now();
        progress.tried = Some(started);
        let from = progress.from.unwrap_or(started - LIFE * 1000 - OVERLAP);
        let mut news = News { sessions: HashMap::new(), newest: i64::MIN };
        let outcome = self.pages(from, &mut news).await;
        self.take(news.sessions);
        match outcome {
            Ok(()) => {
                // A writer whose clock is ahead must not make us pass over the others.
                progress.from = Some(news.newest.clamp(started - QUIET, started) - OVERLAP);
                if progress.outage.worked() == Some(Change::Ended) {
                    tell_stale(false);
                    tracing::info!("revoked sessions can be read again");
                }
            }
            Err(error) => {
                if progress.outage.failed(started, self.now()) == Some(Change::Began) {
                    tell_stale(true);
                    let error = chain(&error);
                    tracing::warn!(error, "revoked sessions cannot be read; their tokens keep working");
                }
            }
        }
    }

    async fn pages(&self, from: i64, news: &mut News) -> Result<(), StoreError> {
        let mut after = position(from);
        loop {
            let page = self.store.after(REVOKE, &after).await?;
            for signal in &page.signals {
                if let (Some(session), Some(written)) = (signal.session(), signal.written()) {
                    news.sessions.insert(session, signal.expires_at);
                    news.newest = news.newest.max(written);
                }
            }
            match page.next {
                Some(next) => after = next,
                None => return Ok(()),
            }
        }
    }

    /// Adds what is new and forgets what does not matter any more.
    fn take(&self, news: HashMap<SessionId, i64>) {
        let now = self.now().div_euclid(1000);
        let known = self.sessions.read().unwrap_or_else(PoisonError::into_inner);
        let is_new = |(session, expires): (&SessionId, &i64)| *expires > now && !known.contains_key(session);
        if !news.iter().any(is_new) && known.values().all(|expires| *expires > now) {
            return;
        }
        let mut next = known.clone();
        drop(known);
        for (session, expires) in news {
            // The first signal is enough: whatever the session had was signed before it.
            next.entry(session).or_insert(expires);
        }
        next.retain(|_, expires| *expires > now);
        let any = !next.is_empty();
        let before =
            std::mem::replace(&mut *self.sessions.write().unwrap_or_else(PoisonError::into_inner), next);
        self.any.store(any, Ordering::Release);
        drop(before);
    }

    fn now(&self) -> i64 {
        self.clock.now().timestamp_millis()
    }
}

fn tell_stale(stale: bool) {
    STALE.with_label_values::<&str>(&[]).set(if stale { 1.0 } else { 0.0 });
}

/// Reads every 2 s or when told that there is something new, in a container.
pub struct Poll {
    /// What it reads into.
    pub revocations: Arc<Revocations>,
    /// How often.
    pub pace: Pace,
}

#[async_trait]
impl Work for Poll {
    fn name(&self) -> &'static str {
        "revocations"
    }

    async fn run(&self, stop: CancellationToken) {
        let turn = async || {
            self.revocations.read().await;
            self.pace.wait().await;
        };
        while stop.run_until_cancelled(turn()).await.is_some() {}
    }

    /// Whoever needs them reads them: [`Reading::BeforeUse`].
    async fn once(&self) -> Result<(), BoxError> {
        Ok(())
    }
}
