//! What passes through unchanged, and what does not.

use axum::Router;
use axum::response::Response;
use axum::routing::any;

use crate::support::{Reply, TestGateway, Token, start};

#[tokio::test]
async fn each_path_reaches_its_service_as_it_is() {
    let gateway = TestGateway::new().await;
    let token = Token::of(&gateway, "customer").sign();
    let cases = [
        ("user", "/auth/login"),
        ("user", "/users/me/addresses/"),
        ("product", "/products?q=caf%C3%A9+au%20lait&sort=-price"),
        ("product", "/products/"),
        ("product", "/categories/a%20b"),
        ("order", "/cart/items/1"),
        ("order", "/orders/x/invoice?format=pdf"),
        ("order", "/payments/x"),
        ("order", "/shipping-methods"),
        ("order", "/tax-rates"),
        ("notification", "/notifications/history?limit=1"),
    ];
    for (service, path) in cases {
        let reply = gateway.get_with(path, &token).await.expect(200);
        assert_eq!(reply.body["service"], service, "{path}");
        assert_eq!(reply.body["target"], path);
    }
    for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let reply = Reply::of(gateway.call(method, "/orders").body("{}")).await.expect(200);
        assert_eq!((reply.body["method"].as_str(), reply.body["bytes"].as_u64()), (Some(method), Some(2)));
        assert_eq!(reply.sent("content-length"), "2");
    }
}

#[tokio::test]
async fn headers_of_one_connection_stay_there_in_both_directions() {
    let answer = any(async || {
        Response::builder()
            .header("connection", "x-private")
            .header("x-private", "1")
            .header("keep-alive", "timeout=5")
            .header("proxy-authenticate", "Basic")
            .header("etag", "\"1\"")
            .header("set-cookie", "a=1")
            .header("set-cookie", "b=2")
            .body("ok".to_owned())
            .unwrap()
    });
    let (address, _guard) = start(Router::new().fallback(answer)).await;
    let gateway = TestGateway::with(|builder| builder.addresses[2] = vec![address]).await;
    let reply = gateway.get("/orders").await.expect(200);
    for header in ["connection", "x-private", "keep-alive", "proxy-authenticate"] {
        assert_eq!(reply.header(header), "", "{header}");
    }
    assert_eq!(reply.header("etag"), "\"1\"");
    assert_eq!(reply.headers.get_all("set-cookie").iter().count(), 2);

    let request = gateway
        .call("GET", "/products")
        .header("connection", "keep-alive, X-Private, Authorization")
        .header("x-private", "1")
        .header("te", "trailers")
        .header("upgrade", "websocket")
        .header("proxy-authorization", "Basic x")
        .header("x-cart-token", "kept")
        .header("if-none-match", "\"1\"");
    let reply = Reply::of(request).await.expect(200);
    for header in ["connection", "x-private", "te", "upgrade", "proxy-authorization"] {
        assert_eq!(reply.sent(header), "", "{header}");
    }
    assert_eq!((reply.sent("x-cart-token"), reply.sent("if-none-match")), ("kept".into(), "\"1\"".into()));
    assert!(reply.sent("authorization").starts_with("Bearer "));
}

#[tokio::test]
async fn a_request_id_is_kept_when_it_is_well_formed_and_replaced_otherwise() {
    let gateway = TestGateway::new().await;
    let long = "a".repeat(129);
    for (sent, kept) in
        [("req-1.a_B", true), ("has space", false), ("", false), (&long, false), ("<x>", false)]
    {
        for path in ["/products", "/nowhere", "/health/live", "/"] {
            let reply = Reply::of(gateway.call("GET", path).header("x-request-id", sent)).await;
            let id = reply.header("x-request-id");
            assert_eq!(id == sent, kept, "{sent} at {path}");
            assert!((1..=128).contains(&id.len()));
            if path == "/products" {
                assert_eq!(reply.sent("x-request-id"), id);
            }
        }
    }
}

#[tokio::test]
async fn a_trace_goes_on_through_the_gateway() {
    let gateway = TestGateway::new().await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let request =
        gateway.call("GET", "/products").header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"));
    let passed = Reply::of(request).await.sent("traceparent");
    assert!(passed.contains(trace) && !passed.contains("00f067aa0ba902b7"), "{passed}");
    assert_eq!(gateway.get("/products").await.sent("traceparent").len(), 55);
}

#[tokio::test]
async fn an_error_of_a_service_is_passed_on_untouched() {
    let answer = any(async || {
        let builder = Response::builder().status(409).header("content-type", "application/problem+json");
        builder.body("{\"code\":\"insufficient_stock\"}".to_owned()).unwrap()
    });
    let (address, _guard) = start(Router::new().fallback(answer)).await;
    let gateway = TestGateway::with(|builder| builder.addresses[2] = vec![address]).await;
    let reply = gateway.get("/orders").await.expect(409);
    assert_eq!(reply.body["code"], "insufficient_stock");
}

#[tokio::test]
async fn a_head_request_has_an_answers_headers_and_no_body() {
    let gateway = TestGateway::new().await;
    let response = gateway.call("HEAD", "/products").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_ne!(response.headers()["content-length"], "0");
    assert!(response.bytes().await.unwrap().is_empty());
}
