//! `/status`: what operators want to know of the running shop, as JSON and as a page that reads it every two seconds.

mod assets;
mod counts;
mod form;
mod traffic;
mod view;

use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use cartwright_runtime::Readiness;
use cartwright_types::SharedClock;
use chrono::{DateTime, Utc};
use futures::future::join_all;
use http::header::{ACCEPT, CACHE_CONTROL, HeaderMap, VARY};
use http::{StatusCode, Uri};
use tokio::time::Instant;

use super::kept::Kept;
use crate::cache::MicroCache;
use crate::connections::Connections;
use crate::limits::Limits;
use crate::queues::{self, QueueState, Queues};
use crate::routes::Service;
use crate::upstream::{UpstreamState, Upstreams};
use view::{QueuesView, StatusView, Times};

pub use assets::File;
pub use form::Form;
pub use traffic::{Notes, Traffic};

/// An address has this long to say how it is; its own dependencies have 2 s.
const PATIENCE: Duration = Duration::from_secs(3);
/// What the services said counts for this long, however many look.
const REMEMBERED: Duration = Duration::from_secs(1);

/// What operators are told about.
pub struct Operators {
    /// The services.
    pub upstreams: Upstreams,
    /// The limits.
    pub limits: Arc<Limits>,
    /// What is kept of the catalogue.
    pub cache: Arc<MicroCache>,
    /// Connections from the public.
    pub connections: Connections,
    /// Requests that were answered.
    pub traffic: Arc<Traffic>,
    /// The shop's queues.
    pub queues: Arc<dyn Queues>,
    /// Red when the process ends.
    pub readiness: Readiness,
    /// The time.
    pub clock: SharedClock,
}

/// Looks at all of it.
#[derive(Clone)]
pub struct Overview(Arc<Inner>);

struct Inner {
    operators: Operators,
    began: Instant,
    services: Kept<Arc<Services>>,
    queues: Kept<Arc<QueuesView>>,
}

/// The services, as they were when they were looked at.
struct Services {
    at: DateTime<Utc>,
    states: Vec<UpstreamState>,
}

impl Overview {
    /// Has asked nobody yet.
    pub fn new(operators: Operators) -> Self {
        let (services, queues) = (Kept::new(REMEMBERED), Kept::new(queues::KEPT));
        Self(Arc::new(Inner { operators, began: Instant::now(), services, queues }))
    }

    /// Everything, as it is now.
    async fn look(&self) -> StatusView {
        let Inner { operators, began, services, queues } = &*self.0;
        let (services, queues) = tokio::join!(services.get(self.services()), queues.get(self.queues()));
        let (since_start, last_minute) = operators.traffic.windows();
        let times = Times { at: operators.clock.now(), uptime: began.elapsed(), since_start, last_minute };
        StatusView::new(operators, &times, &services, &queues)
    }

    async fn services(&self) -> Arc<Services> {
        let Operators { upstreams, clock, .. } = &self.0.operators;
        let looks = Service::ALL.map(|service| upstreams.look(service, "/health", PATIENCE));
        let states = join_all(looks).await;
        Arc::new(Services { at: clock.now(), states })
    }

    async fn queues(&self) -> Arc<QueuesView> {
        let queues: Vec<QueueState> = self.0.operators.queues.look().await;
        Arc::new(QueuesView::new(self.0.operators.clock.now(), queues))
    }
}

/// JSON for staff; for a browser that goes there, a page without data that asks for a sign-in.
#[utoipa::path(
    get, path = "/status", operation_id = "getStatus", tag = "Service",
    security(("bearer" = [])),
    summary = "See how the shop is running",
    description = "For staff. The services with every address, breaker and dependency; how long requests took as this gateway \
        saw it, answers that it had kept included, since it began and in the last minute; its limits and its cache; the \
        queues and their dead letters. What is counted is counted by this one gateway. The services are asked once a second \
        and the queues once in five, however many look. With `Accept: text/html` it is a page, open to everybody and without \
        data, whose script signs in and reads this every two seconds.",
    responses((status = 200, description = "As it is now.", content(
        (StatusView = "application/json"),
        ("text/html")
    )))
)]
pub async fn status(Extension(overview): Extension<Overview>, headers: HeaderMap) -> Response {
    match Form::wanted(&headers) {
        Form::Html => File::Page.answer(&headers),
        Form::Json => {
            let named = [(CACHE_CONTROL, "private, no-store"), (VARY, ACCEPT.as_str())];
            (named, Json(overview.look().await)).into_response()
        }
    }
}

/// The files of the page.
pub async fn file(uri: Uri, headers: HeaderMap) -> Response {
    match File::find(uri.path()) {
        Some(file) => file.answer(&headers),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
