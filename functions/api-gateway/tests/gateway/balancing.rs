//! Several instances of a service, of which some go, break off or say nothing.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{any, get};
use futures::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::support::{Reply, Seen, TestGateway, echo, nobody, start};

/// Reads a whole request and closes without an answer; how many it has read.
async fn breaks_off() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                let mut seen = Vec::new();
                let mut buffer = [0; 4096];
                while !(seen.ends_with(b"{}") || (seen.starts_with(b"GET") && seen.ends_with(b"\r\n\r\n"))) {
                    match stream.read(&mut buffer).await {
                        Ok(length) if length > 0 => seen.extend_from_slice(&buffer[..length]),
                        _ => return,
                    }
                }
                counted.fetch_add(1, Ordering::SeqCst);
            });
        }
    });
    (address, requests)
}

async fn with_one_that_breaks_off() -> (TestGateway, Arc<AtomicUsize>, Arc<Seen>, tokio_util::sync::DropGuard)
{
    let (bad, broken) = breaks_off().await;
    let seen = Arc::new(Seen::default());
    let (good, guard) = start(echo("order", Arc::clone(&seen))).await;
    let gateway = TestGateway::with(|builder| builder.addresses[2] = vec![bad, good]).await;
    (gateway, broken, seen, guard)
}

#[tokio::test]
async fn what_is_idempotent_or_has_a_key_is_sent_again_with_its_body_and_nothing_else_is() {
    for (method, key, may) in [
        ("GET", None, true),
        ("PUT", None, true),
        ("POST", Some("k-1"), true),
        ("POST", None, false),
        ("PATCH", None, false),
    ] {
        let (gateway, broken, seen, _guard) = with_one_that_breaks_off().await;
        let (mut failed, mut sent) = (0, 0);
        while broken.load(Ordering::SeqCst) == 0 {
            let mut request = gateway.call(method, "/orders");
            if method != "GET" {
                request = request.body("{}");
            }
            if let Some(key) = key {
                request = request.header("idempotency-key", key);
            }
            let reply = Reply::of(request).await;
            sent += 1;
            assert!(sent < 100);
            match reply.status {
                200 if method == "GET" => assert_eq!(reply.body["bytes"], 0),
                200 => assert_eq!(reply.body["bytes"], 2, "{method}"),
                502 => failed += 1,
                other => panic!("{method}: {other}"),
            }
        }
        assert_eq!(failed, usize::from(!may), "{method} {key:?}");
        assert_eq!(seen.requests(), sent - failed);
    }
}

#[tokio::test]
async fn a_change_on_a_condition_is_not_made_twice() {
    let (gateway, broken, ..) = with_one_that_breaks_off().await;
    for _ in 0..100 {
        let reply = Reply::of(gateway.call("PUT", "/orders").header("if-match", "\"1\"").body("{}")).await;
        if broken.load(Ordering::SeqCst) == 1 {
            reply.expect_problem(502, "upstream_failed");
            return;
        }
    }
    panic!("the other instance was never asked");
}

#[tokio::test]
async fn one_that_answers_nothing_is_passed_over_for_a_while() {
    let (gateway, broken, seen, _guard) = with_one_that_breaks_off().await;
    for _ in 0..200 {
        gateway.get("/orders").await.expect(200);
    }
    // Three times, and perhaps once more each second.
    assert!((3..=6).contains(&broken.load(Ordering::SeqCst)), "{broken:?}");
    assert_eq!(seen.requests(), 200);
}

#[tokio::test]
async fn one_that_is_gone_costs_nobody_an_answer() {
    let seen = Arc::new(Seen::default());
    let (address, _guard) = start(echo("order", seen.clone())).await;
    let gone = nobody().await;
    let gateway = TestGateway::with(|builder| builder.addresses[2] = vec![gone, address]).await;
    for _ in 0..50 {
        Reply::of(gateway.call("POST", "/orders").body("{}")).await.expect(200);
    }
    assert_eq!(seen.requests(), 50);
}

/// Says whether it is ready, and counts what else it is asked.
async fn one(ready: Arc<AtomicBool>, seen: Arc<Seen>) -> (SocketAddr, tokio_util::sync::DropGuard) {
    let health =
        get(
            async move || {
                if ready.load(Ordering::SeqCst) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
            },
        );
    start(echo("order", seen).route("/health/ready", health)).await
}

#[tokio::test]
async fn one_that_is_told_to_end_gets_nothing_new_and_one_that_is_back_does() {
    let ready = [Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(true))];
    let seen = [Arc::new(Seen::default()), Arc::new(Seen::default())];
    let (first, _first) = one(ready[0].clone(), seen[0].clone()).await;
    let (second, _second) = one(ready[1].clone(), seen[1].clone()).await;
    let gateway = TestGateway::with(|builder| builder.addresses[2] = vec![first, second]).await;
    let ask = async || {
        let before = [seen[0].requests(), seen[1].requests()];
        for _ in 0..40 {
            gateway.get("/orders").await.expect(200);
        }
        [seen[0].requests() - before[0], seen[1].requests() - before[1]]
    };
    ready[0].store(false, Ordering::SeqCst);
    gateway.watch.round().await;
    assert_eq!(ask().await, [0, 40]);
    // With nobody else they are better than nobody.
    ready[1].store(false, Ordering::SeqCst);
    gateway.watch.round().await;
    let [one, two] = ask().await;
    assert!(one > 5 && two > 5, "{one} {two}");
    ready[0].store(true, Ordering::SeqCst);
    gateway.watch.round().await;
    assert_eq!(ask().await, [40, 0]);
}

#[tokio::test]
async fn beyond_what_a_service_takes_the_rest_is_told_so_and_webhooks_and_health_come_through() {
    let (release, wait) = tokio::sync::watch::channel(false);
    let slow = any(async move |State(mut wait): State<tokio::sync::watch::Receiver<bool>>| {
        wait.wait_for(|released| *released).await.unwrap();
        "{}"
    });
    let router =
        Router::new().route("/orders", slow).with_state(wait).fallback(async || r#"{"status":"ok"}"#);
    let (address, _guard) = start(router).await;
    let gateway = TestGateway::with(|builder| {
        builder.addresses[2] = vec![address];
        builder.concurrency = 16;
    })
    .await;
    let running: Vec<_> = (0..14).map(|_| tokio::spawn(gateway.call("GET", "/orders").send())).collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let reply = gateway.get("/cart").await.expect_problem(503, "service_unavailable");
    assert_eq!(reply.header("retry-after"), "1");
    Reply::of(gateway.call("POST", "/webhooks/stripe").body("{}")).await.expect(200);
    gateway.get("/health").await.expect(200);
    gateway.get("/products").await.expect(200);
    release.send(true).unwrap();
    for answer in join_all(running).await {
        let answer = answer.unwrap().unwrap();
        assert_eq!(answer.status(), 200);
        answer.bytes().await.unwrap();
    }
    gateway.get("/cart").await.expect(200);
}

#[tokio::test]
async fn a_service_that_answers_nothing_is_left_alone_after_twenty_and_tried_a_second_later() {
    let (address, requests) = breaks_off().await;
    let gateway = TestGateway::with(|builder| builder.addresses[2] = vec![address]).await;
    for _ in 0..20 {
        Reply::of(gateway.call("POST", "/orders").body("{}")).await.expect_problem(502, "upstream_failed");
    }
    let started = Instant::now();
    for _ in 0..20 {
        let reply = Reply::of(gateway.call("POST", "/orders").body("{}")).await;
        let reply = reply.expect_problem(503, "service_unavailable");
        assert!(["1", "2"].contains(&reply.header("retry-after")));
    }
    if started.elapsed() < Duration::from_millis(900) {
        assert_eq!(requests.load(Ordering::SeqCst), 20);
    }
    gateway.get("/products").await.expect(200);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    Reply::of(gateway.call("POST", "/orders").body("{}")).await.expect_problem(502, "upstream_failed");
    assert_eq!(requests.load(Ordering::SeqCst), 21);
}

#[tokio::test]
async fn an_instance_that_stalls_is_overdue() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // Takes the connection, and a byte of the answer is all that ever comes.
    let stalls = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"H").await.unwrap();
        tokio::time::sleep(Duration::from_mins(1)).await;
    });
    let gateway = TestGateway::with(|builder| {
        builder.addresses[2] = vec![address];
        builder.routes = QUICK;
    })
    .await;
    gateway.get("/orders").await.expect_problem(504, "upstream_timeout");
    stalls.abort();
}

const QUICK: &[api_gateway::routes::Route] = &[{
    let mut route = api_gateway::routes::Route::to(api_gateway::routes::Service::Order, "/orders");
    route.timeout = Duration::from_millis(200);
    route
}];
