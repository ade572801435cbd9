//! In `local`: what a request costs in queries and calls, for `Server-Timing` and the query budget.
//!
//! Nothing is wrapped for it: sqlx and the AWS SDK report each query and call to `tracing`, within the task that made it.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::Context as LayerContext;
use tracing_subscriber::registry::LookupSpan;

use crate::context::Context;

/// What one request used.
#[derive(Debug, Default)]
pub struct Usage {
    queries: AtomicU64,
    query_nanos: AtomicU64,
    calls: AtomicU64,
    call_nanos: AtomicU64,
}

static COUNTED: AtomicBool = AtomicBool::new(false);

impl Usage {
    /// A place to count, where it is counted at all.
    pub(crate) fn start() -> Option<Arc<Self>> {
        COUNTED.load(Ordering::Relaxed).then(Arc::default)
    }

    /// SQL statements so far.
    #[must_use]
    pub fn queries(&self) -> u64 {
        self.queries.load(Ordering::Relaxed)
    }

    /// Notes a call to another program.
    pub fn add_call(&self, took: Duration) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.call_nanos.fetch_add(nanos(took), Ordering::Relaxed);
    }

    fn add_query(&self, took: Duration) {
        self.queries.fetch_add(1, Ordering::Relaxed);
        self.query_nanos.fetch_add(nanos(took), Ordering::Relaxed);
    }

    /// `Server-Timing` (W3C Server Timing): milliseconds, and the number as a description.
    #[must_use]
    pub fn server_timing(&self, total: Duration) -> String {
        let milliseconds =
            |nanos: &AtomicU64| Duration::from_nanos(nanos.load(Ordering::Relaxed)).as_secs_f64() * 1e3;
        let mut text = String::new();
        // Writing into a String cannot fail.
        let _ = write!(
            text,
            "sql;desc=\"{}\";dur={:.2}, calls;desc=\"{}\";dur={:.2}, total;dur={:.2}",
            self.queries(),
            milliseconds(&self.query_nanos),
            self.calls.load(Ordering::Relaxed),
            milliseconds(&self.call_nanos),
            total.as_secs_f64() * 1e3,
        );
        text
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Where sqlx reports queries.
const QUERIES: &str = "sqlx::query";
/// Where the AWS SDK opens a span for each attempt of a call.
const CALLS: &str = "aws_smithy_runtime::client::orchestrator";
const CALL: &str = "try_attempt";

/// Listens to sqlx and the AWS SDK and counts.
pub(crate) fn layer<S: Subscriber + for<'l> LookupSpan<'l>>() -> impl Layer<S> {
    COUNTED.store(true, Ordering::Relaxed);
    let targets =
        Targets::new().with_target(QUERIES, LevelFilter::DEBUG).with_target(CALLS, LevelFilter::DEBUG);
    Counter.with_filter(targets)
}

struct Counter;

struct Started(Instant, Arc<Usage>);

impl<S: Subscriber + for<'l> LookupSpan<'l>> Layer<S> for Counter {
    fn on_event(&self, event: &Event<'_>, _: LayerContext<'_, S>) {
        if event.metadata().target() != QUERIES {
            return;
        }
        if let Some(usage) = Context::current_usage() {
            let mut elapsed = Elapsed::default();
            event.record(&mut elapsed);
            usage.add_query(elapsed.0);
        }
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: LayerContext<'_, S>) {
        if attributes.metadata().name() == CALL
            && let (Some(usage), Some(span)) = (Context::current_usage(), context.span(id))
        {
            span.extensions_mut().insert(Started(Instant::now(), usage));
        }
    }

    fn on_close(&self, id: Id, context: LayerContext<'_, S>) {
        if let Some(span) = context.span(&id)
            && let Some(Started(at, usage)) = span.extensions_mut().remove()
        {
            usage.add_call(at.elapsed());
        }
    }
}

/// sqlx' `elapsed_secs`.
#[derive(Default)]
struct Elapsed(Duration);

impl Visit for Elapsed {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.0 = Duration::try_from_secs_f64(value).unwrap_or_default();
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_has_numbers_and_milliseconds() {
        let usage = Usage::default();
        usage.add_query(Duration::from_micros(1500));
        usage.add_query(Duration::from_micros(500));
        usage.add_call(Duration::from_millis(3));
        let expected = "sql;desc=\"2\";dur=2.00, calls;desc=\"1\";dur=3.00, total;dur=9.00";
        assert_eq!(usage.server_timing(Duration::from_millis(9)), expected);
    }
}
