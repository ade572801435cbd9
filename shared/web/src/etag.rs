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

/// Holds `If-Match`, if it was sent, against the present tag (RFC 9110, section 13.1.1: strong comparison).
///
/// # Errors
/// 412 `precondition_failed`.
pub fn check_if_match(headers: &HeaderMap, etag: &HeaderValue) -> Result<(), Problem> {
    let sent = headers.get_all(IF_MATCH);
    if sent.iter().next().is_none() {
        return Ok(());
    }
    let fits =
        sent.iter().filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(',')).any(|tag| {
            let tag = tag.trim();
            tag == "*" || tag.as_bytes() == etag.as_bytes()
        });
    if fits { Ok(()) } else { Err(precondition_failed()) }
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
