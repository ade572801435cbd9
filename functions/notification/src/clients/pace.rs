//! How fast an account may send: a token bucket that everybody in the process draws from.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::SendError;
use crate::domain::Kind;

/// Until the account has said: what SES gives a new one.
const FIRST_RATE: f64 = 1.0;
/// The account is asked again after this long; a rate grows as its reputation does.
const KNOWN_FOR: Duration = Duration::from_mins(5);
/// And after this long when it did not answer.
const UNKNOWN_FOR: Duration = Duration::from_secs(5);
/// Who would wait longer gives the message back to its queue.
const PATIENCE: Duration = Duration::from_secs(5);
/// What may be sent at once after a silence: one second's worth.
const BURST: Duration = Duration::from_secs(1);
/// Of the rate, at most this part is for marketing.
const MARKETING_SHARE: f64 = 0.5;

/// The bucket.
#[derive(Debug, Default)]
pub struct Pace {
    state: Mutex<State>,
    /// Held by whoever asks while nothing is known: the others have nothing to go by yet.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    rate: Option<f64>,
    ask_at: Option<Instant>,
    all: Bucket,
    marketing: Bucket,
}

/// A generic cell rate: when the next one would be due if all came evenly.
#[derive(Debug, Default)]
struct Bucket(Option<Instant>);

impl Bucket {
    /// How long to wait before the next may go.
    fn wait(&self, now: Instant) -> Duration {
        self.0.map_or(Duration::ZERO, |due| due.saturating_duration_since(now))
    }

    fn take(&mut self, now: Instant, rate: f64) {
        let earliest = now.checked_sub(BURST).unwrap_or(now);
        let due = self.0.map_or(earliest, |due| due.max(earliest));
        self.0 = Some(due + Duration::from_secs_f64(1.0 / rate.max(0.01)));
    }
}

impl Pace {
    /// Waits until it is this message's turn. `allowed` says how many a second may be sent, when it is time to ask.
    ///
    /// # Errors
    /// The turn is too far off.
    pub async fn keep<F>(&self, kind: Kind, allowed: impl FnOnce() -> F + Send) -> Result<(), SendError>
    where
        F: Future<Output = Option<f64>> + Send,
    {
        let first = if self.lock().rate.is_none() { Some(self.asking.lock().await) } else { None };
        if self.is_time_to_ask(Instant::now()) {
            self.learn(allowed().await, Instant::now());
        }
        drop(first);
        let wait = self.reserve(kind, Instant::now())?;
        tokio::time::sleep(wait).await;
        Ok(())
    }

    /// Nothing goes for a second: the provider says that it is too much, whatever the account may.
    pub fn slow_down(&self, now: Instant) {
        let mut state = self.lock();
        let due = state.all.0.map_or(now, |due| due.max(now));
        state.all.0 = Some(due + Duration::from_secs(1));
    }

    /// True for one of all who ask at once; the others go by what is known.
    fn is_time_to_ask(&self, now: Instant) -> bool {
        let mut state = self.lock();
        let due = state.ask_at.is_none_or(|at| at <= now);
        if due {
            state.ask_at = Some(now + KNOWN_FOR);
        }
        due
    }

    /// What the account has said; if it did not answer, nothing new, and it is asked again soon.
    fn learn(&self, rate: Option<f64>, now: Instant) {
        let mut state = self.lock();
        match rate.filter(|rate| *rate > 0.0) {
            Some(rate) => state.rate = Some(rate),
            None => state.ask_at = Some(now + UNKNOWN_FOR),
        }
    }

    fn reserve(&self, kind: Kind, now: Instant) -> Result<Duration, SendError> {
        let mut state = self.lock();
        let rate = state.rate.unwrap_or(FIRST_RATE);
        let is_marketing = kind == Kind::Marketing;
        let mut wait = state.all.wait(now);
        if is_marketing {
            wait = wait.max(state.marketing.wait(now));
        }
        if wait > PATIENCE {
            return Err(SendError::Throttled("OwnRate".to_owned()));
        }
        state.all.take(now, rate);
        if is_marketing {
            state.marketing.take(now, rate * MARKETING_SHARE);
        }
        Ok(wait)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many go in a minute when somebody always has one more, at ten a second.
    fn in_a_minute(kind: Kind) -> usize {
        let pace = Pace::default();
        pace.learn(Some(10.0), Instant::now());
        let started = Instant::now();
        let (mut now, mut sent) = (started, 0);
        while now < started + Duration::from_mins(1) {
            now += pace.reserve(kind, now).unwrap();
            sent += 1;
        }
        sent
    }

    #[test]
    fn the_accounts_rate_is_kept_after_a_first_burst_of_a_second() {
        let sent = in_a_minute(Kind::Transactional);
        assert!((600..=612).contains(&sent), "{sent}");
    }

    #[test]
    fn marketing_leaves_half_of_the_rate_to_others() {
        let sent = in_a_minute(Kind::Marketing);
        assert!((300..=307).contains(&sent), "{sent}");
    }

    #[test]
    fn who_would_wait_too_long_is_sent_back() {
        let (pace, now) = (Pace::default(), Instant::now());
        let taken = (0..100).filter(|_| pace.reserve(Kind::Transactional, now).is_ok()).count();
        // One second's worth at once and five more within the patience, at one a second.
        assert_eq!(taken, 7);
        let error = pace.reserve(Kind::Transactional, now).unwrap_err();
        assert_eq!(error, SendError::Throttled("OwnRate".to_owned()));
    }

    #[test]
    fn the_account_is_asked_once_in_a_while_and_no_answer_changes_nothing() {
        let (pace, now) = (Pace::default(), Instant::now());
        let asked = (0..660).filter(|second| pace.is_time_to_ask(now + Duration::from_secs(*second))).count();
        assert_eq!(asked, 3);
        for said in [Some(100.0), None, Some(0.0)] {
            pace.learn(said, now);
            assert_eq!(pace.lock().rate, Some(100.0));
        }
        // Who did not answer is asked again in a moment, not in five minutes.
        assert!(!pace.is_time_to_ask(now + Duration::from_secs(4)));
        assert!(pace.is_time_to_ask(now + Duration::from_secs(5)));
    }

    #[test]
    fn a_provider_that_says_too_many_is_left_alone_for_a_second() {
        let (pace, now) = (Pace::default(), Instant::now());
        pace.learn(Some(1_000.0), now);
        pace.slow_down(now);
        assert_eq!(pace.reserve(Kind::Transactional, now).unwrap(), Duration::from_secs(1));
    }
}
