//! Time as a dependency, so that a test can set it.

use std::fmt::Debug;
use std::sync::Arc;

use chrono::{DateTime, SubsecRound as _, Utc};

/// Where "now" comes from.
pub trait Clock: Debug + Send + Sync {
    /// The present instant in UTC, to the microsecond: what PostgreSQL stores and RFC 3339 answers show.
    fn now(&self) -> DateTime<Utc>;
}

/// A clock handed down from `main`.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

impl SystemClock {
    /// The system clock, ready to be handed down.
    #[must_use]
    pub fn shared() -> SharedClock {
        Arc::new(Self)
    }
}
