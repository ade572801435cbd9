//! An order with what `?expand=` names.

use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use api_gateway::routes::{Expansion, Route, Service};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use cartwright_web::identity::Subject;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio_util::sync::DropGuard;

use crate::support::{Reply, Seen, TestGateway, Token, echo, nobody, start, subject_of};

const ID: &str = "0198b5a0-7c1e-7e7d-9c55-3d0f4d9b7a10";
/// More than the gateway adds to.
const LARGE: usize = 600 * 1024;

/// What a stand-in answers.
type Says = fn() -> Response;

const fn parts(patience: Duration) -> [Expansion; 2] {
    let mut parts = [
        Expansion::new("payments", Service::Order, "/internal/orders/{id}/payments", "Payment"),
        Expansion::new(
            "notifications",
            Service::Notification,
            "/internal/orders/{id}/notifications",
            "Notification",
        ),
    ];
    parts[0].patience = patience;
    parts[1].patience = patience;
    parts
}

static LONG: [Expansion; 2] = parts(Duration::from_mins(1));
static SHORT: [Expansion; 2] = parts(Duration::from_millis(300));
/// Parts are waited for longer than any test is.
static PATIENT: [Route; 1] = [Route::to(Service::Order, "/orders").one(&LONG)];
static IMPATIENT: [Route; 1] = [Route::to(Service::Order, "/orders").one(&SHORT)];

fn order() -> Response {
    let headers = [
        ("content-type", "application/json"),
        ("etag", "\"7\""),
        ("cache-control", "private, no-store"),
        ("x-of-order", "yes"),
    ];
    (headers, r#"{"id": "1", "total": 19.90}"#).into_response()
}

fn list() -> Response {
    ([("content-type", "application/json")], r#"[{"id": "2"}]"#).into_response()
}

fn hangs() -> Body {
    Body::from_stream(futures::stream::pending::<Result<bytes::Bytes, Infallible>>())
}

/// An order service that says these.
async fn orders(order: Says, payments: Says) -> (SocketAddr, DropGuard) {
    let router = Router::new()
        .route("/orders/{id}", get(async move || order()))
        .route("/internal/orders/{id}/payments", get(async move || payments()));
    start(router).await
}

/// A notification service that says this.
async fn notifications(answer: Says) -> (SocketAddr, DropGuard) {
    start(Router::new().route("/internal/orders/{id}/notifications", get(async move || answer()))).await
}

async fn gateway(routes: &'static [Route], orders: SocketAddr, notifications: SocketAddr) -> TestGateway {
    TestGateway::with(|builder| {
        builder.routes = routes;
        builder.addresses[2] = vec![orders];
        builder.addresses[3] = vec![notifications];
    })
    .await
}

fn expanded() -> String {
    format!("/orders/{ID}?expand=payments,notifications")
}

#[tokio::test]
async fn the_order_and_its_parts_are_asked_at_the_same_time() {
    // Nobody answers before all three are asked.
    let barrier = Arc::new(Barrier::new(3));
    let waiting = |answer: fn() -> Response| {
        let barrier = Arc::clone(&barrier);
        get(async move || {
            barrier.wait().await;
            answer()
        })
    };
    let router = Router::new()
        .route("/orders/{id}", waiting(order))
        .route("/internal/orders/{id}/payments", waiting(list));
    let (orders, _orders) = start(router).await;
    let router = Router::new().route("/internal/orders/{id}/notifications", waiting(list));
    let (notifications, _notifications) = start(router).await;
    let gateway = gateway(&PATIENT, orders, notifications).await;
    let response = gateway.call("GET", &expanded()).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["x-of-order"]),
        (200, &"yes".parse().unwrap())
    );
    // What the order says stays as it was written.
    let text = response.text().await.unwrap();
    assert_eq!(text, r#"{"id": "1", "total": 19.90,"payments":[{"id": "2"}],"notifications":[{"id": "2"}]}"#);
}

#[tokio::test]
async fn only_what_is_named_is_asked_and_added() {
    let (orders, _orders) = orders(order, || unreachable!("payments are not asked")).await;
    let (notifications, _notifications) = notifications(list).await;
    let gateway = gateway(&PATIENT, orders, notifications).await;
    let reply = gateway.get(&format!("/orders/{ID}?expand=notifications")).await.expect(200);
    assert_eq!(reply.body, json!({ "id": "1", "total": 19.90, "notifications": [{ "id": "2" }] }));
}

/// Says what it was asked, in a list.
async fn echoes(service: &'static str) -> (SocketAddr, DropGuard) {
    let say = async move |request: Request| {
        let headers: Vec<(String, String)> = request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        let target = request.uri().to_string();
        let said = json!({ "service": service, "target": target, "headers": headers });
        if target.starts_with("/internal") { axum::Json(json!([said])) } else { axum::Json(said) }
    };
    start(Router::new().fallback(say)).await
}

fn sent<'a>(said: &'a Value, name: &str) -> Option<&'a str> {
    let pairs = said["headers"].as_array().unwrap();
    pairs.iter().find(|pair| pair[0] == name).map(|pair| pair[1].as_str().unwrap())
}

#[tokio::test]
async fn everybody_is_asked_in_the_clients_name_and_only_the_order_service_hears_the_clients_words() {
    let ((orders, _orders), (notifications, _notifications)) =
        (echoes("order").await, echoes("notification").await);
    let gateway = gateway(&PATIENT, orders, notifications).await;
    let token = Token::of(&gateway, "customer");
    let request = gateway
        .call("GET", &format!("/orders/{ID}?order_token=o%2D1&expand=payments,notifications"))
        .bearer_auth(token.sign())
        .header("x-order-token", "o-2")
        .header("x-request-id", "r-1")
        .header("if-none-match", "\"7\"")
        .header("accept-encoding", "gzip")
        .header("cookie", "a=1");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let packed = response.bytes().await.unwrap();
    let order: Value = serde_json::from_reader(flate2::read::GzDecoder::new(&packed[..])).unwrap();
    let (payments, notifications) = (&order["payments"][0], &order["notifications"][0]);

    assert_eq!(order["target"], format!("/orders/{ID}?order_token=o%2D1"));
    assert_eq!(payments["target"], format!("/internal/orders/{ID}/payments?order_token=o%2D1"));
    assert_eq!(notifications["target"], format!("/internal/orders/{ID}/notifications"));
    for (said, audience, patience) in
        [(&order, "order", "30000"), (payments, "order", "60000"), (notifications, "notification", "60000")]
    {
        assert_eq!(said["service"], audience);
        assert_eq!(sent(said, "x-request-id"), Some("r-1"));
        assert_eq!(sent(said, "x-internal-patience"), Some(patience));
        assert_eq!((sent(said, "if-none-match"), sent(said, "accept-encoding")), (None, None));
        let subject = subject_of(&json!(sent(said, "authorization")), audience, &gateway);
        assert!(matches!(subject, Subject::User { session, .. } if session == token.session()));
    }
    let words =
        [&order, payments, notifications].map(|said| (sent(said, "x-order-token"), sent(said, "cookie")));
    assert_eq!(words, [(Some("o-2"), Some("a=1")), (Some("o-2"), None), (None, None)]);
}

#[tokio::test]
async fn a_part_that_cannot_be_had_is_null_and_named() {
    type Case = (&'static str, fn() -> Response);
    let cases: [Case; 7] = [
        ("service_unavailable", || StatusCode::SERVICE_UNAVAILABLE.into_response()),
        ("upstream_failed", || StatusCode::INTERNAL_SERVER_ERROR.into_response()),
        ("upstream_failed", || StatusCode::NOT_FOUND.into_response()),
        ("upstream_failed", || "{}".into_response()),
        ("upstream_failed", || format!("[\"{}\"]", "x".repeat(LARGE)).into_response()),
        ("upstream_timeout", || StatusCode::GATEWAY_TIMEOUT.into_response()),
        // It begins to answer and does not go on.
        ("upstream_timeout", || hangs().into_response()),
    ];
    for (code, answer) in cases {
        let ((orders, _orders), (notifications, _notifications)) =
            (orders(order, list).await, notifications(answer).await);
        let gateway = gateway(&IMPATIENT, orders, notifications).await;
        let reply = gateway.get(&expanded()).await.expect(200);
        let expected = json!({
            "id": "1", "total": 19.90, "payments": [{ "id": "2" }], "notifications": null,
            "expand_errors": [{ "name": "notifications", "code": code }],
        });
        assert_eq!(reply.body, expected);
    }
}

#[tokio::test]
async fn an_order_is_told_while_a_service_of_its_parts_is_away_or_silent() {
    let (orders, _orders) = orders(order, list).await;
    let silent = Router::new().fallback(async || -> StatusCode { pending().await });
    let (silent, _silent) = start(silent).await;
    for (address, code) in [(nobody().await, "service_unavailable"), (silent, "upstream_timeout")] {
        let gateway = gateway(&IMPATIENT, orders, address).await;
        let reply = gateway.get(&expanded()).await.expect(200);
        assert_eq!((&reply.body["id"], &reply.body["notifications"]), (&json!("1"), &Value::Null));
        assert_eq!(reply.body["expand_errors"], json!([{ "name": "notifications", "code": code }]));
        assert_eq!(reply.body["payments"], json!([{ "id": "2" }]));
    }
}

#[tokio::test]
async fn an_order_that_is_not_told_decides_at_once_and_no_part_is_seen() {
    let cases: [Says; 5] = [
        || (StatusCode::UNAUTHORIZED, [("www-authenticate", "Bearer")], "{\"code\":\"x\"}").into_response(),
        || (StatusCode::FORBIDDEN, "{\"code\":\"x\"}").into_response(),
        || (StatusCode::NOT_FOUND, [("x-of-order", "yes")], "{\"code\":\"x\"}").into_response(),
        || (StatusCode::INTERNAL_SERVER_ERROR, "{\"code\":\"x\"}").into_response(),
        || (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "9")], "{\"code\":\"x\"}").into_response(),
    ];
    for answer in cases {
        // One part is there at once, the other never.
        let (orders, _orders) = orders(answer, list).await;
        let (notifications, _notifications) = notifications(|| hangs().into_response()).await;
        let gateway = gateway(&PATIENT, orders, notifications).await;
        let expected = answer();
        let reply = gateway.get(&expanded()).await.expect(expected.status().as_u16());
        assert_eq!(reply.body, json!({ "code": "x" }));
        for name in ["www-authenticate", "x-of-order", "retry-after"] {
            assert_eq!(reply.headers.get(name), expected.headers().get(name));
        }
    }
    let gateway = gateway(&PATIENT, nobody().await, notifications(list).await.0).await;
    gateway.get(&expanded()).await.expect_problem(503, "service_unavailable");
}

#[tokio::test]
async fn a_name_that_is_unknown_or_there_twice_is_refused_and_nobody_is_asked() {
    let gateway = TestGateway::new().await;
    for (query, codes) in [
        ("expand=refunds", &["unknown_value"][..]),
        ("expand=", &["unknown_value"]),
        ("expand=payments,payments", &["repeated"]),
        ("expand=payments&expand=notifications", &["repeated"]),
        ("expand=payments,payments,lines", &["unknown_value", "repeated"]),
    ] {
        let reply =
            gateway.get(&format!("/orders/{ID}?{query}")).await.expect_problem(422, "validation_failed");
        let errors = reply.body["errors"].as_array().unwrap();
        let found: Vec<_> = errors.iter().map(|error| error["code"].as_str().unwrap()).collect();
        assert_eq!(found, codes, "{query}");
        assert!(errors.iter().all(|error| error["pointer"] == "expand"), "{query}");
        assert_eq!(reply.header("cache-control"), "private, no-store");
    }
    assert_eq!(gateway.seen.requests(), 0);
}

#[tokio::test]
async fn what_cannot_be_expanded_is_asked_as_it_was() {
    let gateway = TestGateway::new().await;
    for target in [
        "/orders?expand=payments".to_owned(),
        format!("/orders/{ID}/events?expand=refunds"),
        format!("/payments/{ID}?expand=payments"),
        "/orders/latest?expand=payments".to_owned(),
    ] {
        assert_eq!(gateway.get(&target).await.expect(200).body["target"], target);
    }
    let target = format!("/orders/{ID}/pay?expand=payments");
    assert_eq!(Reply::of(gateway.call("POST", &target)).await.expect(200).body["target"], target);
}

#[tokio::test]
async fn an_orders_tag_is_not_that_of_the_order_with_its_parts() {
    let router = Router::new().route(
        "/orders/{id}",
        get(async |request: Request| {
            let has = request.headers().get("if-none-match").is_some_and(|tag| tag == "\"7\"");
            if has { (StatusCode::NOT_MODIFIED, [("etag", "\"7\"")]).into_response() } else { order() }
        }),
    );
    let (orders, _orders) = start(router).await;
    let (notifications, _notifications) = notifications(list).await;
    let gateway = gateway(&PATIENT, orders, notifications).await;
    let ask = async |method: &str, path: &str| {
        Reply::of(gateway.call(method, path).header("if-none-match", "\"7\"")).await
    };
    let plain = ask("GET", &format!("/orders/{ID}")).await.expect(304);
    assert_eq!(plain.header("etag"), "\"7\"");
    let path = format!("/orders/{ID}?expand=notifications");
    let expanded = ask("GET", &path).await.expect(200);
    assert_eq!(expanded.body["notifications"], json!([{ "id": "2" }]));
    let head = ask("HEAD", &path).await.expect(200);
    for reply in [expanded, head] {
        assert_eq!(reply.headers.get("etag"), None);
        assert_eq!(reply.header("cache-control"), "private, no-store");
    }
}

#[tokio::test]
async fn an_order_that_is_too_long_to_be_added_to_is_no_answer_and_still_one_without_parts() {
    fn long() -> Response {
        format!("{{\"note\": \"{}\"}}", "x".repeat(LARGE)).into_response()
    }
    let (orders, _orders) = orders(long, list).await;
    let (notifications, _notifications) = notifications(list).await;
    let gateway = gateway(&PATIENT, orders, notifications).await;
    gateway.get(&expanded()).await.expect_problem(502, "upstream_failed");
    gateway.get(&format!("/orders/{ID}")).await.expect(200);
}

#[tokio::test]
async fn the_shops_own_table_adds_payments_and_notifications_to_an_order() {
    let seen = Arc::new(Seen::default());
    let (address, _guard) = start(echo("order", seen.clone())).await;
    let gateway = TestGateway::with(|builder| builder.addresses[2] = vec![address]).await;
    // The stand-ins' answers to the questions for parts are no lists.
    let reply = gateway.get(&expanded()).await.expect(200);
    let missing = |name| json!({ "name": name, "code": "upstream_failed" });
    assert_eq!(reply.body["target"], format!("/orders/{ID}"));
    assert_eq!(reply.body["expand_errors"], json!([missing("payments"), missing("notifications")]));
    assert_eq!((seen.requests(), gateway.seen.requests()), (2, 1));
}
