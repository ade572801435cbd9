//! Around every request: its id and trace, and one log line.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use cartwright_runtime::context::Context;
use cartwright_web::middleware::{REQUEST_ID, TRACEPARENT, request_id};
use http::header::HeaderValue;
use http::{Request, Response};
use hyper::body::Incoming;
use tracing::Instrument as _;

use crate::state::State;
use crate::{pages, proxy, routes};

/// Answers one request.
pub async fn handle(state: Arc<State>, request: Request<Incoming>, peer: SocketAddr) -> Response<Body> {
    let id = request_id(request.headers().get(REQUEST_ID));
    let parent = request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok());
    let context = Context::new(id, parent);
    let span = tracing::info_span!("request", request_id = context.request_id, trace_id = context.trace_id());
    let (method, path, started) = (request.method().clone(), request.uri().path().to_owned(), Instant::now());
    let work = async {
        let route = routes::route(&path);
        let answer = match route {
            Some(route) => proxy::forward(&state, route, request, peer, &context).await,
            None => pages::answer(&state, &method, &path, peer).await,
        };
        let mut response = answer.unwrap_or_else(|problem| problem.to_response(&path, &context.request_id));
        if let Ok(value) = HeaderValue::from_str(&context.request_id) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        // The route's prefix, not the path: a path may hold what is nobody's business.
        tracing::info!(
            method = %method,
            route = route.map_or("-", |route| route.prefix),
            upstream = route.map_or("-", |route| route.upstream.name()),
            status = response.status().as_u16(),
            milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "request"
        );
        response
    };
    work.instrument(span).await
}
