//! `If-Match` on a product or category. Its `ETag` has its version in front, then what is shown beside it, such as availability: whoever
//! changes a product has to know of its own part only.

use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use cartwright_web::{Problem, etag};

/// Whether a change may go on that needs `If-Match`, given the version of the product.
///
/// # Errors
/// 428 `precondition_required` without the header, 412 `precondition_failed` when it names another version.
pub fn check(headers: &HeaderMap, version: i64) -> Result<(), Problem> {
    match fits(headers, version) {
        Some(true) => Ok(()),
        Some(false) => Err(etag::precondition_failed()),
        None => Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, "precondition_required")
            .detail("Send If-Match with its ETag, so that nobody's change is overwritten; * is any.")),
    }
}

/// Whether `If-Match` names the version, by whatever follows it in the tag.
pub fn names(headers: &HeaderMap, version: i64) -> bool {
    fits(headers, version) == Some(true)
}

fn fits(headers: &HeaderMap, version: i64) -> Option<bool> {
    let version = version.to_string();
    etag::if_match(headers, |tag| {
        let own = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
        own.and_then(|own| own.split('-').next()) == Some(&version)
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use axum::http::header::IF_MATCH;

    use super::*;

    #[test]
    fn only_the_version_in_front_counts() {
        let status = |value: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.extend(value.map(|value| (IF_MATCH, HeaderValue::from_static(value))));
            check(&headers, 7).err().map(|problem| problem.status.as_u16())
        };
        for fits in ["\"7\"", "\"7-3-il\"", "*", "\"6-1-i\", \"7-1-i\""] {
            assert_eq!(status(Some(fits)), None, "{fits}");
        }
        for stale in ["\"6-7-i\"", "W/\"7-3-i\"", "7", "\"70\"", ""] {
            assert_eq!(status(Some(stale)), Some(412), "{stale}");
        }
        assert_eq!(status(None), Some(428));
    }
}
