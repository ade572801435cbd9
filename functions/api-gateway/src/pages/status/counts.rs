//! Requests by how long they took and how they ended, and what that says of most of them.

use cartwright_runtime::metrics::{SECONDS, Series};

/// What was counted of some requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// By bucket of [`SECONDS`]; the last is of what is above all bounds.
    pub buckets: [u64; SECONDS.len() + 1],
    /// By class of status: 1xx to 5xx.
    pub classes: [u64; 5],
}

impl Counts {
    /// Adds a series of the histogram of requests.
    pub fn add(&mut self, series: &Series) {
        for (count, more) in self.buckets.iter_mut().zip(series.counts) {
            *count += more;
        }
        let class = series.labels.get("status").and_then(|status| status.chars().next()?.to_digit(10));
        let class = class.and_then(|class| usize::try_from(class.checked_sub(1)?).ok());
        if let Some(count) = class.and_then(|class| self.classes.get_mut(class)) {
            *count += series.counts.iter().sum::<u64>();
        }
    }

    /// What was added to `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut more = *self;
        for (count, before) in more.buckets.iter_mut().zip(earlier.buckets) {
            *count = count.saturating_sub(before);
        }
        for (count, before) in more.classes.iter_mut().zip(earlier.classes) {
            *count = count.saturating_sub(before);
        }
        more
    }

    /// How many requests.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// So many milliseconds the given share of the requests took at most, as far as buckets can tell: within one they are taken
    /// to be spread evenly. What is above all bounds is told as the last bound. None without requests.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "nobody has counted to 2^52")]
    pub fn percentile(&self, share: f64) -> Option<f64> {
        let total = self.total();
        if total == 0 {
            return None;
        }
        let rank = share * total as f64;
        let (mut below, mut lower) = (0, 0.0);
        for (count, upper) in self.buckets.into_iter().zip(SECONDS) {
            if count > 0 && (below + count) as f64 >= rank {
                let seconds = lower + (upper - lower) * (rank - below as f64) / count as f64;
                return Some(rounded(seconds * 1e3));
            }
            (below, lower) = (below + count, upper);
        }
        Some(rounded(lower * 1e3))
    }
}

/// To the hundredth.
fn rounded(milliseconds: f64) -> f64 {
    (milliseconds * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// So many requests in the bucket of each bound; 0 is for what is above all.
    fn counts(buckets: &[(f64, u64)]) -> Counts {
        let mut counts = Counts::default();
        for (bound, count) in buckets {
            let at = SECONDS.iter().position(|known| known.total_cmp(bound).is_eq()).unwrap_or(SECONDS.len());
            counts.buckets[at] = *count;
        }
        counts
    }

    #[test]
    fn a_percentile_lies_in_its_bucket_in_proportion() {
        // Ten between 5 and 10 ms: half of them up to the middle.
        let even = counts(&[(0.01, 10)]);
        assert_eq!(even.percentile(0.5), Some(7.5));
        assert_eq!(even.percentile(1.0), Some(10.0));
        let mixed = counts(&[(0.001, 90), (0.1, 8), (1.0, 2)]);
        // The 50th of 90 between 0.5 and 1 ms; the 95th is the 5th of 8 between 50 and 100 ms.
        assert_eq!(mixed.percentile(0.5), Some(0.78));
        assert_eq!(mixed.percentile(0.95), Some(81.25));
        assert_eq!(mixed.percentile(0.99), Some(750.0));
    }

    #[test]
    fn percentiles_only_grow_and_empty_buckets_are_none() {
        let mixed = counts(&[(0.0005, 3), (0.05, 1), (10.0, 1), (0.0, 1)]);
        let all: Vec<f64> =
            (1..=100).map(|percent| mixed.percentile(f64::from(percent) / 100.0).unwrap()).collect();
        assert!(all.is_sorted(), "{all:?}");
        assert!(all.iter().all(|took| !(50.0 < *took && *took < 2500.0)), "{all:?}");
    }

    #[test]
    fn without_requests_there_is_no_percentile_and_beyond_the_last_bound_it_is_that() {
        assert_eq!(Counts::default().percentile(0.5), None);
        assert_eq!(counts(&[(0.0, 4)]).percentile(0.5), Some(60_000.0));
    }

    #[test]
    fn requests_are_added_by_class_and_what_came_later_is_told_apart() {
        let series = |status: &str, count| {
            let mut counts = [0; SECONDS.len() + 1];
            counts[3] = count;
            Series { labels: BTreeMap::from([("status".to_owned(), status.to_owned())]), counts }
        };
        let mut earlier = Counts::default();
        for (status, count) in [("200", 5), ("201", 1), ("404", 2), ("503", 1), ("999", 1)] {
            earlier.add(&series(status, count));
        }
        assert_eq!((earlier.classes, earlier.total()), ([0, 6, 0, 2, 1], 10));
        let mut now = earlier;
        now.add(&series("500", 3));
        let more = now.since(&earlier);
        assert_eq!((more.classes, more.total()), ([0, 0, 0, 0, 3], 3));
        assert_eq!(earlier.since(&now), Counts::default());
    }
}
