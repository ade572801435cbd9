//! Metrics: each is one static where it is counted; all are read by Prometheus and written as CloudWatch EMF.
//!
//! ```
//! use std::sync::LazyLock;
//! use cartwright_runtime::metrics::{self, IntCounterVec};
//!
//! static PAYMENTS: LazyLock<IntCounterVec> =
//!     LazyLock::new(|| metrics::counter("example_payments_total", "Payments by outcome", &["outcome"]));
//!
//! PAYMENTS.with_label_values(&["captured"]).inc();
//! assert!(metrics::text().contains("example_payments_total{outcome=\"captured\"} 1"));
//! ```

mod emf;
mod series;

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
pub use prometheus::{GaugeVec, HistogramVec, IntCounterVec};
use prometheus::{HistogramOpts, Opts, TextEncoder};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use series::{Series, series};

/// The upper bounds of a histogram's buckets in seconds, from what a cache answers to what a client no longer waits for.
pub const SECONDS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

/// Every so often EMF lines are written outside `local`; a CloudWatch metric has one minute's resolution.
const EMIT: Duration = Duration::from_mins(1);

static SERVICE: OnceLock<&'static str> = OnceLock::new();

type Sampler = Box<dyn Fn() + Send + Sync>;
static SAMPLERS: Mutex<Vec<Sampler>> = Mutex::new(Vec::new());

/// A counter by labels.
///
/// # Panics
/// A metric of this name exists, which is a mistake in the program.
#[must_use]
pub fn counter(name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    prometheus::register_int_counter_vec!(Opts::new(name, help), labels).expect("a metric is defined once")
}

/// A gauge by labels.
///
/// # Panics
/// A metric of this name exists, which is a mistake in the program.
#[must_use]
pub fn gauge(name: &str, help: &str, labels: &[&str]) -> GaugeVec {
    prometheus::register_gauge_vec!(Opts::new(name, help), labels).expect("a metric is defined once")
}

/// A histogram of seconds by labels.
///
/// # Panics
/// A metric of this name exists, which is a mistake in the program.
#[must_use]
pub fn histogram(name: &str, help: &str, labels: &[&str]) -> HistogramVec {
    let options = HistogramOpts::new(name, help).buckets(SECONDS.to_vec());
    prometheus::register_histogram_vec!(options, labels).expect("a metric is defined once")
}

/// Adds something that sets gauges whenever metrics are read. It must not wait.
pub fn on_read(sample: impl Fn() + Send + Sync + 'static) {
    SAMPLERS.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(sample));
}

/// Names the service in EMF lines.
pub(crate) fn init(service: &'static str) {
    // A second program in one process exists in tests only; the first name stays.
    let _ = SERVICE.set(service);
}

fn gather() -> Vec<prometheus::proto::MetricFamily> {
    for sample in SAMPLERS.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        sample();
    }
    prometheus::gather()
}

/// All metrics in Prometheus' text format.
#[must_use]
pub fn text() -> String {
    // Only a family without metrics fails to encode, and the registry leaves those out.
    TextEncoder::new().encode_to_string(&gather()).unwrap_or_default()
}

/// Serves `/metrics`.
pub(crate) async fn serve(listener: TcpListener) {
    let page = get(async || ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text()));
    if let Err(error) = axum::serve(listener, Router::new().route("/metrics", page)).await {
        tracing::error!(%error, "metrics are not served any more");
    }
}

/// Writes what has changed since the last time as EMF lines on standard output.
pub(crate) fn emit_changes() {
    emf::write(SERVICE.get().copied().unwrap_or("unknown"), emf::Gauges::Changed, &gather());
}

/// Writes EMF lines every minute until `stop`, and once more then.
pub(crate) async fn emit_every_minute(stop: CancellationToken) {
    let service = SERVICE.get().copied().unwrap_or("unknown");
    while stop.run_until_cancelled(tokio::time::sleep(EMIT)).await.is_some() {
        emf::write(service, emf::Gauges::All, &gather());
    }
    emf::write(service, emf::Gauges::All, &gather());
}
