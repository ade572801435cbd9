//! Which pages of other origins may call from a browser (CORS, the Fetch standard, 3.3): those of `CORS_ORIGINS`, and no
//! other. There are no cookies here, so `Access-Control-Allow-Credentials` is never sent.

use std::str::FromStr;

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap,
    HeaderValue, ORIGIN, VARY,
};
use http::{Method, Uri};

/// What a client may send.
const SENT: HeaderValue = HeaderValue::from_static(
    "accept, accept-language, authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, \
     traceparent, x-cart-token, x-order-token, x-request-id, x-step-up",
);
/// What it may read besides what every page may.
const READ: HeaderValue = HeaderValue::from_static(
    "etag, idempotency-replayed, link, location, ratelimit, ratelimit-policy, retry-after, www-authenticate, \
     x-cart-token, x-request-id",
);
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
/// Seconds for which a browser need not ask again; the longest that they keep to.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// The origins that may.
#[derive(Debug, Clone, Default)]
pub struct Origins(Vec<HeaderValue>);

impl FromStr for Origins {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const HELP: &str = "use origins as browsers send them, like https://shop.example, comma-separated";
        let origin = |text: &str| {
            let value = HeaderValue::from_str(text).ok()?;
            is_origin(text).then_some(value)
        };
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(|part| origin(part).ok_or(HELP)).collect::<Result<_, _>>().map(Self)
    }
}

impl Origins {
    /// Whether a request is a browser's question whether it may call.
    #[must_use]
    pub fn is_preflight(&self, method: &Method, headers: &HeaderMap) -> bool {
        !self.0.is_empty()
            && *method == Method::OPTIONS
            && headers.contains_key(ORIGIN)
            && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
    }

    /// Adds to an answer what the caller's origin may do with it.
    pub fn tell(&self, request: &HeaderMap, is_preflight: bool, answer: &mut HeaderMap) {
        if self.0.is_empty() {
            return;
        }
        // An answer that a cache keeps must not be given to another origin.
        answer.append(VARY, HeaderValue::from_name(ORIGIN));
        let origin = request.get(ORIGIN).filter(|origin| self.0.contains(origin));
        let Some(origin) = origin else { return };
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        if is_preflight {
            answer.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, SENT);
            answer.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        } else {
            answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, READ);
        }
    }
}

/// Scheme, host and a port that is not the scheme's own (RFC 6454, 6.2), as a browser writes it.
fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    let own_port = match uri.scheme_str() {
        Some("https") => 443,
        Some("http") => 80,
        _ => return false,
    };
    let Some(authority) = uri.authority() else { return false };
    let bare = text.split_once("://").map(|(_, rest)| rest);
    bare == Some(authority.as_str())
        && !authority.as_str().contains('@')
        && !text.bytes().any(|byte| byte.is_ascii_uppercase())
        && authority.port_u16() != Some(own_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(origin: &'static str, is_preflight: bool) -> HeaderMap {
        let origins: Origins = "https://shop.example, http://localhost:3000".parse().unwrap();
        let request = HeaderMap::from_iter([(ORIGIN, HeaderValue::from_static(origin))]);
        let mut answer = HeaderMap::new();
        origins.tell(&request, is_preflight, &mut answer);
        answer
    }

    #[test]
    fn an_origin_that_is_named_may_and_no_other() {
        for origin in ["https://shop.example", "http://localhost:3000"] {
            let answer = told(origin, false);
            assert_eq!(answer["access-control-allow-origin"], origin);
            assert!(answer["access-control-expose-headers"].to_str().unwrap().contains("x-cart-token"));
            assert_eq!(told(origin, true)["access-control-max-age"], "7200");
        }
        for origin in
            ["https://shop.example.evil.example", "http://shop.example", "null", "https://SHOP.example"]
        {
            for is_preflight in [true, false] {
                let answer = told(origin, is_preflight);
                assert_eq!(answer.len(), 1, "{origin}: {answer:?}");
                assert_eq!(answer["vary"], "origin");
            }
        }
    }

    #[test]
    fn nothing_is_said_where_no_origin_is_named() {
        let mut answer = HeaderMap::new();
        Origins::default().tell(&HeaderMap::new(), false, &mut answer);
        assert!(answer.is_empty());
    }

    #[test]
    fn what_no_browser_would_send_as_an_origin_is_refused() {
        for bad in
            ["*", "shop.example", "https://shop.example/", "https://shop.example/x", "https://a@b", "ftp://x"]
        {
            bad.parse::<Origins>().unwrap_err();
        }
        for bad in ["https://Shop.example", "https://shop.example:443", "http://shop.example:80", "null"] {
            bad.parse::<Origins>().unwrap_err();
        }
        assert!("".parse::<Origins>().unwrap().0.is_empty());
    }
}
