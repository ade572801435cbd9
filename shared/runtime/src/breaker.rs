//! A circuit breaker: who is away, or takes what comes and says nothing, is not asked by everybody all the time.
//!
//! ```
//! use std::time::{Duration, Instant};
//! use cartwright_runtime::breaker::{Breaker, Limits};
//!
//! let limits = Limits { failures: 2, pause: Duration::from_secs(10), longest: Duration::from_mins(2) };
//! let (breaker, now) = (Breaker::new(limits), Instant::now());
//! for _ in 0..2 {
//!     let pass = breaker.admit(now).unwrap();
//!     breaker.heard(pass, false, now);
//! }
//! assert_eq!(breaker.admit(now), Err(Duration::from_secs(10)));
//! ```

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// When a circuit opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Failures one after another that open it.
    pub failures: u32,
    /// How long it is open at first. Each failed trial doubles it.
    pub pause: Duration,
    /// The longest.
    pub longest: Duration,
}

/// One provider's, or one service's.
#[derive(Debug)]
pub struct Breaker {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    open: Option<Open>,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    until: Instant,
    pause: Duration,
}

/// How a circuit is, for who looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Circuit {
    /// Calls go through.
    Closed,
    /// None goes through for so long yet.
    Open(Duration),
    /// The pause is over: the next call finds out whether it may close.
    Trial,
}

/// Under what a call was let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// The circuit is closed.
    Closed,
    /// It is open, and this call finds out whether it may close.
    Trial,
}

impl Breaker {
    /// A closed one.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, state: Mutex::default() }
    }

    /// Lets a call through.
    ///
    /// # Errors
    /// The circuit is open for so long.
    pub fn admit(&self, now: Instant) -> Result<Pass, Duration> {
        let mut state = self.lock();
        match &mut state.open {
            None => Ok(Pass::Closed),
            // One at a time: the next trial, if this one is never heard of, is after another pause.
            Some(open) if open.until <= now => {
                open.until = now + open.pause;
                Ok(Pass::Trial)
            }
            Some(open) => Err(open.until - now),
        }
    }

    /// How it is. Looking at it lets nobody through.
    #[must_use]
    pub fn circuit(&self, now: Instant) -> Circuit {
        let Some(open) = self.lock().open else { return Circuit::Closed };
        match open.until.saturating_duration_since(now) {
            Duration::ZERO => Circuit::Trial,
            left => Circuit::Open(left),
        }
    }

    /// How long the circuit is open yet.
    #[must_use]
    pub fn open_for(&self, now: Instant) -> Option<Duration> {
        match self.circuit(now) {
            Circuit::Open(left) => Some(left),
            Circuit::Closed | Circuit::Trial => None,
        }
    }

    /// Remembers whether a call went well.
    pub fn heard(&self, pass: Pass, well: bool, now: Instant) {
        let mut state = self.lock();
        if well {
            *state = State::default();
            return;
        }
        match (pass, state.open) {
            (Pass::Trial, Some(open)) => {
                let pause = (open.pause * 2).min(self.limits.longest);
                state.open = Some(Open { until: now + pause, pause });
            }
            (_, None) => {
                state.failures += 1;
                if state.failures >= self.limits.failures {
                    let pause = self.limits.pause;
                    state.open = Some(Open { until: now + pause, pause });
                }
            }
            // It was on its way when the circuit opened.
            (Pass::Closed, Some(_)) => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits =
        Limits { failures: 8, pause: Duration::from_secs(10), longest: Duration::from_mins(2) };

    fn opened(now: Instant) -> Breaker {
        let breaker = Breaker::new(LIMITS);
        for _ in 0..LIMITS.failures {
            let pass = breaker.admit(now).unwrap();
            breaker.heard(pass, false, now);
        }
        breaker
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_one_call_tries_when_the_pause_is_over() {
        let now = Instant::now();
        let breaker = opened(now);
        assert_eq!(breaker.admit(now), Err(LIMITS.pause));
        assert_eq!(breaker.circuit(now), Circuit::Open(LIMITS.pause));
        let later = now + LIMITS.pause;
        // Looking is no trial.
        assert_eq!([breaker.circuit(later), breaker.circuit(later)], [Circuit::Trial; 2]);
        assert_eq!(breaker.admit(later), Ok(Pass::Trial));
        assert!(breaker.admit(later).is_err());
        breaker.heard(Pass::Trial, true, later);
        assert_eq!(breaker.circuit(later), Circuit::Closed);
        assert_eq!(breaker.admit(later), Ok(Pass::Closed));
    }

    #[test]
    fn each_failed_trial_doubles_the_pause_up_to_the_longest() {
        let mut now = Instant::now();
        let breaker = opened(now);
        let mut pauses = Vec::new();
        for _ in 0..6 {
            let pause = breaker.open_for(now).unwrap();
            pauses.push(pause.as_secs());
            now += pause;
            assert_eq!(breaker.open_for(now), None);
            let pass = breaker.admit(now).unwrap();
            breaker.heard(pass, false, now);
        }
        assert_eq!(pauses, [10, 20, 40, 80, 120, 120]);
    }

    #[test]
    fn failures_between_successes_do_not_open_it() {
        let (breaker, now) = (Breaker::new(LIMITS), Instant::now());
        for _ in 0..30 {
            for _ in 1..LIMITS.failures {
                breaker.heard(Pass::Closed, false, now);
            }
            breaker.heard(Pass::Closed, true, now);
            assert_eq!(breaker.admit(now), Ok(Pass::Closed));
        }
    }

    #[test]
    fn calls_that_were_on_their_way_when_it_opened_do_not_keep_it_open_longer() {
        let now = Instant::now();
        let breaker = opened(now);
        for _ in 0..20 {
            breaker.heard(Pass::Closed, false, now);
        }
        assert_eq!(breaker.open_for(now), Some(LIMITS.pause));
    }
}
