//! One address of a service, and how it has done lately.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use http::HeaderValue;
use http::uri::Authority;
use tokio::time::Instant;

use super::pool::Pool;
use super::replicas::{HTTP, literal};

/// Requests in a row that were taken and not answered, after which an address is passed over.
const FAILURES: u32 = 3;
/// For how long it is passed over the first time; each further time twice as long.
const FIRST_EJECTION: Duration = Duration::from_secs(1);
/// At most so many times twice as long: 32 s.
const DOUBLINGS: u32 = 5;

/// How a request to an address failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It took no connection: nobody is there.
    Refused,
    /// It took the request and broke off, or did not answer in time.
    Unanswered,
}

/// An address. Counts are kept without a lock: what two requests see of each other may be a moment old.
#[derive(Debug)]
pub struct Replica {
    address: Authority,
    host: HeaderValue,
    pool: Pool,
    since: Instant,
    in_flight: AtomicUsize,
    failures: AtomicU32,
    ejections: AtomicU32,
    /// Milliseconds after `since`; 0 when it is not passed over.
    out_until: AtomicU64,
    /// It is passed over because nobody was there, so that a connection is proof of the contrary.
    was_refused: AtomicBool,
    /// What it says of itself; an address that was never asked is taken at its word.
    is_ready: AtomicBool,
}

impl Replica {
    /// At `address`, called `host`.
    #[must_use]
    pub fn new(address: Authority, host: HeaderValue) -> Self {
        let pool = Pool::to(socket(&address));
        Self {
            address,
            host,
            pool,
            since: Instant::now(),
            in_flight: AtomicUsize::new(0),
            failures: AtomicU32::new(0),
            ejections: AtomicU32::new(0),
            out_until: AtomicU64::new(0),
            was_refused: AtomicBool::new(false),
            is_ready: AtomicBool::new(true),
        }
    }

    /// Where connections are made to.
    #[must_use]
    pub const fn address(&self) -> &Authority {
        &self.address
    }

    /// The connections there.
    #[must_use]
    pub const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The `Host` of requests: the name that the address was found under.
    #[must_use]
    pub const fn host(&self) -> &HeaderValue {
        &self.host
    }

    /// Requests that it has not finished answering.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Whether it should be asked at all.
    #[must_use]
    pub fn is_in(&self) -> bool {
        self.is_ready.load(Ordering::Relaxed) && !self.is_ejected()
    }

    /// Whether it said of itself that it is ready, when it was asked last.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.is_ready.load(Ordering::Relaxed)
    }

    /// How long it is passed over yet.
    #[must_use]
    pub fn ejected_for(&self) -> Option<Duration> {
        let left = self.out_until.load(Ordering::Relaxed).saturating_sub(self.now());
        (left > 0).then(|| Duration::from_millis(left))
    }

    fn is_ejected(&self) -> bool {
        let until = self.out_until.load(Ordering::Relaxed);
        until != 0 && self.now() < until
    }

    /// It answered.
    pub fn answered(&self) {
        // Mostly there is nothing to forget, and nothing is written that another core has to hear of.
        if self.failures.load(Ordering::Relaxed) != 0 || self.ejections.load(Ordering::Relaxed) != 0 {
            self.forgive();
        }
    }

    /// It did not.
    pub fn failed(&self, failure: Failure) {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        if failure == Failure::Refused || failures >= FAILURES {
            self.eject(failure);
        }
    }

    /// It was asked whether it is ready; None when it took no connection.
    pub fn probed(&self, ready: Option<bool>) {
        let Some(ready) = ready else {
            self.failed(Failure::Refused);
            return;
        };
        if self.is_ready.swap(ready, Ordering::Relaxed) != ready {
            let address = self.address.as_str();
            tracing::info!(address, ready, "an address changed what it says of its readiness");
        }
        if self.was_refused.load(Ordering::Relaxed) {
            self.forgive();
        }
    }

    fn eject(&self, failure: Failure) {
        if self.is_ejected() {
            return;
        }
        let earlier = self.ejections.fetch_add(1, Ordering::Relaxed).min(DOUBLINGS);
        let length = FIRST_EJECTION * (1 << earlier);
        self.out_until.store(self.now() + millis(length), Ordering::Relaxed);
        self.was_refused.store(failure == Failure::Refused, Ordering::Relaxed);
        // When it is asked again, one failure is enough.
        self.failures.store(FAILURES - 1, Ordering::Relaxed);
        let (address, seconds) = (self.address.as_str(), length.as_secs());
        tracing::warn!(address, ?failure, seconds, "an address is passed over for a while");
    }

    fn forgive(&self) {
        self.failures.store(0, Ordering::Relaxed);
        self.ejections.store(0, Ordering::Relaxed);
        self.was_refused.store(false, Ordering::Relaxed);
        if self.out_until.swap(0, Ordering::Relaxed) != 0 {
            tracing::info!(address = self.address.as_str(), "an address answers again");
        }
    }

    fn now(&self) -> u64 {
        millis(self.since.elapsed())
    }

    pub(super) fn enter(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn leave(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A name has been looked up before; what is none is nowhere.
fn socket(address: &Authority) -> Option<SocketAddr> {
    Some(SocketAddr::new(literal(address)?, address.port_u16().unwrap_or(HTTP)))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replica() -> Replica {
        Replica::new(Authority::from_static("127.0.0.1:1"), HeaderValue::from_static("127.0.0.1:1"))
    }

    async fn pass(seconds: f64) {
        tokio::time::advance(Duration::from_secs_f64(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_takes_no_connection_is_out_at_once_and_each_time_for_longer() {
        let replica = replica();
        for length in [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 32.0] {
            replica.failed(Failure::Refused);
            assert!(!replica.is_in());
            assert_eq!(replica.ejected_for(), Some(Duration::from_secs_f64(length)));
            pass(length - 0.01).await;
            assert!(!replica.is_in(), "{length}");
            pass(0.02).await;
            assert!(replica.is_in(), "{length}");
            assert_eq!(replica.ejected_for(), None);
        }
        replica.answered();
        replica.failed(Failure::Refused);
        pass(1.01).await;
        assert!(replica.is_in());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_does_not_answer_is_out_after_three_in_a_row() {
        let replica = replica();
        for _ in 0..5 {
            replica.failed(Failure::Unanswered);
            replica.failed(Failure::Unanswered);
            replica.answered();
        }
        assert!(replica.is_in());
        for _ in 0..3 {
            replica.failed(Failure::Unanswered);
        }
        assert!(!replica.is_in());
        pass(1.01).await;
        assert!(replica.is_in());
        replica.failed(Failure::Unanswered);
        assert!(!replica.is_in(), "on trial, one failure is enough");
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_brings_back_one_that_was_away_and_not_one_that_does_not_answer() {
        let (away, silent) = (replica(), replica());
        away.failed(Failure::Refused);
        (0..3).for_each(|_| silent.failed(Failure::Unanswered));
        for replica in [&away, &silent] {
            assert!(!replica.is_in());
            replica.probed(Some(true));
        }
        assert!(away.is_in() && !silent.is_in());
        away.probed(Some(false));
        assert!(!away.is_in());
        away.probed(Some(true));
        assert!(away.is_in());
        away.probed(None);
        assert!(!away.is_in());
    }
}
