//! The catalogue is public: the same for everybody, and caches may keep it.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, ETAG, HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use cartwright_web::{Caller, etag};

/// A change shows within 5 s.
const PUBLIC: HeaderValue = HeaderValue::from_static("public, max-age=5, stale-while-revalidate=30");
/// Staff see a change at once.
const STAFF: HeaderValue = HeaderValue::from_static("private, no-store");

/// Adds `Cache-Control`.
pub fn cached(caller: &Caller, answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    response.headers_mut().insert(CACHE_CONTROL, if caller.is_staff() { STAFF } else { PUBLIC });
    response
}

/// A single resource: with its `ETag`, or 304 when the client has it.
pub fn resource(
    caller: &Caller,
    request: &HeaderMap,
    tag: &str,
    answer: impl FnOnce() -> Response,
) -> Response {
    let tag = etag::strong(tag);
    let response = if etag::is_not_modified(request, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        answer()
    };
    let mut response = cached(caller, response);
    response.headers_mut().insert(ETAG, tag);
    response
}
