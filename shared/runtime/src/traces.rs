//! Traces: spans sent to an OpenTelemetry collector when `OTEL_EXPORTER_OTLP_ENDPOINT` is set.
//!
//! The ids are those of [`Context`], which go from process to process whether anybody records them or not; so a span is
//! written down when it has ended, and a program without a collector does nothing.

use std::borrow::Cow;
use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use cartwright_types::{Clock as _, SystemClock, random};
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SpanData, SpanProcessor as _};
use tokio::runtime::Handle;

use crate::Env;
use crate::context::Context;

/// Which side of a call a span is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Answers a request.
    Server,
    /// Calls another program.
    Client,
    /// Handles a message.
    Consumer,
}

/// A span that has ended.
#[derive(Debug)]
pub struct Ended<'a> {
    /// Its ids.
    pub context: &'a Context,
    /// Its side.
    pub kind: Kind,
    /// What was done, without anything personal: `GET /orders/{id}`.
    pub name: Cow<'static, str>,
    /// How long it took.
    pub took: Duration,
    /// Attributes by their names in OpenTelemetry's semantic conventions; nothing personal.
    pub attributes: Vec<(&'static str, String)>,
    /// Whether it went wrong on our side.
    pub failed: bool,
}

struct Traces {
    processor: BatchSpanProcessor,
    scope: InstrumentationScope,
    /// Of the traces that begin here, the share that is recorded, in 2^-32.
    share: u32,
}

static TRACES: OnceLock<Traces> = OnceLock::new();

/// Where spans go.
#[derive(Debug)]
pub(crate) struct Collector {
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`
    endpoint: String,
    /// `OTEL_TRACES_SAMPLER_ARG`, from 0 to 1.
    ratio: f64,
}

impl Collector {
    /// None when spans go nowhere.
    pub(crate) fn from_env(env: &mut Env) -> Option<Self> {
        let endpoint: Option<String> = env.optional("OTEL_EXPORTER_OTLP_ENDPOINT");
        let ratio: f64 = env.or("OTEL_TRACES_SAMPLER_ARG", 1.0);
        if !(0.0..=1.0).contains(&ratio) {
            env.problem("OTEL_TRACES_SAMPLER_ARG is malformed: use a share from 0 to 1");
        }
        endpoint.map(|endpoint| Self { endpoint, ratio })
    }
}

/// Starts sending.
///
/// # Errors
/// The exporter cannot be built.
pub(crate) fn init(service: &'static str, collector: &Collector) -> Result<(), anyhow::Error> {
    let http = reqwest::Client::builder()
        .no_proxy()
        .connect_timeout(Duration::from_secs(1))
        .timeout(Duration::from_secs(2))
        .build()?;
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Client { http, runtime: Handle::current() })
        .with_protocol(Protocol::HttpJson)
        .with_endpoint(format!("{}/v1/traces", collector.endpoint.trim_end_matches('/')))
        .with_timeout(Duration::from_secs(2))
        .build()?;
    let mut processor = BatchSpanProcessor::builder(exporter).build();
    processor.set_resource(&Resource::builder().with_service_name(service).build());
    let traces = Traces {
        processor,
        scope: InstrumentationScope::builder("cartwright").build(),
        share: share(collector.ratio),
    };
    // A second program in one process exists in tests only; the first goes on.
    let _ = TRACES.set(traces);
    Ok(())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the ratio is from 0 to 1, and float-to-integer casts saturate"
)]
fn share(ratio: f64) -> u32 {
    (ratio * f64::from(u32::MAX)) as u32
}

/// Whether spans go anywhere.
#[must_use]
pub fn is_on() -> bool {
    TRACES.get().is_some()
}

/// Whether a trace that begins here is recorded.
pub(crate) fn sample() -> bool {
    TRACES.get().is_some_and(|traces| u32::from_le_bytes(random::bytes()) <= traces.share)
}

/// Runs `work` as a span of its own: what it calls and sends belongs to that span.
pub async fn span<T, E>(
    kind: Kind,
    name: &'static str,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let child = if is_on() { Context::current().map(|context| context.child()) } else { None };
    let Some(child) = child else { return work.await };
    let started = std::time::Instant::now();
    let outcome = child.clone().scope(work).await;
    record(Ended {
        context: &child,
        kind,
        name: name.into(),
        took: started.elapsed(),
        attributes: Vec::new(),
        failed: outcome.is_err(),
    });
    outcome
}

/// Writes down a span that has ended.
pub fn record(ended: Ended<'_>) {
    let Some(traces) = TRACES.get() else { return };
    let Some(context) = span_context(&ended.context.traceparent) else { return };
    if !context.is_sampled() {
        return;
    }
    let parent = ended.context.parent.as_deref().and_then(|id| SpanId::from_hex(id).ok());
    let end: std::time::SystemTime = SystemClock.now().into();
    traces.processor.on_end(SpanData {
        span_context: context,
        parent_span_id: parent.unwrap_or(SpanId::INVALID),
        parent_span_is_remote: ended.kind != Kind::Client,
        span_kind: match ended.kind {
            Kind::Server => SpanKind::Server,
            Kind::Client => SpanKind::Client,
            Kind::Consumer => SpanKind::Consumer,
        },
        name: ended.name,
        start_time: end.checked_sub(ended.took).unwrap_or(end),
        end_time: end,
        attributes: ended.attributes.into_iter().map(|(name, value)| KeyValue::new(name, value)).collect(),
        dropped_attributes_count: 0,
        events: opentelemetry_sdk::trace::SpanEvents::default(),
        links: opentelemetry_sdk::trace::SpanLinks::default(),
        status: if ended.failed { Status::error("") } else { Status::Unset },
        instrumentation_scope: traces.scope.clone(),
    });
}

/// Sends what waits.
pub(crate) async fn flush() {
    if is_on() {
        let flushed =
            tokio::task::spawn_blocking(|| TRACES.get().map(|traces| traces.processor.force_flush()));
        if let Ok(Some(Err(error))) = flushed.await {
            tracing::warn!(%error, "spans could not be sent");
        }
    }
}

fn span_context(traceparent: &str) -> Option<SpanContext> {
    let trace = TraceId::from_hex(traceparent.get(3..35)?).ok()?;
    let span = SpanId::from_hex(traceparent.get(36..52)?).ok()?;
    let flags = TraceFlags::new(u8::from_str_radix(traceparent.get(53..55)?, 16).ok()?);
    Some(SpanContext::new(trace, span, flags, false, TraceState::default()))
}

/// The exporter works on a thread of its own; connections belong to the program's runtime.
#[derive(Debug)]
struct Client {
    http: reqwest::Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let http = self.http.clone();
        let sending = self.runtime.spawn(async move {
            let answer = http.execute(request.try_into()?).await?;
            let mut response = Response::builder().status(answer.status());
            if let Some(headers) = response.headers_mut() {
                headers.extend(answer.headers().clone());
            }
            Ok::<_, HttpError>(response.body(answer.bytes().await?)?)
        });
        sending.await?
    }
}
