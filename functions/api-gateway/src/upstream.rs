//! The services' addresses and the connections to them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use cartwright_types::SharedClock;
use cartwright_web::identity::{AudienceKeys, IdentitySigner, Subject};
use http::header::HeaderMap;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::body::{Progress, Upload};
use crate::error::Refusal;
use crate::routes::Service;

/// An address that does not take a connection within this time is passed over.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Shorter than the services keep an idle connection, so that it is rarely they who close it.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Idle connections kept to one address.
const IDLE_CONNECTIONS: usize = 256;
/// Bytes of an answer that the gateway itself asked for.
const OWN_ANSWER: usize = 256 * 1024;

/// One service.
pub struct Upstream {
    addresses: Vec<Authority>,
    next: AtomicUsize,
    signer: IdentitySigner,
}

/// All services and the one pool of connections.
#[derive(Clone)]
pub struct Upstreams(Arc<Inner>);

struct Inner {
    client: Client<HttpConnector, Upload>,
    services: [Upstream; 4],
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
}

impl Upstream {
    /// A service at `addresses`, whose callers sign with `keys`.
    #[must_use]
    pub fn new(service: Service, addresses: Vec<Authority>, keys: AudienceKeys, clock: SharedClock) -> Self {
        Self {
            addresses,
            next: AtomicUsize::new(0),
            signer: IdentitySigner::new(service.name(), keys, clock),
        }
    }
}

impl Upstreams {
    /// The services, in the order of [`Service::ALL`].
    #[must_use]
    pub fn new(services: [Upstream; 4]) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build(connector);
        Self(Arc::new(Inner { client, services }))
    }

    /// The internal token that tells `service` about `subject`.
    #[must_use]
    pub fn identity(&self, service: Service, subject: &Subject) -> Arc<str> {
        self.0.services[service as usize].signer.token(subject)
    }

    /// Sends a request to the next address of `service`. One that takes no connection is passed over; a connection
    /// that closes without an answer is tried once more if the request is repeatable.
    ///
    /// # Errors
    /// [`Refusal::Away`] when nobody took it, else [`Refusal::Broken`].
    pub async fn send(
        &self,
        service: Service,
        outgoing: Outgoing<'_>,
    ) -> Result<Response<Incoming>, Refusal> {
        let upstream = &self.0.services[service as usize];
        let first = upstream.next.fetch_add(1, Ordering::Relaxed);
        let (mut away, mut broken) = (0, 0);
        loop {
            let address = first.wrapping_add(away + broken) % upstream.addresses.len().max(1);
            let Some(address) = upstream.addresses.get(address) else { return Err(Refusal::Away) };
            let error = match self.0.client.request(outgoing.request(address)?).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let progress = outgoing.upload.progress();
            if let Some(refusal) = fault_of_the_client(progress) {
                return Err(refusal);
            }
            log(service, &error);
            if error.is_connect() {
                away += 1;
                let elsewhere = outgoing.upload.is_none() || progress == Progress::Untouched;
                if away >= upstream.addresses.len() || !elsewhere {
                    return Err(Refusal::Away);
                }
            } else {
                broken += 1;
                if broken > 1 || !outgoing.repeatable {
                    return Err(Refusal::Broken);
                }
            }
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
        let (headers, upload) = (HeaderMap::new(), &Upload::NONE);
        let outgoing = Outgoing { method: &Method::GET, target: &target, headers, upload, repeatable: true };
        let work = async {
            let answer = self.send(service, outgoing).await?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), OWN_ANSWER).collect().await;
            body.map(|body| (status, body.to_bytes())).map_err(|_| Refusal::Broken)
        };
        tokio::time::timeout(patience, work).await.unwrap_or(Err(Refusal::Overdue))
    }
}

impl Outgoing<'_> {
    fn request(&self, address: &Authority) -> Result<Request<Upload>, Refusal> {
        let uri = Uri::builder()
            .scheme(Scheme::HTTP)
            .authority(address.clone())
            .path_and_query(self.target.clone())
            .build()
            .map_err(|_| Refusal::MalformedPath)?;
        let mut request = Request::new(self.upload.clone());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers.clone();
        Ok(request)
    }
}

const fn fault_of_the_client(progress: Progress) -> Option<Refusal> {
    match progress {
        Progress::TooLarge => Some(Refusal::BodyTooLarge),
        Progress::Broken => Some(Refusal::BodyBroken),
        Progress::Untouched | Progress::Flowing | Progress::Ended => None,
    }
}

fn log(service: Service, error: &ClientError) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::warn!(upstream = service.name(), %error, cause, "a service could not be asked");
}
