//! Strong ETags and what clients do with them.

use axum::http::header::{HeaderMap, HeaderValue, IF_NONE_MATCH};

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
