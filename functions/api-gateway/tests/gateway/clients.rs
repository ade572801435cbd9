//! Clients behind proxies, in browsers, with HTTP/2, and who take compressed answers.

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use cartwright_web::etag;
use flate2::read::GzDecoder;
use http::StatusCode;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::io::Read as _;

use crate::support::{Reply, TestGateway, start};

#[tokio::test]
async fn a_proxy_of_ours_is_believed_and_nobody_else() {
    let chain = "6.6.6.6, 198.51.100.7, 10.0.0.9";
    let ask = async |gateway: &TestGateway| {
        let request = gateway.call("GET", "/orders").header("x-forwarded-for", chain);
        let request = request.header("x-forwarded-proto", "https").header("x-forwarded-host", "evil.example");
        Reply::of(request.header("forwarded", "for=6.6.6.6").header("host", "shop.example")).await.expect(200)
    };
    let strict = TestGateway::new().await;
    let reply = ask(&strict).await;
    assert_eq!(reply.sent("x-forwarded-for"), "127.0.0.1");
    assert_eq!(reply.sent("forwarded"), "for=127.0.0.1;host=\"shop.example\";proto=http");
    let behind = TestGateway::with(|builder| builder.trusted_proxies = "127.0.0.0/8,10.0.0.0/24").await;
    let reply = ask(&behind).await;
    assert_eq!(reply.sent("x-forwarded-for"), "198.51.100.7");
    assert_eq!(reply.sent("x-forwarded-proto"), "https");
    assert_eq!(reply.sent("x-forwarded-host"), "shop.example");
    assert_eq!(reply.sent("forwarded"), "for=198.51.100.7;host=\"shop.example\";proto=https");
    let patience: u64 = reply.sent("x-internal-patience").parse().unwrap();
    assert_eq!(patience, 30_000);
    // Whose requests are counted together.
    let behind = TestGateway::with(|builder| {
        builder.trusted_proxies = "127.0.0.0/8";
        builder.scale = "0.1";
    })
    .await;
    let login = async |client: &str| {
        Reply::of(behind.call("POST", "/auth/login").header("x-forwarded-for", client).body("{}"))
            .await
            .status
    };
    for _ in 0..3 {
        assert_eq!(login("198.51.100.7").await, 200);
    }
    assert_eq!((login("198.51.100.7").await, login("198.51.100.8").await), (429, 200));
    // An IPv6 subscriber has a whole network.
    for address in ["2001:db8::1", "2001:db8::2", "2001:db8::ffff:3"] {
        assert_eq!(login(address).await, 200);
    }
    assert_eq!((login("2001:db8::4").await, login("2001:db8:0:1::4").await), (429, 200));
}

#[tokio::test]
async fn a_browser_is_told_which_pages_may_call() {
    let gateway = TestGateway::with(|builder| builder.origins = "https://shop.example").await;
    let preflight = |origin: &'static str| {
        let request = gateway.call("OPTIONS", "/users/me").header("origin", origin);
        Reply::of(request.header("access-control-request-method", "PATCH"))
    };
    let reply = preflight("https://shop.example").await.expect(204);
    assert_eq!(reply.header("access-control-allow-origin"), "https://shop.example");
    assert!(reply.header("access-control-allow-methods").contains("PATCH"));
    assert!(reply.header("access-control-allow-headers").contains("idempotency-key"));
    assert!(reply.header("ratelimit").starts_with("\"read\""));
    let reply = preflight("https://evil.example").await.expect(204);
    assert_eq!((reply.header("access-control-allow-origin"), reply.header("vary")), ("", "origin"));
    assert_eq!(gateway.seen.requests(), 0, "a service was asked");
    // Errors are to be read too.
    for (path, status) in [("/products", 200), ("/nowhere", 404), ("/users/me", 401), ("/", 200)] {
        let request = gateway.call("GET", path).header("origin", "https://shop.example");
        let reply = Reply::of(request).await.expect(status);
        assert_eq!(reply.header("access-control-allow-origin"), "https://shop.example", "{path}");
        assert!(reply.header("access-control-expose-headers").contains("x-request-id"));
    }
    // Without origins an OPTIONS is any request.
    let gateway = TestGateway::new().await;
    let request = gateway.call("OPTIONS", "/products").header("origin", "https://shop.example");
    let reply = Reply::of(request.header("access-control-request-method", "GET")).await.expect(200);
    assert_eq!((reply.header("access-control-allow-origin"), gateway.seen.requests()), ("", 1));
}

fn text() -> String {
    "{\"name\":\"a blue mug\"},".repeat(200)
}

/// Answers with a long text and its tag.
async fn tells(request: Request) -> Response {
    let tag = etag::strong("v1");
    if etag::is_not_modified(request.headers(), &tag) {
        return (StatusCode::NOT_MODIFIED, [("etag", tag)]).into_response();
    }
    let if_match = request.headers().get("if-match").cloned();
    let mut answer = ([("content-type", "application/json")], text()).into_response();
    answer.headers_mut().insert("etag", tag);
    if let Some(if_match) = if_match {
        answer.headers_mut().insert("x-if-match", if_match);
    }
    answer
}

#[tokio::test]
async fn long_text_is_compressed_for_those_who_take_it() {
    let (address, _guard) = start(Router::new().fallback(any(tells))).await;
    let gateway = TestGateway::with(|builder| builder.addresses[1] = vec![address]).await;
    let ask = async |coding: &str, headers: &[(&str, &str)]| {
        let mut request = gateway.call("GET", "/products").header("accept-encoding", coding);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    };
    let plain = ask("identity", &[]).await;
    assert_eq!(
        (plain.headers()["etag"].as_bytes(), plain.headers().get("content-encoding")),
        (&b"\"v1\""[..], None)
    );
    assert_eq!(plain.headers()["vary"], "accept-encoding");
    assert_eq!(plain.text().await.unwrap(), text());
    for (coding, tag) in [("gzip", "\"v1-gzip\""), ("br", "\"v1-br\"")] {
        let packed = ask(coding, &[]).await;
        assert_eq!(packed.status(), 200);
        assert_eq!(
            (packed.headers()["content-encoding"].as_bytes(), packed.headers()["etag"].as_bytes()),
            (coding.as_bytes(), tag.as_bytes())
        );
        assert!(!packed.headers().contains_key("content-length"));
        let bytes = packed.bytes().await.unwrap();
        assert!(bytes.len() * 10 < text().len(), "{coding}: {}", bytes.len());
        if coding == "gzip" {
            let mut back = String::new();
            GzDecoder::new(&bytes[..]).read_to_string(&mut back).unwrap();
            assert_eq!(back, text());
        }
        let same = ask(coding, &[("if-none-match", tag)]).await;
        assert_eq!((same.status().as_u16(), same.headers()["etag"].to_str().unwrap()), (304, tag));
        let changed = ask(coding, &[("if-match", tag)]).await;
        assert_eq!(changed.headers()["x-if-match"], "\"v1\"");
    }
    let same = ask("gzip", &[("if-none-match", "\"v1\"")]).await;
    assert_eq!((same.status().as_u16(), same.headers()["etag"].to_str().unwrap()), (304, "\"v1\""));
}

#[tokio::test]
async fn a_load_balancer_may_speak_http_2() {
    let gateway = TestGateway::new().await;
    let stream = tokio::net::TcpStream::connect(gateway.address).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = |method: &str, path: &str, body: &'static str| {
        http::Request::builder()
            .method(method)
            .uri(format!("http://shop.example{path}"))
            .body(Full::new(bytes::Bytes::from_static(body.as_bytes())))
            .unwrap()
    };
    // Several at once on one connection.
    let answers = futures::future::join_all((0..20).map(|at| {
        let (method, body) = if at % 2 == 0 { ("GET", "") } else { ("POST", "{}") };
        sender.send_request(request(method, &format!("/orders?at={at}"), body))
    }))
    .await;
    for (at, answer) in answers.into_iter().enumerate() {
        let answer = answer.unwrap();
        assert_eq!((answer.status().as_u16(), answer.version()), (200, http::Version::HTTP_2));
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["target"], format!("/orders?at={at}"));
        assert_eq!(body["bytes"], if at % 2 == 0 { 0 } else { 2 });
        let headers = body["headers"].to_string();
        assert!(headers.contains(r#"["x-forwarded-host","shop.example"]"#), "{headers}");
    }
    let answer = sender.send_request(request("GET", "/internal/quotes", "")).await.unwrap();
    assert_eq!(answer.status(), 404);
    // At the end it is told to go, and what runs is answered.
    gateway.stop.cancel();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(5), async {
        while sender.ready().await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    });
    ended.await.unwrap();
}
