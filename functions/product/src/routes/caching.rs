//! The catalogue is public: the same for everybody, and caches may keep it. So does this process, for a moment; staff are
//! always told what is true now.

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, LINK, VARY};
use axum::response::{IntoResponse as _, Response};
use cartwright_web::problem::Answer;
use cartwright_web::{Caller, etag};

use crate::read_cache::Kept;
use crate::state::State;

/// A change shows within 5 s: 3 here, after the 2 that [`crate::read_cache::KEPT`] is.
const PUBLIC: HeaderValue = HeaderValue::from_static("public, max-age=3, stale-while-revalidate=30");
/// Staff see a change at once.
pub const STAFF: HeaderValue = HeaderValue::from_static("private, no-store");

/// The answer that is kept under `key` (its path and query), or that `read` makes. With its `ETag`, if it has one, or 304
/// when the client has it.
pub async fn public<F>(
    state: &State,
    caller: &Caller,
    request: &HeaderMap,
    key: String,
    read: impl FnOnce() -> F,
) -> Answer<Response>
where
    F: Future<Output = Answer<Kept>>,
{
    if caller.is_staff() {
        return Ok(response(request, read().await?, STAFF));
    }
    if let Some(kept) = state.reads.get(&key) {
        return Ok(response(request, kept, PUBLIC));
    }
    let before = state.reads.before();
    let kept = read().await?;
    state.reads.keep(key, before, kept.clone());
    Ok(response(request, kept, PUBLIC))
}

/// A list that is searched anew every time; its words depend on the language of the request.
pub fn searched(caller: &Caller, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, if caller.is_staff() { STAFF } else { PUBLIC });
    headers.insert(VARY, HeaderValue::from_static("accept-language"));
    response
}

fn response(request: &HeaderMap, kept: Kept, cache_control: HeaderValue) -> Response {
    let not_modified = kept.tag.as_ref().is_some_and(|tag| etag::is_not_modified(request, tag));
    let mut response = if not_modified {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Response::new(Body::from(kept.body));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, cache_control);
    for (name, value) in [(ETAG, kept.tag), (LINK, kept.link)] {
        if let Some(value) = value {
            headers.insert(name, value);
        }
    }
    response
}
