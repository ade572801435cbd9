//! `If-Match`, where it is asked for or may be sent.

use axum::http::header::HeaderMap;
use axum::http::{StatusCode, header};
use cartwright_web::{Problem, etag};

/// Whether a change may go on that needs `If-Match`, whatever it names.
///
/// # Errors
/// 428 `precondition_required`
pub fn required(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.contains_key(header::IF_MATCH) {
        return Ok(());
    }
    Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, "precondition_required")
        .detail("Send If-Match with its ETag, so that nobody's change is overwritten; * is any."))
}

/// Holds `If-Match`, if it was sent, against a version.
///
/// # Errors
/// 412 `precondition_failed`
pub fn check(headers: &HeaderMap, version: i64) -> Result<(), Problem> {
    etag::check_if_match(headers, &etag::strong(&version.to_string()))
}
