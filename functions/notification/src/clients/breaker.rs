//! A circuit breaker: a provider that is away is not asked by everybody all the time.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::SendError;

/// Failures one after another that open the circuit; at a third of all failing, this many in a row are one chance in
/// fifteen thousand.
const FAILURES: u32 = 8;
/// How long it is open at first. Each failed trial doubles it.
const OPEN: Duration = Duration::from_secs(10);
/// The longest.
const LONGEST: Duration = Duration::from_mins(2);

/// One provider's.
#[derive(Debug, Default)]
pub struct Breaker(Mutex<State>);

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

/// Under what a call was let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// The circuit is closed.
    Closed,
    /// It is open, and this call finds out whether it may close.
    Trial,
}

impl Breaker {
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

    /// How long the circuit is open yet.
    #[must_use]
    pub fn open_for(&self, now: Instant) -> Option<Duration> {
        let left = self.lock().open?.until.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }

    /// Remembers how a call went. A provider that refuses a message, or takes no more for now, is well.
    pub fn heard<T>(&self, pass: Pass, answer: &Result<T, SendError>, now: Instant) {
        let mut state = self.lock();
        if matches!(answer, Ok(_) | Err(SendError::Permanent(_) | SendError::Throttled(_))) {
            *state = State::default();
            return;
        }
        match (pass, state.open) {
            (Pass::Trial, Some(open)) => {
                let pause = (open.pause * 2).min(LONGEST);
                state.open = Some(Open { until: now + pause, pause });
            }
            (_, None) => {
                state.failures += 1;
                if state.failures >= FAILURES {
                    state.open = Some(Open { until: now + OPEN, pause: OPEN });
                }
            }
            // It was on its way when the circuit opened.
            (Pass::Closed, Some(_)) => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn away() -> Result<(), SendError> {
        Err(SendError::Transient("ConnectionFailed".to_owned()))
    }

    fn opened(now: Instant) -> Breaker {
        let breaker = Breaker::default();
        for _ in 0..FAILURES {
            let pass = breaker.admit(now).unwrap();
            breaker.heard(pass, &away(), now);
        }
        breaker
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_one_call_tries_when_the_pause_is_over() {
        let now = Instant::now();
        let breaker = opened(now);
        assert_eq!(breaker.admit(now), Err(OPEN));
        let later = now + OPEN;
        assert_eq!(breaker.admit(later), Ok(Pass::Trial));
        assert!(breaker.admit(later).is_err());
        breaker.heard(Pass::Trial, &Ok(()), later);
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
            breaker.heard(pass, &away(), now);
        }
        assert_eq!(pauses, [10, 20, 40, 80, 120, 120]);
    }

    #[test]
    fn failures_between_successes_and_refusals_do_not_open_it() {
        let (breaker, now) = (Breaker::default(), Instant::now());
        let well: [Result<(), SendError>; 3] = [
            Ok(()),
            Err(SendError::Permanent("MessageRejected".to_owned())),
            Err(SendError::Throttled("TooManyRequestsException".to_owned())),
        ];
        for answer in well.iter().cycle().take(30) {
            for _ in 1..FAILURES {
                breaker.heard(Pass::Closed, &away(), now);
            }
            breaker.heard(Pass::Closed, answer, now);
            assert_eq!(breaker.admit(now), Ok(Pass::Closed));
        }
    }

    #[test]
    fn calls_that_were_on_their_way_when_it_opened_do_not_keep_it_open_longer() {
        let now = Instant::now();
        let breaker = opened(now);
        for _ in 0..20 {
            breaker.heard(Pass::Closed, &away(), now);
        }
        assert_eq!(breaker.open_for(now), Some(OPEN));
    }
}
