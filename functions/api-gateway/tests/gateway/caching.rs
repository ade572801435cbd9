//! What is kept of the public catalogue, and what is not.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use api_gateway::consumers::GatewayEvents;
use api_gateway::signals::{Changes, Pace};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use cartwright_contracts::Envelope;
use cartwright_contracts::events::ProductArchived;
use cartwright_messaging::{Message, MessageHandler as _};
use cartwright_test_support::FakeClock;
use cartwright_types::{Clock, ProductId};
use futures::future::join_all;
use tokio_util::sync::DropGuard;

use crate::store::MemoryStore;
use crate::support::{Reply, TestGateway, Token, start, subject_of};

struct Catalogue {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
    _guard: DropGuard,
}

/// Says the how manieth it is; what it is like is in the path.
async fn answer(State(counted): State<Arc<AtomicUsize>>, request: Request) -> Response {
    let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
    let (parts, _) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let text = |name: &str| {
        parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let body = serde_json::json!({
        "number": number, "language": text("accept-language"), "cart": text("x-cart-token"),
        "authorization": text("authorization"), "padding": "x".repeat(if path.ends_with("long") { 5000 } else { 0 }),
    });
    if path.contains("slow") {
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let mut answer = (
        [
            ("content-type", "application/json"),
            ("cache-control", "public, max-age=1, stale-while-revalidate=30"),
        ],
        body.to_string(),
    )
        .into_response();
    let headers = answer.headers_mut();
    headers.insert("etag", "\"v1\"".parse().unwrap());
    headers.insert("x-request-id", "of-the-service".parse().unwrap());
    if path.contains("private") {
        headers.insert("cache-control", "private, no-store".parse().unwrap());
    }
    if path.contains("search") {
        headers.insert("vary", "accept-language".parse().unwrap());
    }
    if path.contains("cookie") {
        headers.insert("set-cookie", "a=1".parse().unwrap());
    }
    if path.contains("missing") {
        *answer.status_mut() = StatusCode::NOT_FOUND;
    }
    answer
}

/// A catalogue that counts.
async fn catalogue() -> Catalogue {
    let asked = Arc::new(AtomicUsize::new(0));
    let (address, guard) = start(Router::new().fallback(answer).with_state(Arc::clone(&asked))).await;
    Catalogue { address, asked, _guard: guard }
}

async fn gateway(catalogue: &Catalogue) -> TestGateway {
    TestGateway::with(|builder| {
        builder.addresses[1] = vec![catalogue.address];
        builder.cache_bytes = 1024 * 1024;
    })
    .await
}

#[tokio::test]
async fn one_answer_is_everybodys_and_staff_are_told_what_is_true_now() {
    let catalogue = catalogue().await;
    let gateway = gateway(&catalogue).await;
    let customer = Token::of(&gateway, "customer").sign();
    let first =
        Reply::of(gateway.call("GET", "/products/mug").header("x-cart-token", "c").bearer_auth(&customer))
            .await;
    let first = first.expect(200);
    assert_eq!(
        (&first.body["number"], first.body["cart"].as_str()),
        (&1.into(), Some("")),
        "{:?}",
        first.body
    );
    assert_eq!(
        subject_of(&first.body["authorization"], "product", &gateway),
        cartwright_web::identity::Subject::Anonymous
    );
    for _ in 0..3 {
        let reply = gateway.get("/products/mug").await.expect(200);
        assert_eq!((&reply.body["number"], reply.header("age")), (&1.into(), "0"));
        assert_eq!(reply.header("cache-control"), "public, max-age=1, stale-while-revalidate=30");
        assert_ne!(reply.header("x-request-id"), "of-the-service");
        assert!(reply.header("ratelimit").starts_with("\"read\""));
    }
    let head = gateway.call("HEAD", "/products/mug").send().await.unwrap();
    assert_eq!((head.status().as_u16(), head.headers()["etag"].as_bytes()), (200, &b"\"v1\""[..]));
    let same = Reply::of(gateway.call("GET", "/products/mug").header("if-none-match", "\"v1\"")).await;
    assert_eq!((same.expect(304).header("etag"), catalogue.asked.load(Ordering::SeqCst)), ("\"v1\"", 1));
    // Another query, staff, and what changes something.
    let staff = Token::of(&gateway, "staff").sign();
    assert_eq!(gateway.get("/products/mug?x=1").await.body["number"], 2);
    assert_eq!(gateway.get_with("/products/mug", &staff).await.body["number"], 3);
    Reply::of(gateway.call("POST", "/products/mug").body("{}")).await.expect(200);
    assert_eq!(gateway.get("/products/mug").await.body["number"], 1);
    // A bad token is not answered from what is kept.
    gateway.get_with("/products/mug", "bad").await.expect_problem(401, "invalid_token");
}

#[tokio::test]
async fn of_those_who_come_at_once_one_asks() {
    let catalogue = catalogue().await;
    let gateway = gateway(&catalogue).await;
    let replies = join_all((0..20).map(|_| gateway.get("/products/slow"))).await;
    assert!(replies.iter().all(|reply| reply.body["number"] == 1));
    assert_eq!(catalogue.asked.load(Ordering::SeqCst), 1);
    // What is not kept nobody waits for, but for the first time.
    let started = std::time::Instant::now();
    let replies = join_all((0..20).map(|_| gateway.get("/products/slow-private"))).await;
    assert_eq!(catalogue.asked.load(Ordering::SeqCst), 21);
    assert!(replies.iter().all(|reply| reply.status == 200));
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

#[tokio::test]
async fn what_is_not_public_or_not_there_is_not_kept() {
    let catalogue = catalogue().await;
    let gateway = gateway(&catalogue).await;
    for path in ["/products/private", "/products/cookie", "/products/missing", "/categories/private"] {
        let before = catalogue.asked.load(Ordering::SeqCst);
        for _ in 0..3 {
            gateway.get(path).await;
        }
        assert_eq!(catalogue.asked.load(Ordering::SeqCst), before + 3, "{path}");
    }
    // Somebody is answered in their own name, from the first time on.
    let customer = Token::of(&gateway, "customer").sign();
    let reply = gateway.get_with("/products/private-to-somebody", &customer).await.expect(200);
    let subject = subject_of(&reply.body["authorization"], "product", &gateway);
    assert_ne!(subject, cartwright_web::identity::Subject::Anonymous);
    // Nor is what is not the catalogue's.
    assert_eq!(gateway.get("/orders").await.expect(200).header("age"), "");
}

#[tokio::test]
async fn an_answer_that_grows_old_is_asked_for_again_beside_and_one_that_is_too_old_is_not_given() {
    let catalogue = catalogue().await;
    let gateway = gateway(&catalogue).await;
    assert_eq!(gateway.get("/products/mug").await.body["number"], 1);
    tokio::time::sleep(Duration::from_millis(750)).await;
    assert_eq!(gateway.get("/products/mug").await.body["number"], 1);
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(gateway.get("/products/mug").await.body["number"], 2);
    assert_eq!(catalogue.asked.load(Ordering::SeqCst), 2);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(gateway.get("/products/mug").await.body["number"], 3);
}

#[tokio::test]
async fn what_depends_on_the_language_is_kept_for_each() {
    let catalogue = catalogue().await;
    let gateway = gateway(&catalogue).await;
    let ask = async |language: &str| {
        let reply =
            Reply::of(gateway.call("GET", "/products/search").header("accept-language", language)).await;
        (reply.body["number"].as_u64().unwrap(), reply.body["language"].as_str().unwrap().to_owned())
    };
    assert_eq!(ask("de").await, (1, "de".to_owned()));
    assert_eq!(ask("en").await, (2, "en".to_owned()));
    assert_eq!(ask("de").await, (1, "de".to_owned()));
    assert_eq!(ask("en").await, (2, "en".to_owned()));
    assert_eq!(gateway.get("/products/search").await.body["number"], 3);
}

#[tokio::test]
async fn a_long_answer_is_compressed_once_for_each_coding() {
    let catalogue = catalogue().await;
    let gateway = gateway(&catalogue).await;
    let mut lengths = Vec::new();
    for coding in ["br", "gzip", "br", "identity"] {
        let answer =
            gateway.call("GET", "/products/long").header("accept-encoding", coding).send().await.unwrap();
        let expected = if coding == "identity" { None } else { Some(coding) };
        assert_eq!(answer.headers().get("content-encoding").map(|value| value.to_str().unwrap()), expected);
        let tag = answer.headers()["etag"].to_str().unwrap().to_owned();
        let vary = answer.headers()["vary"].to_str().unwrap().to_owned();
        assert_eq!(vary, "accept-encoding");
        lengths.push(answer.bytes().await.unwrap().len());
        let same = gateway.call("GET", "/products/long").header("accept-encoding", coding);
        Reply::of(same.header("if-none-match", tag)).await.expect(304);
    }
    assert!(
        lengths[0] < 300 && lengths[1] < 400 && lengths[0] == lengths[2] && lengths[3] > 5000,
        "{lengths:?}"
    );
    assert_eq!(catalogue.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_change_of_the_catalogue_reaches_every_gateway() {
    let catalogue = catalogue().await;
    let gateways = [gateway(&catalogue).await, gateway(&catalogue).await];
    let (store, clock) = (Arc::new(MemoryStore::default()), FakeClock::new());
    let changes = gateways.each_ref().map(|gateway| {
        Changes::new(store.clone(), clock.clone(), Arc::clone(&gateway.cache), Pace::default())
    });
    for change in &changes {
        change.read().await.unwrap();
    }
    for (gateway, number) in gateways.iter().zip([1, 2]) {
        assert_eq!(gateway.get("/products/mug").await.body["number"], number);
        assert_eq!(gateway.get("/products/mug").await.body["number"], number);
    }
    let events = GatewayEvents::new(store.clone(), clock.clone());
    let tell = async || {
        let product_id = ProductId::new(&*clock);
        let event = ProductArchived { product_id, slug: "mug".to_owned() };
        let envelope = Envelope::new(&*clock, product_id, 1, "system", &event);
        let body = serde_json::to_string(&envelope).unwrap();
        let message =
            Message { id: "m".to_owned(), body, attributes: HashMap::new(), receive_count: 1, age: None };
        events.handle(&message).await.unwrap();
    };
    tell().await;
    assert_eq!(gateways[0].get("/products/mug").await.body["number"], 1);
    for change in &changes {
        change.read().await.unwrap();
    }
    for (gateway, number) in gateways.iter().zip([3, 4]) {
        assert_eq!(gateway.get("/products/mug").await.body["number"], number);
    }
    // Read again, it says nothing new.
    changes[0].read().await.unwrap();
    assert_eq!(gateways[0].get("/products/mug").await.body["number"], 3);
    // An import of thousands is one signal, as long as it was written after them.
    let written = store.signals().len();
    clock.advance(10);
    let before = clock.now();
    tell().await;
    for _ in 0..100 {
        let product_id = ProductId::new(&*clock);
        let event = ProductArchived { product_id, slug: "mug".to_owned() };
        let mut late = Envelope::new(&*clock, product_id, 1, "system", &event);
        late.occurred_at = before - chrono::TimeDelta::seconds(5);
        let body = serde_json::to_string(&late).unwrap();
        let message =
            Message { id: "m".to_owned(), body, attributes: HashMap::new(), receive_count: 1, age: None };
        events.handle(&message).await.unwrap();
    }
    assert_eq!(store.signals().len(), written + 1);
    // While the store is away the time that an answer is kept for is all there is.
    store.away(true);
    changes[0].read().await.unwrap_err();
}
