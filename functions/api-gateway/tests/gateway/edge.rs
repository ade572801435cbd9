//! Requests that want to be more than they are.

use crate::support::{Reply, TestGateway};

fn request(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n")
}

#[tokio::test]
async fn what_is_internal_is_not_reached_by_any_spelling() {
    let gateway = TestGateway::new().await;
    let targets = [
        "/internal",
        "/internal/",
        "/internal/quotes",
        "//internal/quotes",
        "///internal",
        "/./internal/quotes",
        "/products/../internal/quotes",
        "/products/..%2finternal",
        "/products/%2e%2e/internal",
        "/products/.%2e/internal",
        "/%2e/internal",
        "/products/%2E%2E%2Finternal",
        "/%69nternal/quotes",
        "/%2finternal",
        "/products//internal",
        "/products\\..\\internal",
        "/products/..;/internal",
        "/products/%00/../internal",
        "/Internal/quotes",
        "http://127.0.0.1/internal/quotes",
        "http://127.0.0.1//internal/quotes",
        "/metrics",
        "/metrics/",
        "/internal?x=/products",
        "/products/x/../../internal",
        "/internal#/products",
        "/products/%5c..%5cinternal",
        "*",
    ];
    for target in targets {
        let answer = gateway.raw(&request(target)).await;
        let status = answer.get(9..12).unwrap_or_default();
        assert!(["400", "404"].contains(&status), "{target}: {answer}");
    }
    assert_eq!(gateway.seen.requests(), 0, "a service saw one of them");
}

#[tokio::test]
async fn an_unknown_path_and_a_malformed_one_are_problems() {
    let gateway = TestGateway::new().await;
    let reply = gateway.get("/nowhere").await.expect_problem(404, "not_found");
    assert_eq!(reply.body["instance"], "/nowhere");
    let answer = gateway.raw(&request("/products/%zz")).await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("\"code\":\"invalid_path\""), "{answer}");
}

#[tokio::test]
async fn two_hosts_are_one_too_many() {
    let gateway = TestGateway::new().await;
    let answer = gateway.raw("GET /orders HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("\"code\":\"bad_request\""), "{answer}");
    assert_eq!(gateway.seen.requests(), 0);
}

#[tokio::test]
async fn a_target_over_8_kib_is_too_long() {
    let gateway = TestGateway::new().await;
    let target = |length: usize| format!("/products?q={}", "a".repeat(length - 12));
    gateway.get(&target(8192)).await.expect(200);
    gateway.get(&target(8193)).await.expect_problem(414, "uri_too_long");
    gateway.get(&format!("/{}", "a".repeat(20_000))).await.expect_problem(414, "uri_too_long");
}

#[tokio::test]
async fn a_body_with_two_framings_is_read_once_and_its_connection_closed() {
    let gateway = TestGateway::new().await;
    let smuggled = "GET /orders/smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
    let framings = [
        format!("Content-Length: {}\r\nTransfer-Encoding: chunked", 5 + smuggled.len()),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {}", 5 + smuggled.len()),
        "Content-Length: 0\r\nTransfer-Encoding: chunked".to_owned(),
    ];
    for (count, framing) in framings.iter().enumerate() {
        let bytes = format!("POST /orders HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n0\r\n\r\n{smuggled}");
        // `raw` reads until the gateway closes, and fails when it does not.
        let answer = gateway.raw(&bytes).await;
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
        assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
        assert_eq!(gateway.seen.requests(), count + 1, "the second request was served");
    }
}

#[tokio::test]
async fn a_body_whose_framing_is_not_clear_is_refused_and_the_connection_closed() {
    let gateway = TestGateway::new().await;
    let framings = [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: +5",
        "Content-Length: 5, 6",
        "Content-Length: 0x5",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding:\u{b}chunked",
        "X: y\r\n Transfer-Encoding: chunked",
    ];
    for framing in framings {
        let bytes = format!(
            "POST /orders HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n0\r\n\r\nGET /orders HTTP/1.1\r\n\r\n"
        );
        let answer = gateway.raw(&bytes).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{framing}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{framing}: {answer}");
    }
    let old = "POST /orders HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(gateway.raw(old).await.get(9..12), Some("400"));
    assert_eq!(gateway.seen.requests(), 0);
}

#[tokio::test]
async fn a_tunnel_is_not_opened() {
    let gateway = TestGateway::new().await;
    let answer = gateway.raw("CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    let upgrade = "GET /orders HTTP/1.1\r\nHost: x\r\nConnection: upgrade, close\r\nUpgrade: h2c\r\n\r\n";
    assert!(gateway.raw(upgrade).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_refused_body_is_not_asked_for_with_100_continue() {
    let gateway = TestGateway::new().await;
    let head = "POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\nExpect: 100-continue\r\n\r\n";
    let answer = gateway.raw(head).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    let request = gateway.call("POST", "/orders").header("expect", "100-continue").body("{}");
    assert_eq!(Reply::of(request).await.expect(200).body["bytes"], 2);
}
