//! Requests by how long they took.

use cartwright_runtime::metrics::SECONDS;
use serde::Serialize;
use utoipa::ToSchema;

use super::Times;
use crate::pages::status::counts::Counts;
use crate::pages::status::traffic::Window;

/// Requests, as the gateway answered them.
#[derive(Serialize, ToSchema)]
#[schema(as = RequestFigures)]
pub struct Requests {
    since_start: WindowView,
    /// What came in the last minute; `seconds` says how long it was exactly.
    last_minute: WindowView,
}

/// The requests of some time.
#[derive(Serialize, ToSchema)]
#[schema(as = RequestWindow)]
struct WindowView {
    /// How long the time is. The last minute has up to 65 seconds, fewer while the gateway is younger, more on Lambda, where
    /// nothing is written down between requests.
    #[schema(examples(62.4))]
    seconds: f64,
    count: u64,
    /// So many milliseconds half of them took at most, read from the buckets; null without requests.
    #[schema(examples(4.2))]
    p50: Option<f64>,
    /// The same for 95 of 100.
    #[schema(examples(18.5))]
    p95: Option<f64>,
    /// The same for 99 of 100.
    #[schema(examples(47.0))]
    p99: Option<f64>,
    statuses: StatusesView,
    /// From the fastest to the slowest.
    buckets: Vec<BucketView>,
}

/// How requests ended, by class of their status.
#[derive(Serialize, ToSchema)]
#[schema(as = StatusClasses)]
struct StatusesView {
    #[serde(rename = "2xx")]
    good: u64,
    #[serde(rename = "3xx")]
    elsewhere: u64,
    #[serde(rename = "4xx")]
    refused: u64,
    #[serde(rename = "5xx")]
    failed: u64,
}

/// Requests that took longer than the bucket before, and at most so long.
#[derive(Serialize, ToSchema)]
#[schema(as = LatencyBucket)]
struct BucketView {
    /// In milliseconds; null: there is no bound.
    #[schema(examples(25.0))]
    up_to: Option<f64>,
    count: u64,
}

impl Requests {
    /// Those at a place of [`crate::pages::status::traffic::ByService`].
    pub fn new(times: &Times, at: usize) -> Self {
        let view = |window: &Window| WindowView::new(window, &window.counts[at]);
        Self { since_start: view(&times.since_start), last_minute: view(&times.last_minute) }
    }
}

impl WindowView {
    fn new(window: &Window, counts: &Counts) -> Self {
        let [_, good, elsewhere, refused, failed] = counts.classes;
        let bounds = SECONDS.into_iter().map(|bound| Some(bound * 1e3)).chain([None]);
        Self {
            seconds: (window.length.as_secs_f64() * 10.0).round() / 10.0,
            count: counts.total(),
            p50: counts.percentile(0.50),
            p95: counts.percentile(0.95),
            p99: counts.percentile(0.99),
            statuses: StatusesView { good, elsewhere, refused, failed },
            buckets: bounds.zip(counts.buckets).map(|(up_to, count)| BucketView { up_to, count }).collect(),
        }
    }
}
