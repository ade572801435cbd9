//! Around every request: its id and trace, one log line, and problems written out.

use std::time::Instant;

use axum::extract::{MatchedPath, OriginalUri, Request};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use cartwright_runtime::context::Context;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::Problem;
use crate::problem::MEDIA_TYPE;

/// `X-Request-Id`
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// `traceparent`
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// 1..128 of `[A-Za-z0-9._-]`; anything else is replaced.
#[must_use]
pub fn request_id(sent: Option<&HeaderValue>) -> String {
    let kept = sent.and_then(|value| value.to_str().ok()).filter(|text| {
        (1..=128).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    });
    kept.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

pub(crate) async fn around(mut request: Request, next: Next) -> Response {
    let id = request_id(request.headers().get(REQUEST_ID));
    let parent = request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok());
    let context = Context::new(id.clone(), parent);
    let span = tracing::info_span!("request", request_id = id, trace_id = context.trace_id());
    request.extensions_mut().insert(context.clone());
    let path = request
        .extensions()
        .get::<OriginalUri>()
        .map_or_else(|| request.uri().path().to_owned(), |OriginalUri(uri)| uri.path().to_owned());
    let method = request.method().clone();
    let work = async {
        let started = Instant::now();
        let mut response = next.run(request).await;
        let route = response.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned());
        response = finish(response, &path, &id);
        // The route's pattern, not the path: a path may hold what is nobody's business.
        tracing::info!(
            method = %method,
            route = route.as_deref().unwrap_or("-"),
            status = response.status().as_u16(),
            milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
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
