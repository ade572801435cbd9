//! The services: which of a service's addresses is asked, for how long it is believed in, and what is asked once more.

mod budget;
mod look;
mod permit;
mod pool;
mod replica;
mod replicas;
mod watch;

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use cartwright_runtime::breaker::{Breaker, Limits, Pass};
use cartwright_runtime::metrics::{self, GaugeVec, IntCounterVec};
use cartwright_types::SharedClock;
use cartwright_web::identity::{AudienceKeys, IdentitySigner, Subject};
use http::header::{HOST, HeaderMap};
use http::uri::{Authority, PathAndQuery};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;

use crate::body::{Progress, Upload};
use crate::error::Refusal;
use crate::routes::Service;
use budget::RetryBudget;
use permit::{InFlight, Permit, Seat};
use pool::{AskError, Sender};
use replica::{Failure, Replica};
use replicas::Replicas;

pub use look::{ReplicaState, UpstreamState};
pub use permit::Passing;
pub use watch::Watch;

/// Bytes of an answer that the gateway itself asked for.
const OWN_ANSWER: usize = 256 * 1024;
/// Of the requests that a service can have in flight, a share is kept for what must get through.
const KEPT_FREE: usize = 8;
/// One that takes no more, or is left alone, is to be asked again after this, in seconds.
const BUSY: u32 = 1;
/// An address has this long to say whether it is ready.
const PROBE: Duration = Duration::from_secs(1);
/// When a service that takes requests and answers none is left alone.
const BREAKER: Limits =
    Limits { failures: 20, pause: Duration::from_secs(1), longest: Duration::from_secs(30) };

static RETRIES: LazyLock<IntCounterVec> = LazyLock::new(|| {
    let help = "Requests sent to a service once more, and those for which nothing was left in the budget";
    metrics::counter("upstream_retries_total", help, &["upstream", "outcome"])
});
static TURNED_AWAY: LazyLock<IntCounterVec> = LazyLock::new(|| {
    let help = "Requests that a service was not asked, because it has too many or answers none";
    metrics::counter("upstream_turned_away_total", help, &["upstream", "reason"])
});
static REPLICAS: LazyLock<GaugeVec> =
    LazyLock::new(|| metrics::gauge("upstream_replicas", "A service's addresses", &["upstream", "state"]));
static IN_FLIGHT: LazyLock<GaugeVec> = LazyLock::new(|| {
    metrics::gauge("upstream_in_flight", "Requests that a service has not finished answering", &["upstream"])
});

/// One service.
pub struct Upstream {
    service: Service,
    replicas: Replicas,
    in_flight: Arc<InFlight>,
    budget: RetryBudget,
    breaker: Breaker,
    signer: IdentitySigner,
}

/// All services.
#[derive(Clone)]
pub struct Upstreams(Arc<Inner>);

struct Inner {
    services: [Upstream; 4],
    /// Requests in flight to one address, at most.
    per_replica: usize,
}

/// A request as it goes out; it may go out more than once.
pub struct Outgoing<'a> {
    /// The client's method.
    pub method: &'a Method,
    /// The client's path and query, as they are.
    pub target: &'a PathAndQuery,
    /// What [`crate::headers::for_service`] made.
    pub headers: HeaderMap,
    /// The client's body.
    pub upload: &'a Upload,
    /// Whether it may be sent again although a service may have seen it.
    pub repeatable: bool,
    /// Whether it may take the places that are kept free for what must get through.
    pub first: bool,
}

impl Upstream {
    /// A service at `addresses`, whose callers sign with `keys`.
    #[must_use]
    pub fn new(service: Service, addresses: Vec<Authority>, keys: AudienceKeys, clock: SharedClock) -> Self {
        Self {
            service,
            replicas: Replicas::new(addresses),
            in_flight: Arc::default(),
            budget: RetryBudget::new(),
            breaker: Breaker::new(BREAKER),
            signer: IdentitySigner::new(service.name(), keys, clock),
        }
    }

    /// A place for one request more.
    fn enter(&self, most: usize, first: bool) -> Result<(Permit, Pass), Refusal> {
        let name = self.service.name();
        let most = if first { most } else { most - most / KEPT_FREE };
        let Some(permit) = self.in_flight.enter(most) else {
            TURNED_AWAY.with_label_values(&[name, "busy"]).inc();
            return Err(Refusal::Busy { retry_after: BUSY });
        };
        match self.breaker.admit(Instant::now()) {
            Ok(pass) => Ok((permit, pass)),
            Err(left) => {
                TURNED_AWAY.with_label_values(&[name, "breaker"]).inc();
                let seconds = u32::try_from(left.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
                Err(Refusal::Busy { retry_after: seconds })
            }
        }
    }

    /// Whether a request may be sent once more.
    fn may_retry(&self) -> bool {
        let allowed = self.budget.spend();
        let outcome = if allowed { "sent" } else { "no_budget" };
        RETRIES.with_label_values(&[self.service.name(), outcome]).inc();
        allowed
    }
}

impl Upstreams {
    /// The services, in the order of [`Service::ALL`]. Each address has at most `per_replica` requests in flight.
    #[must_use]
    pub fn new(services: [Upstream; 4], per_replica: usize) -> Self {
        Self(Arc::new(Inner { services, per_replica }))
    }

    /// The internal token that tells `service` about `subject`.
    #[must_use]
    pub fn identity(&self, service: Service, subject: &Subject) -> Arc<str> {
        self.of(service).signer.token(subject)
    }

    /// Sends a request to one of the addresses of `service`, for at most `patience`, and to another when
    /// the first takes no connection, or closes it without an answer and the request is repeatable.
    ///
    /// # Errors
    /// [`Refusal::Busy`] when it was not asked, [`Refusal::Away`] when nobody took the request, [`Refusal::Broken`] and
    /// [`Refusal::Overdue`] when somebody did.
    pub async fn send(
        &self,
        service: Service,
        outgoing: Outgoing<'_>,
        patience: Duration,
    ) -> Result<Response<Passing>, Refusal> {
        let upstream = self.of(service);
        let replicas = upstream.replicas.fresh().await;
        let most = self.0.per_replica * replicas.len().max(1);
        let (permit, pass) = upstream.enter(most, outgoing.first)?;
        upstream.budget.earn();
        let mut tried = Vec::new();
        let trying = self.try_all(upstream, &replicas, &outgoing, &mut tried);
        let outcome = match tokio::time::timeout(patience, trying).await {
            Ok(outcome) => outcome,
            Err(_) if outgoing.upload.is_starving() => Err(Refusal::BodyOverdue),
            Err(_) => {
                // Whoever was tried last is still at it.
                if let Some(replica) = tried.last() {
                    replica.failed(Failure::Unanswered);
                }
                tracing::warn!(upstream = service.name(), "a service did not answer in time");
                Err(Refusal::Overdue)
            }
        };
        // A service that is away takes up nobody's time, and the client's faults are not the service's.
        let answered = match &outcome {
            Ok(_) => Some(true),
            Err(Refusal::Broken | Refusal::Overdue) => Some(false),
            Err(_) => None,
        };
        if let Some(answered) = answered {
            upstream.breaker.heard(pass, answered, Instant::now());
        }
        outcome.map(|(answer, sender, seat)| answer.map(|body| Passing::new(body, sender, permit, seat)))
    }

    async fn try_all(
        &self,
        upstream: &Upstream,
        replicas: &[Arc<Replica>],
        outgoing: &Outgoing<'_>,
        tried: &mut Vec<Arc<Replica>>,
    ) -> Result<(Response<Incoming>, Sender, Seat), Refusal> {
        let (mut was_taken, mut upload) = (false, outgoing.upload.clone());
        loop {
            let replica = upstream.replicas.choose(replicas, tried).ok_or(Refusal::Away)?;
            let seat = Seat::at(&replica);
            tried.push(Arc::clone(&replica));
            let error = match replica.pool().ask(outgoing.request(&replica, upload)).await {
                Ok((answer, sender)) => {
                    replica.answered();
                    return Ok((answer, sender, seat));
                }
                Err(error) => error,
            };
            if let Some(refusal) = fault_of_the_client(outgoing.upload.progress()) {
                return Err(refusal);
            }
            log(upstream.service, &replica, &error);
            let again = if matches!(error, AskError::Refused(_)) {
                replica.failed(Failure::Refused);
                // To the same address only if there never was another, and then it makes no sense.
                tried.len() < replicas.len()
            } else {
                replica.failed(Failure::Unanswered);
                !std::mem::replace(&mut was_taken, true) && outgoing.repeatable
            };
            upload = match outgoing.upload.again() {
                Some(upload) if again && upstream.may_retry() => upload,
                _ if was_taken => return Err(Refusal::Broken),
                _ => return Err(Refusal::Away),
            };
        }
    }

    /// What `service` answers to a GET of the gateway's own.
    ///
    /// # Errors
    /// Nobody answers in time, or at too great length.
    pub async fn fetch(
        &self,
        service: Service,
        target: &'static str,
        patience: Duration,
    ) -> Result<(StatusCode, Bytes), Refusal> {
        let target = PathAndQuery::from_static(target);
        let work = async {
            let answer = self.send(service, Outgoing::own(&target), patience).await?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), OWN_ANSWER).collect().await;
            body.map(|body| (status, body.to_bytes())).map_err(|_| Refusal::Broken)
        };
        tokio::time::timeout(patience, work).await.unwrap_or(Err(Refusal::Overdue))
    }

    /// Asks an address whether it is ready, and remembers what it said.
    async fn probe(&self, replica: &Replica) {
        let target = PathAndQuery::from_static("/health/ready");
        let request = Outgoing::own(&target).request(replica, Upload::NONE);
        match tokio::time::timeout(PROBE, replica.pool().read(request, OWN_ANSWER)).await {
            Ok(Ok((status, _))) => replica.probed(Some(status.is_success())),
            Ok(Err(AskError::Refused(_))) => replica.probed(None),
            // It is there and says nothing.
            Ok(Err(AskError::Unanswered(_))) | Err(_) => replica.failed(Failure::Unanswered),
        }
    }

    fn of(&self, service: Service) -> &Upstream {
        &self.0.services[service as usize]
    }

    /// Sets the gauges; called whenever metrics are read.
    pub fn measure(&self) {
        for upstream in &self.0.services {
            let name = upstream.service.name();
            let replicas = upstream.replicas.all();
            let good = replicas.iter().filter(|replica| replica.is_in()).count();
            for (state, count) in [("in", good), ("out", replicas.len() - good)] {
                REPLICAS.with_label_values(&[name, state]).set(gauge(count));
            }
            IN_FLIGHT.with_label_values(&[name]).set(gauge(upstream.in_flight.count()));
        }
    }
}

/// Counts here are small.
fn gauge(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

impl<'a> Outgoing<'a> {
    /// A GET of the gateway's own.
    fn own(target: &'a PathAndQuery) -> Self {
        let (headers, upload) = (HeaderMap::new(), &Upload::NONE);
        Outgoing { method: &Method::GET, target, headers, upload, repeatable: true, first: true }
    }

    fn request(&self, replica: &Replica, upload: Upload) -> Request<Upload> {
        let mut request = Request::new(upload);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = Uri::from(self.target.clone());
        *request.headers_mut() = self.headers.clone();
        request.headers_mut().insert(HOST, replica.host().clone());
        request
    }
}

const fn fault_of_the_client(progress: Progress) -> Option<Refusal> {
    match progress {
        Progress::TooLarge => Some(Refusal::BodyTooLarge),
        Progress::Broken => Some(Refusal::BodyBroken),
        Progress::Untouched | Progress::Flowing | Progress::Ended => None,
    }
}

fn log(service: Service, replica: &Replica, error: &AskError) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    let address = replica.address().as_str();
    tracing::warn!(upstream = service.name(), address, %error, cause, "a service could not be asked");
}
