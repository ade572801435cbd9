//! Around every request: its id and trace, one log line, its metrics, and problems written out.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, OriginalUri, Request, State};
use axum::http::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use cartwright_runtime::context::Context;
use cartwright_runtime::metrics::{self, HistogramVec, Series};
use cartwright_runtime::traces::{self, Ended, Kind};
use cartwright_runtime::{Invoked, Usage};
use cartwright_types::{SystemClock, new_uuid};
use tracing::Instrument as _;

use crate::Problem;
use crate::problem::MEDIA_TYPE;

/// `X-Request-Id`
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// `traceparent`
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// For how many milliseconds whoever asks waits for the answer. From inside only: the gateway says it, and drops what comes
/// from outside.
pub const PATIENCE: HeaderName = HeaderName::from_static("x-internal-patience");
/// `Server-Timing`, in `local` only.
pub const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

static DURATION: LazyLock<HistogramVec> = LazyLock::new(|| {
    metrics::histogram(
        "http_request_duration_seconds",
        "Time from a request's head to its answer's head",
        &["method", "route", "status"],
    )
});

/// A request that was answered.
pub struct Answered<'a> {
    /// Its ids.
    pub context: &'a Context,
    /// Its method, one of the known ones.
    pub method: &'static str,
    /// The route's pattern; never the path, which may hold what is nobody's business.
    pub route: &'a str,
    /// The answer's status.
    pub status: StatusCode,
    /// How long it took.
    pub took: Duration,
}

/// Counts an answer and writes its span.
pub fn note(answered: &Answered<'_>) {
    let Answered { context, method, route, status, took } = *answered;
    DURATION.with_label_values(&[method, route, status.as_str()]).observe(took.as_secs_f64());
    if traces::is_on() {
        traces::record(Ended {
            context,
            kind: Kind::Server,
            name: format!("{method} {route}").into(),
            took,
            attributes: vec![
                ("http.request.method", method.to_owned()),
                ("http.route", route.to_owned()),
                ("http.response.status_code", status.as_str().to_owned()),
                ("cartwright.request_id", context.request_id.clone()),
            ],
            failed: status.is_server_error(),
        });
    }
}

/// How long requests have taken since the process began, by `method`, `route` and `status`.
#[must_use]
pub fn durations() -> Vec<Series> {
    metrics::series(&DURATION)
}

/// A method as logs and metrics have it; a client may invent one.
#[must_use]
pub fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Whether the answer would be a stream to somebody whom Lambda cannot stream to.
#[must_use]
pub fn is_stream_on_lambda(request: &axum::http::Extensions, headers: &HeaderMap) -> bool {
    request.get::<Invoked>().is_some()
        && headers
            .get_all(ACCEPT)
            .iter()
            .filter_map(|accept| accept.to_str().ok())
            .any(|accept| accept.contains("text/event-stream"))
}

/// What [`around`] is told about the service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around {
    /// SQL statements that a request may need, by method and route; see [`crate::App::query_budgets`].
    pub query_budgets: &'static [(&'static str, u64)],
}

/// What a request may need whose route says nothing else.
const QUERY_BUDGET: u64 = 6;

impl Around {
    /// In `local`: `Server-Timing`, and a warning when the request asked the database too often.
    fn tell(self, usage: &Usage, (method, route): (&str, &str), took: Duration, response: &mut Response) {
        if let Ok(value) = HeaderValue::try_from(usage.server_timing(took)) {
            response.headers_mut().insert(SERVER_TIMING, value);
        }
        let budget = self.query_budgets.iter().find(|(of, _)| of.split_once(' ') == Some((method, route)));
        let budget = budget.map_or(QUERY_BUDGET, |(_, budget)| *budget);
        if usage.queries() > budget {
            tracing::warn!(
                method,
                route,
                queries = usage.queries(),
                budget,
                "a request is over its query budget"
            );
        }
    }
}

/// 1..128 of `[A-Za-z0-9._-]`; anything else is replaced.
#[must_use]
pub fn request_id(sent: Option<&HeaderValue>) -> String {
    let kept = sent.and_then(|value| value.to_str().ok()).filter(|text| {
        (1..=128).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    });
    kept.map_or_else(|| new_uuid(&SystemClock).to_string(), str::to_owned)
}

pub(crate) async fn around(State(around): State<Around>, mut request: Request, next: Next) -> Response {
    let id = request_id(request.headers().get(REQUEST_ID));
    let parent = request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok());
    let patience = request.headers().get(PATIENCE).and_then(|value| value.to_str().ok()?.parse().ok());
    let context = Context::new(id.clone(), parent).within(patience.map(Duration::from_millis));
    let span = tracing::info_span!("request", request_id = id, trace_id = context.trace_id());
    request.extensions_mut().insert(context.clone());
    let path = request
        .extensions()
        .get::<OriginalUri>()
        .map_or_else(|| request.uri().path().to_owned(), |OriginalUri(uri)| uri.path().to_owned());
    let method = method_name(request.method());
    let noted = context.clone();
    let work = async {
        let started = Instant::now();
        let mut response = if is_stream_on_lambda(request.extensions(), request.headers()) {
            Problem::of_status(StatusCode::NOT_ACCEPTABLE).into_response()
        } else {
            next.run(request).await
        };
        let route = response.extensions().get::<MatchedPath>().cloned();
        let route = route.as_ref().map_or("-", MatchedPath::as_str);
        response = finish(response, &path, &id);
        let (status, took) = (response.status(), started.elapsed());
        note(&Answered { context: &noted, method, route, status, took });
        if let Some(usage) = &noted.usage {
            around.tell(usage, (method, route), took, &mut response);
        }
        tracing::info!(
            method,
            route,
            status = status.as_u16(),
            milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            "request"
        );
        response
    };
    context.scope(work).instrument(span).await
}

/// Hands the route's pattern out to [`around`], which is outside the router and cannot see it otherwise.
pub(crate) async fn note_route(route: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}

/// Writes problems out, turns the framework's own errors into problems, adds what every answer has.
fn finish(mut response: Response, path: &str, request_id: &str) -> Response {
    let status = response.status();
    let problem = response.extensions_mut().remove::<Problem>();
    let bare = (status.is_client_error() || status.is_server_error())
        && response.headers().get(CONTENT_TYPE) != Some(&MEDIA_TYPE);
    if problem.is_some() || bare {
        let allow = response.headers_mut().remove(ALLOW);
        let others: Vec<_> = response
            .headers()
            .iter()
            .filter(|(name, _)| name.as_str().starts_with("x-") || name.as_str() == "idempotency-replayed")
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        response = problem.unwrap_or_else(|| Problem::of_status(status)).to_response(path, request_id);
        response.headers_mut().extend(others);
        if let Some(allow) = allow {
            response.headers_mut().insert(ALLOW, allow);
        }
    }
    if let Ok(value) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-store"));
    response
}
