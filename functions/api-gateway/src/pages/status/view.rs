//! What `/status` shows, as JSON.

mod service;
mod window;

use std::time::Duration;

use cartwright_runtime::breaker::Circuit;
use cartwright_web::openapi::words;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::traffic::Window;
use super::{Operators, Services};
use crate::cache::Figures;
use crate::limits::Limits;
use crate::queues::{Depth, QueueState};
use crate::routes::Service;
use service::ServiceView;
use window::Requests;

/// When it is, and what was counted up to then.
pub struct Times {
    /// Now.
    pub at: DateTime<Utc>,
    /// Since the gateway began.
    pub uptime: Duration,
    /// All requests.
    pub since_start: Window,
    /// Those of the last minute.
    pub last_minute: Window,
}

/// How the shop is running, as one gateway sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = ShopStatus)]
pub struct StatusView {
    /// When this was so.
    at: DateTime<Utc>,
    gateway: GatewayView,
    services: Vec<ServiceView>,
    limits: LimitsView,
    /// Null when nothing is kept.
    cache: Option<CacheView>,
    queues: QueuesView,
}

/// The gateway that answers.
#[derive(Serialize, ToSchema)]
#[schema(as = GatewayStatus)]
struct GatewayView {
    /// The version of its program.
    #[schema(examples("0.1.0"))]
    version: &'static str,
    uptime_seconds: u64,
    /// Whether it takes new requests; not when it is about to end.
    accepting: bool,
    /// Open connections from the public; as a Lambda function it has none itself.
    connections: usize,
    /// Requests that services have not finished answering.
    requests_in_flight: usize,
    /// What it answers without a service: its own pages, what leads nowhere, what is refused early.
    requests: Requests,
}

/// The rate limits.
#[derive(Serialize, ToSchema)]
#[schema(as = LimitStatus)]
struct LimitsView {
    #[schema(schema_with = stores)]
    store: &'static str,
    /// Until when the shared store is left alone; null when it is not.
    until: Option<DateTime<Utc>>,
    /// Requests that all gateways counted together, since this one began.
    counted_together: u64,
    /// Requests of the same kind that it counted by itself, because the store was away.
    counted_alone: u64,
}

fn stores() -> utoipa::openapi::Object {
    words(
        "Where sign-ins and writes are counted: `shared` by all gateways, or `local` while the shared store is away.",
        &["shared", "local"],
    )
}

/// What is kept of the public catalogue.
#[derive(Serialize, ToSchema)]
#[schema(as = CacheStatus)]
struct CacheView {
    /// Answers that are kept, some of them over.
    entries: usize,
    bytes: u64,
    /// As many bytes it may have.
    capacity_bytes: u64,
    /// Reads answered by what was kept, since the gateway began.
    hits: u64,
    /// Reads that asked the service.
    misses: u64,
    /// Reads whose answer may not be kept.
    passed: u64,
}

/// The queues of the shop.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = QueueStatus)]
pub struct QueuesView {
    /// When they were asked.
    at: DateTime<Utc>,
    queues: Vec<QueueView>,
}

/// A queue and its dead letters.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = QueueDepths)]
struct QueueView {
    #[schema(examples("order-events"))]
    name: String,
    /// The service that consumes it.
    #[schema(examples("order"))]
    consumer: Option<String>,
    messages: DepthView,
    /// Messages that were received too often.
    dead_letters: DepthView,
}

/// Roughly how many messages, as SQS counts them. All null when the queue could not be read.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = QueueDepth)]
struct DepthView {
    readable: bool,
    /// They wait to be received.
    visible: Option<u64>,
    /// They were received, and are not done.
    in_flight: Option<u64>,
    /// They are not to be received yet.
    delayed: Option<u64>,
}

impl StatusView {
    /// Puts it together.
    pub fn new(operators: &Operators, times: &Times, services: &Services, queues: &QueuesView) -> Self {
        Self {
            at: times.at,
            gateway: GatewayView {
                version: env!("CARGO_PKG_VERSION"),
                uptime_seconds: times.uptime.as_secs(),
                accepting: operators.readiness.is_accepting(),
                connections: operators.connections.count(),
                requests_in_flight: services.states.iter().map(|service| service.in_flight).sum(),
                requests: Requests::new(times, Service::ALL.len()),
            },
            services: services
                .states
                .iter()
                .map(|service| ServiceView::new(service, services.at, times))
                .collect(),
            limits: LimitsView::new(&operators.limits, times.at),
            cache: operators.cache.figures().map(CacheView::from),
            queues: queues.clone(),
        }
    }
}

impl LimitsView {
    fn new(limits: &Limits, now: DateTime<Utc>) -> Self {
        let circuit = limits.store();
        let [counted_together, counted_alone] = Limits::counted();
        let store = if circuit == Circuit::Closed { "shared" } else { "local" };
        Self { store, until: until(circuit, now), counted_together, counted_alone }
    }
}

/// When a circuit may close that is open.
fn until(circuit: Circuit, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match circuit {
        Circuit::Open(left) => Some(now + left),
        Circuit::Closed | Circuit::Trial => None,
    }
}

impl From<Figures> for CacheView {
    fn from(figures: Figures) -> Self {
        let Figures { entries, bytes, capacity, hits, misses, passed } = figures;
        Self { entries, bytes, capacity_bytes: capacity, hits, misses, passed }
    }
}

impl QueuesView {
    /// What they said at `at`.
    pub fn new(at: DateTime<Utc>, queues: Vec<QueueState>) -> Self {
        let queues = queues.into_iter().map(|queue| QueueView {
            name: queue.name,
            consumer: queue.consumer,
            messages: queue.messages.into(),
            dead_letters: queue.dead_letters.into(),
        });
        Self { at, queues: queues.collect() }
    }
}

impl From<Option<Depth>> for DepthView {
    fn from(depth: Option<Depth>) -> Self {
        Self {
            readable: depth.is_some(),
            visible: depth.map(|depth| depth.visible),
            in_flight: depth.map(|depth| depth.in_flight),
            delayed: depth.map(|depth| depth.delayed),
        }
    }
}
