//! A clock that stands still until it is told otherwise.

use std::sync::{Arc, Mutex, PoisonError};

use cartwright_types::Clock;
use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};

/// Starts at 2026-11-02 12:00 UTC.
#[derive(Debug)]
pub struct FakeClock(Mutex<DateTime<Utc>>);

impl FakeClock {
    /// A clock at its start.
    ///
    /// # Panics
    /// Never: the instant exists.
    #[must_use]
    pub fn new() -> Arc<Self> {
        let start = Utc.with_ymd_and_hms(2026, 11, 2, 12, 0, 0).single().expect("the instant exists");
        Arc::new(Self(Mutex::new(start)))
    }

    /// Lets `seconds` pass.
    pub fn advance(&self, seconds: i64) {
        self.pass(TimeDelta::seconds(seconds));
    }

    /// Lets some time pass.
    pub fn pass(&self, time: TimeDelta) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now += time;
    }
}

impl Clock for FakeClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
