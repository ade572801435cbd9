//! Which headers pass through, in both directions.

use std::time::Duration;

use bytes::BytesMut;
use cartwright_runtime::context::Context;
use cartwright_web::middleware::{PATIENCE, REQUEST_ID, TRACEPARENT};
use http::header::{AUTHORIZATION, CONNECTION, HeaderMap, HeaderName, HeaderValue};

use crate::client::{Client, FORWARDED_FOR, FORWARDED_PROTO};
use crate::error::Refusal;
use crate::target::is_host;

const FORWARDED: HeaderName = HeaderName::from_static("forwarded");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const REFRESH_TOKEN: HeaderName = HeaderName::from_static("x-refresh-token");

/// Bytes of what is written into the headers of a request, but for the token: ids, addresses, a usual host twice.
const WRITTEN: usize = 512;

/// What belongs to one connection and not to the message (RFC 9110, 7.6.1), and its relatives of old.
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-authenticate"),
    HeaderName::from_static("proxy-authorization"),
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("te"),
    HeaderName::from_static("trailer"),
    HeaderName::from_static("transfer-encoding"),
    HeaderName::from_static("upgrade"),
];

/// What the gateway alone may say to a service.
fn is_ours(name: &str) -> bool {
    // `Expect` is answered here; `Host` is that of the service.
    matches!(
        name,
        "authorization"
            | "expect"
            | "forwarded"
            | "host"
            | "traceparent"
            | "x-real-ip"
            | "x-refresh-token"
            | "x-request-id"
    ) || ["x-forwarded-", "x-user-", "x-internal-", "x-cartwright-"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// Who calls, in the words that the service understands.
pub struct Introduction<'a> {
    /// The request's id and trace.
    pub context: &'a Context,
    /// Whom the request is from.
    pub client: Client,
    /// What the client calls us.
    pub host: Option<&'a str>,
    /// How long an answer is waited for.
    pub patience: Duration,
    /// The internal token.
    pub identity: &'a str,
    /// The refresh token, on the route that takes it as a bearer.
    pub refresh_token: Option<&'a HeaderValue>,
}

/// The headers of the request that goes to the service.
///
/// # Errors
/// 400 when a value cannot be a header, which ids and tokens of ours never are.
pub fn for_service(incoming: &HeaderMap, introduction: &Introduction<'_>) -> Result<HeaderMap, Refusal> {
    let named = named_by_connection(incoming);
    let mut headers = HeaderMap::with_capacity(incoming.len() + 4);
    for (name, value) in incoming {
        if !HOP_BY_HOP.contains(name) && !is_ours(name.as_str()) && !named.contains(name) {
            headers.append(name.clone(), value.clone());
        }
    }
    let Introduction { context, identity, .. } = introduction;
    // One piece of memory for all that is written here.
    let mut written = BytesMut::with_capacity(identity.len() + WRITTEN);
    let mut text = |parts: &[&str]| {
        for part in parts {
            written.extend_from_slice(part.as_bytes());
        }
        HeaderValue::from_maybe_shared(written.split().freeze()).map_err(|_| Refusal::MalformedPath)
    };
    let mut identity = text(&["Bearer ", identity])?;
    identity.set_sensitive(true);
    headers.insert(AUTHORIZATION, identity);
    headers.insert(REQUEST_ID, text(&[&context.request_id])?);
    headers.insert(TRACEPARENT, text(&[&context.traceparent])?);
    headers.insert(
        PATIENCE,
        HeaderValue::from(u64::try_from(introduction.patience.as_millis()).unwrap_or(u64::MAX)),
    );
    let Client { address, is_https } = introduction.client;
    let proto = if is_https { "https" } else { "http" };
    let plain = address.to_string();
    headers.insert(FORWARDED_FOR, text(&[&plain])?);
    headers.insert(FORWARDED_PROTO, HeaderValue::from_static(proto));
    // What is no name or address cannot be quoted either.
    let host = introduction.host.filter(|host| is_host(host));
    if let Some(host) = host {
        headers.insert(FORWARDED_HOST, text(&[host])?);
    }
    // RFC 7239, section 4
    let (before, behind) = if address.is_ipv6() { ("for=\"[", "]\"") } else { ("for=", "") };
    let forwarded = match host {
        None => text(&[before, &plain, behind, ";proto=", proto])?,
        Some(host) => text(&[before, &plain, behind, ";host=\"", host, "\";proto=", proto])?,
    };
    headers.insert(FORWARDED, forwarded);
    if let Some(token) = introduction.refresh_token {
        headers.insert(REFRESH_TOKEN, token.clone());
    }
    Ok(headers)
}

/// Takes out of an answer what belongs to the connection it came by.
pub fn clean_answer(headers: &mut HeaderMap) {
    for name in named_by_connection(headers) {
        headers.remove(name);
    }
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
}

fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value);
        }
        headers
    }

    #[test]
    fn a_service_hears_about_the_caller_from_the_gateway_only() {
        let incoming = map(&[
            ("accept", "application/json"),
            ("authorization", "Bearer outside"),
            ("connection", "close, X-Secret"),
            ("cookie", "a=1"),
            ("forwarded", "for=1.2.3.4"),
            ("host", "shop.example"),
            ("te", "trailers"),
            ("upgrade", "websocket"),
            ("x-cart-token", "c"),
            ("x-order-token", "o"),
            ("x-forwarded-for", "1.2.3.4"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "https"),
            ("x-refresh-token", "outside"),
            ("x-secret", "s"),
            ("x-user-id", "1"),
        ]);
        let context = Context::new("r-1", None);
        let client = Client { address: "192.0.2.1".parse().unwrap(), is_https: true };
        let introduction = Introduction {
            context: &context,
            client,
            host: Some("shop.example"),
            patience: Duration::from_secs(30),
            identity: "inside",
            refresh_token: None,
        };
        let headers = for_service(&incoming, &introduction).unwrap();
        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        let expected = [
            "accept",
            "authorization",
            "cookie",
            "forwarded",
            "traceparent",
            "x-cart-token",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto",
            "x-internal-patience",
            "x-order-token",
            "x-request-id",
        ];
        assert_eq!(names, expected);
        assert_eq!(headers["authorization"], "Bearer inside");
        assert_eq!(headers["x-forwarded-for"], "192.0.2.1");
        assert_eq!(headers["x-forwarded-host"], "shop.example");
        assert_eq!(headers["forwarded"], "for=192.0.2.1;host=\"shop.example\";proto=https");
        assert_eq!(headers["x-internal-patience"], "30000");
        assert_eq!(headers["x-request-id"], "r-1");
    }

    #[test]
    fn an_address_of_ipv6_is_quoted_and_a_host_that_is_none_is_left_out() {
        let context = Context::new("r-1", None);
        let client = Client { address: "2001:db8::1".parse().unwrap(), is_https: false };
        let introduction = Introduction {
            context: &context,
            client,
            host: Some("a\";for=x"),
            patience: Duration::from_secs(30),
            identity: "inside",
            refresh_token: None,
        };
        let headers = for_service(&HeaderMap::new(), &introduction).unwrap();
        assert_eq!(headers["forwarded"], "for=\"[2001:db8::1]\";proto=http");
        assert_eq!(headers["x-forwarded-for"], "2001:db8::1");
        assert!(!headers.contains_key("x-forwarded-host"));
        assert!(is_host("a.example:80") && !is_host("a\";for=x"));
    }

    #[test]
    fn an_answer_keeps_what_belongs_to_the_message() {
        let mut headers = map(&[
            ("connection", "x-hop"),
            ("content-length", "3"),
            ("etag", "\"1\""),
            ("keep-alive", "timeout=5"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
            ("transfer-encoding", "chunked"),
            ("x-hop", "1"),
        ]);
        clean_answer(&mut headers);
        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["content-length", "etag", "set-cookie"]);
        assert_eq!(headers.get_all("set-cookie").iter().count(), 2);
    }
}
