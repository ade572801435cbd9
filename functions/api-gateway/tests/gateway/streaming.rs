//! Bodies are passed on as they come, and only so much of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use api_gateway::consumers::GatewayEvents;
use api_gateway::routes::{Route, Service};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::any;
use bytes::Bytes;
use cartwright_contracts::Envelope;
use cartwright_contracts::events::SessionRevoked;
use cartwright_messaging::{Message, MessageHandler as _};
use cartwright_types::{Clock as _, UserId};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use serde_json::json;
use tokio::sync::mpsc;

use crate::store::MemoryStore;
use crate::support::{Reply, TestGateway, Token, channel_body, start};

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn an_answer_reaches_the_client_while_the_service_is_still_writing_it() {
    let (sender, body) = channel_body();
    let body = Arc::new(Mutex::new(Some(Body::new(body))));
    let answer = any(async move || Response::new(body.lock().unwrap().take().unwrap()));
    let (address, _guard) = start(Router::new().fallback(answer)).await;
    let gateway = TestGateway::with(|builder| builder.addresses[1] = vec![address]).await;
    sender.send(Bytes::from_static(b"first")).await.unwrap();
    let mut response = gateway.call("GET", "/products/export").send().await.unwrap();
    assert_eq!(response.chunk().await.unwrap().unwrap(), "first");
    // Only now does the rest exist at all: 64 MiB of it.
    let writing = tokio::spawn(async move {
        for _ in 0..64 {
            sender.send(Bytes::from(vec![b'x'; MIB])).await.unwrap();
        }
    });
    let mut read = 0;
    while let Some(chunk) = response.chunk().await.unwrap() {
        read += chunk.len();
    }
    writing.await.unwrap();
    assert_eq!(read, 64 * MIB);
}

#[tokio::test]
async fn a_stream_of_events_ends_with_its_listeners_token_or_session() {
    let answer = any(async || {
        let pieces = futures::stream::unfold((), async |()| {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Some((Ok::<_, std::io::Error>(Bytes::from_static(b": there\n\n")), ()))
        });
        Response::builder()
            .header("content-type", "text/event-stream")
            .body(Body::from_stream(pieces))
            .unwrap()
    });
    let (address, _guard) = start(Router::new().fallback(answer)).await;
    let signals = Arc::new(MemoryStore::default());
    let kept = Arc::clone(&signals);
    let gateway = TestGateway::with(|builder| {
        builder.addresses[2] = vec![address];
        builder.signals = kept;
    })
    .await;
    let listen = async |token: String| {
        let request = gateway.call("GET", "/orders/x/events").header("accept", "text/event-stream");
        let mut response = request.bearer_auth(token).send().await.unwrap();
        let (started, mut pieces) = (Instant::now(), 0);
        while let Ok(Some(_)) = response.chunk().await {
            pieces += 1;
        }
        (started.elapsed(), pieces)
    };
    let expires = gateway.clock.now().timestamp() + 1;
    let short = Token::of(&gateway, "customer").claim("exp", json!(expires)).sign();
    let (lasted, pieces) = listen(short).await;
    assert!((800..3000).contains(&lasted.as_millis()) && pieces > 3, "{lasted:?} {pieces}");

    let long = Token::of(&gateway, "customer");
    let over = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let session_ids = vec![long.session()];
        let event = SessionRevoked { user_id: UserId::new(&*gateway.clock), session_ids };
        let envelope = Envelope::new(&*gateway.clock, UserId::new(&*gateway.clock), 1, "system", &event);
        let body = serde_json::to_string(&envelope).unwrap();
        let message =
            Message { id: "m".to_owned(), body, attributes: HashMap::new(), receive_count: 1, age: None };
        GatewayEvents::new(signals.clone(), gateway.clock.clone()).handle(&message).await.unwrap();
        gateway.revocations.read().await;
    };
    let ((lasted, pieces), ()) = tokio::join!(listen(long.sign()), over);
    assert!((400..5000).contains(&lasted.as_millis()) && pieces > 3, "{lasted:?} {pieces}");
}

#[tokio::test]
async fn a_body_reaches_the_service_while_the_client_is_still_sending_it() {
    let (sink, mut hears) = mpsc::channel(8);
    let listen = any(async move |request: Request| {
        let mut body = request.into_body();
        while let Some(Ok(frame)) = body.frame().await {
            sink.send(frame.into_data().unwrap()).await.unwrap();
        }
        "heard"
    });
    let (address, _guard) = start(Router::new().fallback(listen)).await;
    let gateway = TestGateway::with(|builder| builder.addresses[2] = vec![address]).await;
    let (sender, body) = channel_body();
    let body = reqwest::Body::wrap(body);
    let sending = tokio::spawn(gateway.call("POST", "/orders").body(body).send());
    for part in ["one", "two"] {
        sender.send(Bytes::from(part)).await.unwrap();
        assert_eq!(hears.recv().await.unwrap(), part);
    }
    drop(sender);
    assert_eq!(sending.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_by_its_announced_length_before_it_is_passed_on() {
    let gateway = TestGateway::new().await;
    let reply = Reply::of(gateway.call("POST", "/orders").body(vec![b'x'; MIB])).await.expect(200);
    assert_eq!(reply.body["bytes"], MIB);
    for size in [MIB + 1, 4 * MIB] {
        let request = gateway.call("POST", "/orders").body(vec![b'x'; size]);
        Reply::of(request).await.expect_problem(413, "payload_too_large");
    }
    assert_eq!(gateway.seen.requests(), 1);
}

#[tokio::test]
async fn a_body_without_a_length_is_cut_at_the_limit() {
    let gateway = TestGateway::new().await;
    let chunked = |chunks: usize| {
        let chunk = || Ok::<_, std::io::Error>(Frame::data(Bytes::from(vec![b'x'; MIB / 4])));
        let chunks: Vec<_> = std::iter::repeat_with(chunk).take(chunks).collect();
        gateway
            .call("POST", "/orders")
            .body(reqwest::Body::wrap(StreamBody::new(futures::stream::iter(chunks))))
    };
    assert_eq!(Reply::of(chunked(4)).await.expect(200).body["bytes"], MIB);
    Reply::of(chunked(9)).await.expect_problem(413, "payload_too_large");
}

static IMPATIENT: [Route; 1] = {
    let mut route = Route::to(Service::Order, "/orders");
    route.timeout = Duration::from_millis(300);
    [route]
};

#[tokio::test]
async fn a_service_that_does_not_answer_in_time_is_a_gateway_timeout() {
    let (address, _guard) = start(Router::new().fallback(any(std::future::pending::<()>))).await;
    let gateway = TestGateway::with(|builder| {
        builder.addresses[2] = vec![address];
        builder.routes = &IMPATIENT;
    })
    .await;
    gateway.get("/orders").await.expect_problem(504, "upstream_timeout");
    let request = gateway.call("POST", "/orders").body("{}");
    Reply::of(request).await.expect_problem(504, "upstream_timeout");
}

#[tokio::test]
async fn a_client_that_does_not_send_its_body_in_time_is_told_so() {
    let gateway = TestGateway::with(|builder| builder.routes = &IMPATIENT).await;
    let head = "POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{";
    let answer = gateway.raw(head).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("request_timeout"), "{answer}");
}
