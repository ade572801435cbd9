//! `Accept-Language` (RFC 9110, section 12.5.4).

use axum::http::header::{ACCEPT_LANGUAGE, HeaderMap};
use serde_json::Value;

use crate::rules;

/// The language that a client likes best, as a tag that [`rules::locale`] lets through; the first of equals.
///
/// ```
/// # use axum::http::header::{ACCEPT_LANGUAGE, HeaderMap, HeaderValue};
/// let headers = HeaderMap::from_iter([(ACCEPT_LANGUAGE, HeaderValue::from_static("en;q=0.5, de-AT"))]);
/// assert_eq!(cartwright_web::language::preferred(&headers).as_deref(), Some("de-AT"));
/// ```
#[must_use]
pub fn preferred(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(String, f32)> = None;
    for range in text.split(',') {
        let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
        let weight =
            weight.trim().strip_prefix("q=").and_then(|text| text.parse::<f32>().ok()).unwrap_or(0.0);
        let (language, rest) = tag.trim().split_once('-').unwrap_or((tag.trim(), ""));
        let mut tag = language.to_ascii_lowercase();
        if !rest.is_empty() {
            tag = format!("{tag}-{rest}");
        }
        let Ok(tag) = rules::locale(Value::String(tag)) else { continue };
        if weight > best.as_ref().map_or(0.0, |(_, weight)| *weight) {
            best = Some((tag, weight));
        }
    }
    best.map(|(tag, _)| tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_tag_with_the_greatest_weight_is_taken_and_what_is_no_tag_passed_over() {
        for (text, expected) in [
            ("de", Some("de")),
            ("fr;q=0.3, EN-gb;q=0.9, de;q=0.8", Some("en-gb")),
            ("de, en", Some("de")),
            ("*", None),
            ("*, es;q=0.1", Some("es")),
            ("en;q=0", None),
            ("en;q=NaN, x", None),
            ("", None),
            ("<script>, it", Some("it")),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(text));
            assert_eq!(preferred(&headers).as_deref(), expected, "{text}");
        }
    }
}
