//! What a histogram has counted, for who shows it without scraping it.

use std::collections::BTreeMap;

use prometheus::core::Collector as _;
use prometheus::proto::MetricFamily;

use super::{HistogramVec, SECONDS};

/// What was observed under one set of labels, since the process began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// The labels by name.
    pub labels: BTreeMap<String, String>,
    /// How many observations fell into each bucket of [`SECONDS`], each bucket by itself; the last count is of what is above
    /// all bounds.
    pub counts: [u64; SECONDS.len() + 1],
}

/// All series of a histogram that [`super::histogram`] made.
#[must_use]
pub fn series(histogram: &HistogramVec) -> Vec<Series> {
    let families = histogram.collect();
    let metrics = families.iter().flat_map(MetricFamily::get_metric);
    metrics
        .map(|metric| {
            let labels = metric.get_label().iter();
            let labels = labels.map(|label| (label.name().to_owned(), label.value().to_owned())).collect();
            let (mut counts, mut below) = ([0; SECONDS.len() + 1], 0);
            let seen = metric.get_histogram();
            for (count, bucket) in counts.iter_mut().zip(seen.get_bucket()) {
                *count = bucket.cumulative_count() - below;
                below = bucket.cumulative_count();
            }
            counts[SECONDS.len()] = seen.get_sample_count().saturating_sub(below);
            Series { labels, counts }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::histogram;
    use super::*;

    #[test]
    fn each_observation_is_in_one_bucket_of_its_series() {
        let seconds = histogram("example_series_seconds", "Read back", &["route"]);
        for took in [0.0001, 0.0005, 0.003, 0.003, 59.0, 61.0] {
            seconds.with_label_values(&["/orders"]).observe(took);
        }
        seconds.with_label_values(&["/cart"]).observe(0.2);
        let mut read = series(&seconds);
        read.sort_by(|one, other| one.labels.cmp(&other.labels));
        assert_eq!(
            read.iter().map(|one| one.labels["route"].as_str()).collect::<Vec<_>>(),
            ["/cart", "/orders"]
        );
        assert_eq!(read[1].counts, [2, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
        assert_eq!(read[0].counts.iter().sum::<u64>(), 1);
    }
}
