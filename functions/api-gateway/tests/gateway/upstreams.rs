//! Services that are away, that go, and that come in several.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::any;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::support::{Reply, Seen, TestGateway, echo, nobody, start};

#[tokio::test]
async fn a_service_that_is_away_is_unavailable_for_now_and_the_others_are_not() {
    let address = nobody().await;
    let gateway = TestGateway::with(|builder| builder.addresses[1] = vec![address]).await;
    let reply = gateway.get("/products").await.expect_problem(503, "service_unavailable");
    assert_eq!(reply.header("retry-after"), "1");
    let request = gateway.call("POST", "/products").body("{}");
    Reply::of(request).await.expect_problem(503, "service_unavailable");
    gateway.get("/orders").await.expect(200);
}

#[tokio::test]
async fn an_address_that_takes_no_connection_is_passed_over_with_the_body_whole() {
    let (away, there) = (nobody().await, start(echo("order", Arc::new(Seen::default()))).await);
    let gateway = TestGateway::with(|builder| builder.addresses[2] = vec![away, there.0]).await;
    for _ in 0..4 {
        gateway.get("/orders").await.expect(200);
        let request = gateway.call("POST", "/orders").body(vec![b'x'; 100_000]);
        assert_eq!(Reply::of(request).await.expect(200).body["bytes"], 100_000);
    }
}

#[tokio::test]
async fn several_addresses_share_the_work() {
    let (one, two) = (Arc::new(Seen::default()), Arc::new(Seen::default()));
    let (first, second) =
        (start(echo("product", one.clone())).await, start(echo("product", two.clone())).await);
    let gateway = TestGateway::with(|builder| builder.addresses[1] = vec![first.0, second.0]).await;
    for _ in 0..100 {
        gateway.get("/products").await.expect(200);
    }
    assert_eq!(one.requests() + two.requests(), 100);
    assert!((20..=80).contains(&one.requests()), "{}", one.requests());
}

/// Answers the first request of a connection and closes at the second, once it has read it.
async fn forgetful(requests: Arc<AtomicUsize>) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let requests = requests.clone();
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                for answered in [true, false] {
                    if stream.read(&mut buffer).await.unwrap_or(0) == 0 {
                        return;
                    }
                    requests.fetch_add(1, Ordering::SeqCst);
                    if answered {
                        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await.unwrap();
                    }
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn a_read_whose_connection_closes_is_tried_once_more_and_a_write_is_not() {
    let requests = Arc::new(AtomicUsize::new(0));
    let address = forgetful(requests.clone()).await;
    let gateway = TestGateway::with(|builder| builder.addresses[1] = vec![address]).await;
    gateway.get("/products").await.expect(200);
    tokio::time::sleep(Duration::from_millis(50)).await;
    gateway.get("/products").await.expect(200);
    assert_eq!(requests.load(Ordering::SeqCst), 3);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let request = gateway.call("POST", "/products").body("{}");
    Reply::of(request).await.expect_problem(502, "upstream_failed");
    assert_eq!(requests.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn at_the_end_running_requests_are_answered_and_new_connections_are_not_taken() {
    let slow = any(async || {
        tokio::time::sleep(Duration::from_millis(500)).await;
        "{}"
    });
    let (address, _guard) = start(Router::new().fallback(slow)).await;
    let mut gateway = TestGateway::with(|builder| builder.addresses[2] = vec![address]).await;
    // Somebody who has not said anything yet is not waited for.
    let _silent = tokio::net::TcpStream::connect(gateway.address).await.unwrap();
    let running = tokio::spawn(gateway.call("GET", "/orders").send());
    tokio::time::sleep(Duration::from_millis(100)).await;
    gateway.stop.cancel();
    assert_eq!(running.await.unwrap().unwrap().status(), 200);
    tokio::time::timeout(Duration::from_secs(5), &mut gateway.served).await.unwrap().unwrap();
    assert!(tokio::net::TcpStream::connect(gateway.address).await.is_err());
}
