//! How many requests may be sent once more: a service that breaks off must not be asked twice as often for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// Retries per request.
const SHARE: f64 = 0.2;
/// Retries per second, however few the requests are.
const PER_SECOND: f64 = 10.0;
/// Retries that can be saved up.
const MOST: f64 = 100.0;

/// A budget. Requests only count; the rest is reckoned when a retry is wanted.
#[derive(Debug)]
pub struct RetryBudget {
    requests: AtomicU64,
    account: Mutex<Account>,
}

#[derive(Debug)]
struct Account {
    retries: f64,
    /// Up to when, and to which request, it is reckoned.
    at: Instant,
    requests: u64,
}

impl RetryBudget {
    /// One that is full.
    #[must_use]
    pub fn new() -> Self {
        let account = Account { retries: MOST, at: Instant::now(), requests: 0 };
        Self { requests: AtomicU64::new(0), account: Mutex::new(account) }
    }

    /// A request was sent for the first time.
    pub fn earn(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether a request may be sent once more.
    #[must_use]
    pub fn spend(&self) -> bool {
        let mut account = self.account.lock().unwrap_or_else(PoisonError::into_inner);
        let (now, requests) = (Instant::now(), self.requests.load(Ordering::Relaxed));
        let by_time = now.duration_since(account.at).as_secs_f64() * PER_SECOND;
        #[expect(clippy::cast_precision_loss, reason = "so many requests do not come between two retries")]
        let by_requests = requests.wrapping_sub(account.requests) as f64 * SHARE;
        let retries = (account.retries + by_time + by_requests).min(MOST);
        let allowed = retries >= 1.0;
        *account = Account { retries: if allowed { retries - 1.0 } else { retries }, at: now, requests };
        allowed
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn spent(budget: &RetryBudget) -> usize {
        (0..1000).filter(|_| budget.spend()).count()
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_saved_is_spent_and_grows_with_requests_and_time() {
        let budget = RetryBudget::new();
        assert_eq!(spent(&budget), 100);
        (0..50).for_each(|_| budget.earn());
        assert_eq!(spent(&budget), 10);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(spent(&budget), 20);
        tokio::time::advance(Duration::from_mins(10)).await;
        assert_eq!(spent(&budget), 100);
    }
}
