//! Strong ETags and what clients do with them.

use axum::http::StatusCode;
use axum::http::header::{HeaderMap, HeaderValue, IF_MATCH, IF_NONE_MATCH};

use crate::Problem;

/// A strong tag of `parts`, such as an id's version: `"7"`, `"7-12"`. The parts are plain ASCII.
///
/// # Panics
/// When a part is not visible ASCII, which versions and hashes are.
#[must_use]
pub fn strong(parts: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{parts}\"")).expect("versions and hashes are visible ASCII")
}

/// Whether `If-None-Match` names `etag` (weak comparison, RFC 9110 section 13.1.2): answer 304.
#[must_use]
pub fn is_not_modified(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    let Ok(etag) = etag.to_str() else { return false };
    headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|list| {
        list.trim() == "*" || list.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag)
    })
}

/// Whether `If-Match` names a tag that `fits` (`*` always does); None when it was not sent.
#[must_use]
pub fn if_match(headers: &HeaderMap, fits: impl Fn(&str) -> bool) -> Option<bool> {
    let mut sent = headers.get_all(IF_MATCH).iter().peekable();
    sent.peek()?;
    let mut tags =
        sent.filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(',')).map(str::trim);
    Some(tags.any(|tag| tag == "*" || fits(tag)))
}

/// Holds `If-Match`, if it was sent, against the present tag (RFC 9110, section 13.1.1: strong comparison).
///
/// # Errors
/// 412 `precondition_failed`.
pub fn check_if_match(headers: &HeaderMap, etag: &HeaderValue) -> Result<(), Problem> {
    match if_match(headers, |tag| tag.as_bytes() == etag.as_bytes()) {
        Some(false) => Err(precondition_failed()),
        Some(true) | None => Ok(()),
    }
}

/// 412 `precondition_failed`.
#[must_use]
pub fn precondition_failed() -> Problem {
    Problem::new(StatusCode::PRECONDITION_FAILED, "precondition_failed")
        .detail("It was changed since you read it. Read it again; its ETag is what If-Match must name.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match_passes_when_absent_or_when_one_of_its_tags_is_the_present_one() {
        let check = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(IF_MATCH, HeaderValue::from_static(value));
            }
            check_if_match(&headers, &strong("7")).is_ok()
        };
        for fits in [&[][..], &["\"7\""], &["*"], &["\"6\", \"7\""], &["\"6\"", "\"7\""]] {
            assert!(check(fits), "{fits:?}");
        }
        for stale in [&["\"6\""][..], &["W/\"7\""], &["7"], &[""]] {
            assert!(!check(stale), "{stale:?}");
        }
    }
}
