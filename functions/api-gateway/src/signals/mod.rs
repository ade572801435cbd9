//! What the replicas of the gateway tell each other. A queue's message reaches one of them; it writes what it heard into
//! the table `edge-signals`, and every replica reads what is new there: every 2 s, and where there is Redis, as soon as it is
//! told so.

mod announced;
mod changes;
mod outage;
mod pace;
mod revocations;
mod table;

use async_trait::async_trait;
use cartwright_runtime::BoxError;
use cartwright_types::SessionId;
use thiserror::Error;
use uuid::Uuid;

pub use announced::{Announced, CHANNEL, listener};
pub use changes::Changes;
pub use pace::Pace;
pub use revocations::{Poll, Reading, Revocations};
pub use table::EdgeSignals;

/// The table's logical name.
pub const TABLE: &str = "edge-signals";
/// The stream of sessions that are over.
pub const REVOKE: &str = "revoke";
/// The stream of changes to what is kept.
pub const CACHE: &str = "cache";

/// How long a signal about a session counts, in seconds: an access token lives for 15 minutes, and clocks differ.
const LIFE: i64 = 15 * 60 + 60;

/// How long a signal about a change counts, in seconds: nothing is kept for longer.
const CHANGE_LIFE: i64 = 60;

/// One thing that every replica is to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// Its place in its stream: when it was written, and what makes it unique.
    pub position: String,
    /// `revoke:<session>` or `cache:catalogue`
    pub signal: String,
    /// The second of the epoch from which on it does not matter any more.
    pub expires_at: i64,
}

/// What is in a stream after a position, as far as one answer goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// In the order of their positions.
    pub signals: Vec<Signal>,
    /// The position to go on after, if there is more.
    pub next: Option<String>,
}

/// The store could not be written or read.
#[derive(Debug, Error)]
#[error("the store of edge signals is not available")]
pub struct StoreError(#[source] pub BoxError);

/// Where signals are kept.
#[async_trait]
pub trait SignalStore: Send + Sync + 'static {
    /// Adds a signal to a stream; one at the same position is replaced.
    ///
    /// # Errors
    /// The store does not answer in time, or refuses.
    async fn put(&self, stream: &'static str, signal: &Signal) -> Result<(), StoreError>;

    /// What comes after `position` in a stream, everything included that was written before.
    ///
    /// # Errors
    /// The store does not answer in time, or refuses.
    async fn after(&self, stream: &'static str, position: &str) -> Result<Page, StoreError>;
}

impl Signal {
    /// That `session` is over, written at `now` (milliseconds of the epoch).
    #[must_use]
    pub fn revoke(session: SessionId, now: i64) -> Self {
        Self {
            position: format!("{}#{session}", position(now)),
            signal: format!("{REVOKE}:{session}"),
            expires_at: now.div_euclid(1000) + LIFE,
        }
    }

    /// That the catalogue was changed, as event `event` tells, written at `now` (milliseconds of the epoch).
    #[must_use]
    pub fn changed(event: Uuid, now: i64) -> Self {
        Self {
            position: format!("{}#{event}", position(now)),
            signal: format!("{CACHE}:catalogue"),
            expires_at: now.div_euclid(1000) + CHANGE_LIFE,
        }
    }

    /// The session that is over.
    fn session(&self) -> Option<SessionId> {
        self.signal.strip_prefix(REVOKE)?.strip_prefix(':')?.parse().ok()
    }

    /// When it was written, by the writer's clock: milliseconds of the epoch.
    fn written(&self) -> Option<i64> {
        self.position.split('#').next()?.parse().ok()
    }
}

/// Before every position of that millisecond and after every earlier one: digits of one width sort as numbers do.
fn position(milliseconds: i64) -> String {
    format!("{:015}", milliseconds.max(0))
}

#[cfg(test)]
mod tests {
    use cartwright_types::SystemClock;

    use super::*;

    #[test]
    fn a_signal_says_who_and_when_and_sorts_by_time() {
        let session = SessionId::new(&SystemClock);
        let signal = Signal::revoke(session, 1_793_620_800_123);
        assert_eq!(signal.position, format!("001793620800123#{session}"));
        assert_eq!(signal.signal, format!("revoke:{session}"));
        assert_eq!(signal.expires_at, 1_793_620_800 + 960);
        assert_eq!((signal.session(), signal.written()), (Some(session), Some(1_793_620_800_123)));
        let earlier = Signal::revoke(session, 999_999_999_999);
        assert!(earlier.position < signal.position);
        assert!(
            position(1_793_620_800_123) < signal.position && signal.position < position(1_793_620_800_124)
        );
    }

    #[test]
    fn what_is_no_session_is_none() {
        for text in ["cache:products", "revoke", "revoke:", "revoke:x", ""] {
            let signal = Signal { position: String::new(), signal: text.to_owned(), expires_at: 0 };
            assert_eq!((signal.session(), signal.written()), (None, None), "{text}");
        }
    }
}
