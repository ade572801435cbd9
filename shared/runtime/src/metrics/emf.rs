//! CloudWatch's embedded metric format: a JSON log line that CloudWatch turns into metrics, without a call or an agent.
//!
//! A counter is written as its growth, a histogram as the values (each bucket's upper bound) and counts that were added;
//! what has not grown is not written. A gauge is written as it is: every minute, or on Lambda when it has changed.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{LazyLock, Mutex, PoisonError};

use cartwright_types::{Clock as _, SystemClock};
use prometheus::proto::{Bucket, Histogram, LabelPair, Metric, MetricFamily, MetricType};
use serde_json::{Map, Value, json};

/// The namespace in CloudWatch.
const NAMESPACE: &str = "Cartwright";

/// Labels that are written but are no dimensions: each value of a dimension is a metric that is paid for. CloudWatch Logs
/// Insights and Prometheus have them.
const DETAILS: [&str; 2] = ["method", "route"];

/// What was written last, by metric and labels.
static WRITTEN: LazyLock<Mutex<Written>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Written {
    counters: HashMap<String, f64>,
    gauges: HashMap<String, f64>,
    histograms: HashMap<String, Seen>,
}

#[derive(Default, Clone)]
struct Seen {
    buckets: Vec<u64>,
    sum: f64,
}

/// Which gauges are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gauges {
    /// All of them.
    All,
    /// Those that have changed.
    Changed,
}

/// Writes one line for each metric with new values.
pub fn write(service: &str, gauges: Gauges, families: &[MetricFamily]) {
    let mut written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
    let timestamp = SystemClock.now().timestamp_millis();
    let mut out = std::io::stdout().lock();
    for line in lines(&mut written, gauges, service, timestamp, families) {
        // Standard output is the log; if it is gone there is nobody to tell.
        let _ = writeln!(out, "{line}");
    }
}

fn lines(
    written: &mut Written,
    gauges: Gauges,
    service: &str,
    timestamp: i64,
    families: &[MetricFamily],
) -> Vec<Value> {
    let mut lines = Vec::new();
    for family in families {
        let name = family.name();
        for metric in family.get_metric() {
            let key = key(name, metric.get_label());
            let value = match family.get_field_type() {
                MetricType::COUNTER => grown(written, key, metric),
                MetricType::GAUGE => {
                    let now = metric.get_gauge().get_value();
                    let same = written.gauges.insert(key, now) == Some(now);
                    (gauges == Gauges::All || !same).then(|| (json!(now), "None"))
                }
                MetricType::HISTOGRAM => added(written, key, metric.get_histogram()),
                MetricType::SUMMARY | MetricType::UNTYPED => None,
            };
            if let Some((value, unit)) = value {
                lines.push(line(service, timestamp, name, metric.get_label(), value, unit));
            }
        }
    }
    lines
}

fn key(name: &str, labels: &[LabelPair]) -> String {
    labels.iter().fold(name.to_owned(), |key, label| format!("{key}\0{}", label.value()))
}

fn grown(written: &mut Written, key: String, metric: &Metric) -> Option<(Value, &'static str)> {
    let now = metric.get_counter().get_value();
    let before = written.counters.insert(key, now).unwrap_or(0.0);
    (now > before).then(|| (json!(now - before), "Count"))
}

fn added(written: &mut Written, key: String, histogram: &Histogram) -> Option<(Value, &'static str)> {
    let mut buckets: Vec<u64> = histogram.get_bucket().iter().map(Bucket::cumulative_count).collect();
    // What is above the last bucket counts as its bound: CloudWatch knows no infinity.
    if let Some(last) = buckets.last_mut() {
        *last = histogram.get_sample_count();
    }
    let bounds: Vec<f64> = histogram.get_bucket().iter().map(Bucket::upper_bound).collect();
    let now = Seen { buckets, sum: histogram.get_sample_sum() };
    let before = written.histograms.insert(key, now.clone()).unwrap_or_default();
    let alone = |seen: &Seen, at: usize| {
        let up_to = |at: usize| seen.buckets.get(at).copied().unwrap_or(0);
        up_to(at) - if at > 0 { up_to(at - 1) } else { 0 }
    };
    let growth = |at: usize| alone(&now, at).saturating_sub(alone(&before, at));
    let (mut values, mut counts) = (Vec::new(), Vec::new());
    for (at, bound) in bounds.iter().enumerate() {
        let count = growth(at);
        if count > 0 {
            values.push(*bound);
            counts.push(count);
        }
    }
    let count: u64 = counts.iter().sum();
    let (least, most) = (values.first().copied()?, values.last().copied()?);
    let sum = now.sum - before.sum;
    let value = json!({
        "Values": values, "Counts": counts, "Min": least, "Max": most, "Count": count, "Sum": sum,
    });
    Some((value, "Seconds"))
}

fn line(service: &str, timestamp: i64, name: &str, labels: &[LabelPair], value: Value, unit: &str) -> Value {
    let own = labels.iter().map(LabelPair::name).filter(|label| !DETAILS.contains(label));
    let mut dimensions: Vec<Vec<&str>> = vec![std::iter::once("service").chain(own).collect()];
    if dimensions[0].len() > 1 {
        dimensions.push(vec!["service"]);
    }
    let mut line = Map::new();
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": timestamp,
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": dimensions,
                "Metrics": [{ "Name": name, "Unit": unit }],
            }],
        }),
    );
    line.insert("service".to_owned(), json!(service));
    for label in labels {
        line.insert(label.name().to_owned(), json!(label.value()));
    }
    line.insert(name.to_owned(), value);
    Value::Object(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus::core::Collector as _;
    use prometheus::{GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, Opts};

    #[test]
    fn a_counter_is_written_as_its_growth_and_only_when_it_grew() {
        let counter = IntCounterVec::new(Opts::new("orders_total", "x"), &["outcome"]).unwrap();
        let mut written = Written::default();
        let mut write = || lines(&mut written, Gauges::Changed, "order-service", 5, &counter.collect());
        counter.with_label_values(&["placed"]).inc_by(2);
        let first = write();
        assert_eq!(first.len(), 1);
        assert_eq!(first[0]["orders_total"], 2.0);
        assert_eq!(first[0]["outcome"], "placed");
        let directive = &first[0]["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Dimensions"], json!([["service", "outcome"], ["service"]]));
        assert_eq!(directive["Metrics"], json!([{ "Name": "orders_total", "Unit": "Count" }]));
        assert!(write().is_empty());
        counter.with_label_values(&["placed"]).inc();
        assert_eq!(write()[0]["orders_total"], 1.0);
    }

    #[test]
    fn a_histogram_is_written_as_what_was_added_to_its_buckets() {
        let options = HistogramOpts::new("seconds", "x").buckets(vec![0.1, 1.0]);
        let histogram = HistogramVec::new(options, &["route"]).unwrap();
        let mut written = Written::default();
        let mut write = || lines(&mut written, Gauges::Changed, "order-service", 5, &histogram.collect());
        let observe = |value| histogram.with_label_values(&["/"]).observe(value);
        observe(0.05);
        observe(0.5);
        assert_eq!(write()[0]["seconds"]["Counts"], json!([1, 1]));
        observe(7.0);
        observe(0.25);
        let second = write();
        assert_eq!(second[0]["seconds"]["Values"], json!([1.0]));
        assert_eq!(second[0]["seconds"]["Counts"], json!([2]));
        assert_eq!(second[0]["seconds"]["Sum"], 7.25);
        assert!(write().is_empty());
    }

    #[test]
    fn a_gauge_is_written_every_minute_but_on_lambda_only_when_it_changes() {
        let gauge = GaugeVec::new(Opts::new("waiting", "x"), &[]).unwrap();
        gauge.with_label_values::<&str>(&[]).set(3.0);
        let mut written = Written::default();
        let mut write = |gauges| lines(&mut written, gauges, "order-service", 5, &gauge.collect()).len();
        assert_eq!([Gauges::Changed, Gauges::Changed, Gauges::All].map(&mut write), [1, 0, 1]);
    }
}
