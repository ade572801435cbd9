//! `/status`, the page for operators.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use api_gateway::routes::{Route, Service};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use chrono::{DateTime, Utc};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{Reply, Seen, TestGateway, Token, echo, nobody, start};

static IMPATIENT: [Route; 1] =
    [Route { timeout: Duration::from_millis(100), ..Route::to(Service::Order, "/orders") }];

/// What a browser's navigation sends.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

async fn status(gateway: &TestGateway) -> Value {
    gateway.get_with("/status", &Token::of(gateway, "staff").sign()).await.expect(200).body
}

fn service<'a>(status: &'a Value, name: &str) -> &'a Value {
    status["services"].as_array().unwrap().iter().find(|service| service["name"] == name).unwrap()
}

/// How long after the answer something is said to end.
fn after(status: &Value, until: &Value) -> i64 {
    let time = |value: &Value| value.as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    (time(until) - time(&status["at"])).num_milliseconds()
}

#[tokio::test]
async fn the_json_is_for_staff_only() {
    let gateway = TestGateway::new().await;
    for accept in ["application/json", "*/*", ""] {
        let reply = Reply::of(gateway.call("GET", "/status").header("accept", accept)).await;
        let reply = reply.expect_problem(401, "unauthenticated");
        assert!(reply.header("www-authenticate").starts_with("Bearer"));
    }
    gateway.get("/status/").await.expect_problem(401, "unauthenticated");
    gateway.get_with("/status", "nonsense").await.expect_problem(401, "invalid_token");
    let token = |role| Token::of(&gateway, role).sign();
    gateway.get_with("/status", &token("customer")).await.expect_problem(403, "forbidden");
    assert_eq!(gateway.queues.looks.load(Ordering::SeqCst), 0, "nothing is asked for who may not know");
    for role in ["staff", "admin"] {
        let reply = gateway.get_with("/status", &token(role)).await.expect(200);
        assert_eq!(reply.header("content-type"), "application/json");
        assert!(reply.header("cache-control").contains("no-store"));
        assert_eq!(reply.header("vary"), "accept");
    }
    let post = gateway.call("POST", "/status").bearer_auth(token("staff"));
    let reply = Reply::of(post).await.expect_problem(405, "method_not_allowed");
    assert!(reply.header("allow").contains("GET"));
}

#[tokio::test]
async fn a_browser_gets_a_page_without_data_under_a_strict_policy() {
    let gateway = TestGateway::new().await;
    let answer = gateway.call("GET", "/status").header("accept", BROWSER).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let headers = answer.headers().clone();
    let header = |name: &str| headers[name].to_str().unwrap();
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert_eq!(header("cache-control"), "no-store");
    let vary: Vec<_> = headers.get_all("vary").iter().map(|value| value.to_str().unwrap()).collect();
    assert!(vary.contains(&"accept"), "{vary:?}");
    let policy = header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'; "), "{policy}");
    assert!(policy.contains("form-action 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");

    let page = answer.text().await.unwrap();
    assert!(page.contains("name=\"viewport\"") && page.contains("lang=\"en\""));
    for service in ["notification", "order-events", "127.0.0.1", "database"] {
        assert!(!page.contains(service), "the page tells of {service}");
    }
    assert_eq!(gateway.queues.looks.load(Ordering::SeqCst), 0);
    let files: Vec<&str> =
        page.split("\"/status/").skip(1).map(|rest| rest.split('"').next().unwrap_or_default()).collect();
    assert_eq!(files, ["status.css", "status.js"]);
    for (file, kind) in files.into_iter().zip(["text/css", "text/javascript"]) {
        let path = format!("/status/{file}");
        let reply = gateway.get(&path).await.expect(200);
        assert_eq!(reply.header("content-type"), format!("{kind}; charset=utf-8"));
        let tag = reply.header("etag").to_owned();
        Reply::of(gateway.call("GET", &path).header("if-none-match", tag)).await.expect(304);
    }
    gateway.get("/status/index.html").await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn staff_see_every_service_with_its_version_its_needs_and_its_requests() {
    let gateway = TestGateway::with(|builder| builder.cache_bytes = 1024 * 1024).await;
    let before = status(&gateway).await;
    for _ in 0..3 {
        gateway.get("/orders").await.expect(200);
    }
    gateway.get("/nowhere").await.expect_problem(404, "not_found");
    let now = status(&gateway).await;

    let names: Vec<_> = now["services"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["user", "product", "order", "notification"]);
    let order = service(&now, "order");
    assert_eq!((&order["status"], &order["versions"]), (&json!("ok"), &json!(["1.2.3"])));
    assert_eq!(order["breaker"], json!({ "state": "closed", "until": null }));
    assert_eq!(
        (order["requests_in_flight"].as_u64(), order["requests_at_most"].as_u64()),
        (Some(0), Some(100))
    );
    assert_eq!(order["dependencies"], json!([{ "name": "database", "status": "ok", "milliseconds": 1 }]));
    let replica = &order["replicas"][0];
    assert_eq!((&replica["state"], &replica["health"]), (&json!("ready"), &json!("ok")));
    assert!(replica["address"].as_str().unwrap().starts_with("127.0.0.1:"));
    assert!(replica["ejected_until"].is_null() && replica["milliseconds"].is_u64());

    let requests = |status: &Value, window: &str| service(status, "order")["requests"][window].clone();
    for window in ["since_start", "last_minute"] {
        let (earlier, later) = (requests(&before, window), requests(&now, window));
        assert_eq!(later["count"].as_u64().unwrap() - earlier["count"].as_u64().unwrap(), 3, "{window}");
        let buckets = later["buckets"].as_array().unwrap();
        let counts = buckets.iter().map(|bucket| bucket["count"].as_u64().unwrap());
        assert_eq!((counts.sum::<u64>(), buckets.len()), (later["count"].as_u64().unwrap(), 15));
        assert_eq!((buckets[0]["up_to"].as_f64(), &buckets[14]["up_to"]), (Some(0.5), &Value::Null));
        assert_eq!(later["statuses"]["2xx"], later["count"]);
        let of = |share: &str| later[share].as_f64().unwrap();
        assert!(0.0 < of("p50") && of("p50") <= of("p95") && of("p95") <= of("p99"), "{later}");
    }
    assert!(requests(&now, "last_minute")["seconds"].as_f64().unwrap() < 60.0);
    let own =
        |status: &Value| status["gateway"]["requests"]["since_start"]["statuses"]["4xx"].as_u64().unwrap();
    assert_eq!(own(&now) - own(&before), 1);
    assert!(now["gateway"]["connections"].as_u64().unwrap() >= 1);
    assert_eq!(now["gateway"]["accepting"], true);
    assert_eq!(now["gateway"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(now["cache"]["capacity_bytes"], 1024 * 1024);
}

#[tokio::test]
async fn an_address_that_is_ejected_is_shown_as_such_and_for_how_long() {
    let (gone, seen) = (nobody().await, Arc::new(Seen::default()));
    let (address, _guard) = start(echo("order", seen)).await;
    let gateway = TestGateway::with(|builder| builder.addresses[2] = vec![gone, address]).await;
    let mut now = Value::Null;
    // On a slow machine it may be over when it is looked at; each time it is for twice as long.
    for _ in 0..4 {
        gateway.watch.round().await;
        now = status(&gateway).await;
        if service(&now, "order")["replicas"][0]["state"] == "ejected" {
            break;
        }
    }
    let (status, order) = (&now, service(&now, "order"));
    assert_eq!((&order["status"], order["requests_at_most"].as_u64()), (&json!("degraded"), Some(200)));
    let [out, good] = [&order["replicas"][0], &order["replicas"][1]];
    assert_eq!((out["address"].as_str(), out["state"].as_str()), (Some(&*gone.to_string()), Some("ejected")));
    assert_eq!((&out["health"], &out["milliseconds"]), (&json!("down"), &Value::Null));
    assert!((1..=8000).contains(&after(status, &out["ejected_until"])), "{out}");
    assert_eq!((&good["state"], &good["version"]), (&json!("ready"), &json!("1.2.3")));
}

#[tokio::test]
async fn an_address_that_is_not_ready_says_so_and_what_it_needs() {
    let unready = Router::new().route("/health/ready", get(async || StatusCode::SERVICE_UNAVAILABLE)).route(
        "/health",
        get(async || {
            let body = json!({ "status": "down", "version": "1.2.4", "dependencies": [
                { "name": "database", "status": "down", "milliseconds": 2000 }
            ]});
            (StatusCode::SERVICE_UNAVAILABLE, axum::Json(body))
        }),
    );
    let ((first, _one), (second, _two)) =
        (start(unready).await, start(echo("order", Arc::new(Seen::default()))).await);
    let gateway = TestGateway::with(|builder| builder.addresses[2] = vec![first, second]).await;
    gateway.watch.round().await;
    let status = status(&gateway).await;
    let order = service(&status, "order");
    assert_eq!(order["replicas"][0]["state"], "not_ready");
    assert_eq!(
        order["dependencies"],
        json!([{ "name": "database", "status": "down", "milliseconds": 2000 }])
    );
    assert_eq!((&order["status"], &order["versions"]), (&json!("degraded"), &json!(["1.2.3", "1.2.4"])));
}

#[tokio::test]
async fn a_breaker_that_is_open_is_shown_as_such_and_looking_does_not_close_it() {
    let failing = Router::new()
        .route("/health", get(async || axum::Json(json!({ "status": "ok", "version": "1.2.3" }))))
        .fallback(async || {
            // The answer never begins.
            tokio::time::sleep(Duration::from_mins(1)).await;
        });
    let (address, _guard) = start(failing).await;
    let gateway = TestGateway::with(|builder| {
        builder.addresses[2] = vec![address];
        builder.routes = &IMPATIENT;
    })
    .await;
    join_all((0..20).map(|_| gateway.get("/orders"))).await;
    let shown = status(&gateway).await;
    let order = service(&shown, "order");
    assert_eq!(order["breaker"]["state"], "open", "{order}");
    assert!(after(&shown, &order["breaker"]["until"]) > 0);
    assert_eq!(order["replicas"][0]["state"], "ejected");
    assert_eq!(order["replicas"][0]["health"], "ok", "it is asked past its breaker");
    assert_eq!(order["requests"]["since_start"]["statuses"]["5xx"], 20);
    // The pause is over a second later; nobody has tried since.
    tokio::time::sleep(Duration::from_millis(2100)).await;
    let later = status(&gateway).await;
    assert_eq!(service(&later, "order")["breaker"], json!({ "state": "half_open", "until": null }));
}

#[tokio::test]
async fn the_store_of_the_limits_and_the_cache_are_shown_as_they_are() {
    let gateway = TestGateway::new().await;
    let shown = status(&gateway).await;
    assert_eq!((&shown["limits"]["store"], &shown["cache"]), (&json!("shared"), &Value::Null));
    // Nobody answers there: after three failures it is left alone.
    for _ in 0..3 {
        Reply::of(gateway.call("POST", "/orders")).await.expect(200);
    }
    let shown = status(&gateway).await;
    assert_eq!(shown["limits"]["store"], "local");
    assert!(after(&shown, &shown["limits"]["until"]) > 0);
    assert_eq!(shown["limits"]["counted_alone"], 3);
}

#[tokio::test]
async fn many_operators_are_one_question_and_a_queue_that_cannot_be_read_is_not_empty() {
    let gateway = TestGateway::new().await;
    let token = Token::of(&gateway, "staff").sign();
    let replies = join_all((0..10).map(|_| gateway.get_with("/status", &token))).await;
    assert_eq!(gateway.queues.looks.load(Ordering::SeqCst), 1);
    for reply in replies {
        let queues = reply.expect(200).body["queues"]["queues"].clone();
        let unread = json!({ "readable": false, "visible": null, "in_flight": null, "delayed": null });
        let some = json!({ "readable": true, "visible": 12, "in_flight": 3, "delayed": 1 });
        assert_eq!((&queues[0]["name"], &queues[0]["messages"]), (&json!("order-events"), &some));
        assert_eq!(queues[0]["dead_letters"]["visible"], 0);
        assert_eq!((&queues[1]["messages"], &queues[1]["dead_letters"]), (&unread, &some));
    }
}
