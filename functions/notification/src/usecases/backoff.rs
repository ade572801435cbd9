//! How long a message waits that could not be sent: exponential backoff with full jitter, so that what failed together does
//! not come back together.

use std::time::Duration;

use cartwright_types::random;

/// With five deliveries the bounds are 8 s, 48 s, 5 min and 15 min: a provider may be away for ten minutes on average.
pub const BASE: Duration = Duration::from_secs(8);
const FACTOR: u32 = 6;
const LONGEST: Duration = Duration::from_mins(15);

/// The pauses.
#[derive(Debug, Clone, Copy)]
pub struct Backoff(Duration);

/// Which delivery of a message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    /// 1 at the first.
    pub count: u32,
    /// The last, after which the message goes to the dead-letter queue.
    pub most: u32,
}

impl Tries {
    /// Whether nobody tries again by himself.
    #[must_use]
    pub const fn is_last(self) -> bool {
        self.count >= self.most
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self(BASE)
    }
}

impl Backoff {
    /// Pauses that begin at this bound.
    #[must_use]
    pub const fn new(base: Duration) -> Self {
        Self(base)
    }

    /// The longest that a message waits after its `count`th delivery.
    #[must_use]
    pub fn bound(self, count: u32) -> Duration {
        let factor = FACTOR.saturating_pow(count.saturating_sub(1).min(8));
        self.0.saturating_mul(factor).min(LONGEST)
    }

    /// A pause: anything up to the bound.
    #[must_use]
    pub fn pause(self, count: u32) -> Duration {
        jitter(self.bound(count))
    }

    /// A pause after which somebody may be asked again who cannot be before `at_least`: by then, not all at once.
    #[must_use]
    pub fn after(self, at_least: Duration, count: u32) -> Duration {
        at_least + self.pause(count)
    }
}

fn jitter(bound: Duration) -> Duration {
    let milliseconds = u64::try_from(bound.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(random::below(milliseconds.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_grow_up_to_the_longest() {
        let backoff = Backoff::default();
        let bounds = [0, 1, 2, 3, 4, 5, u32::MAX].map(|count| backoff.bound(count).as_secs());
        assert_eq!(bounds, [8, 8, 48, 288, 900, 900, 900]);
    }

    #[test]
    fn pauses_are_spread_over_all_of_the_time_up_to_the_bound() {
        let backoff = Backoff::default();
        let pauses: Vec<f64> = (0..2_000).map(|_| backoff.pause(2).as_secs_f64()).collect();
        let mean = pauses.iter().sum::<f64>() / 2_000.0;
        assert!(pauses.iter().all(|pause| (0.0..=48.0).contains(pause)));
        // The mean of 2,000 even draws is within 2 s of 24 s but for one run in a billion.
        assert!((22.0..=26.0).contains(&mean), "{mean}");
        assert!(pauses.iter().any(|pause| *pause < 5.0) && pauses.iter().any(|pause| *pause > 43.0));
    }

    #[test]
    fn the_last_delivery_is_the_one_that_the_queue_counts_to() {
        let last: Vec<bool> = (1..=6).map(|count| Tries { count, most: 5 }.is_last()).collect();
        assert_eq!(last, [false, false, false, false, true, true]);
    }
}
