//! Connections on both sides: kept, used again, put aside and taken up.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use crate::support::TestGateway;

/// Longer than it takes until a connection is put aside.
const QUIET: Duration = Duration::from_millis(1300);

/// Reads an answer whose body is JSON of one object, to its end.
async fn answer(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read);
        if text.contains("\r\n\r\n{") && text.ends_with('}') {
            return text.into_owned();
        }
        let more = timeout(Duration::from_secs(5), stream.read_buf(&mut read)).await.unwrap().unwrap();
        assert!(more > 0, "closed after {}", String::from_utf8_lossy(&read));
    }
}

#[tokio::test]
async fn a_connection_that_was_quiet_goes_on_in_the_middle_of_a_request_too() {
    let gateway = TestGateway::new().await;
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    let request = "GET /products HTTP/1.1\r\nHost: shop.example\r\n\r\n";
    let (begin, rest) = request.split_at(20);
    for _ in 0..2 {
        stream.write_all(request.as_bytes()).await.unwrap();
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
        sleep(QUIET).await;
        stream.write_all(begin.as_bytes()).await.unwrap();
        sleep(QUIET).await;
        stream.write_all(rest.as_bytes()).await.unwrap();
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
    }
    // Two at once, of which the second has not come to its end when the first is answered.
    stream.write_all(format!("{request}{begin}").as_bytes()).await.unwrap();
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
    sleep(QUIET).await;
    stream.write_all(rest.as_bytes()).await.unwrap();
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
    assert_eq!(gateway.seen.requests(), 6);
}

#[tokio::test]
async fn at_the_end_a_quiet_connection_is_closed_and_not_waited_for() {
    let mut gateway = TestGateway::new().await;
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    stream.write_all(b"GET /products HTTP/1.1\r\nHost: shop.example\r\n\r\n").await.unwrap();
    answer(&mut stream).await;
    sleep(QUIET).await;
    gateway.stop.cancel();
    timeout(Duration::from_secs(1), &mut gateway.served).await.unwrap().unwrap();
    assert_eq!(stream.read(&mut [0; 10]).await.unwrap(), 0);
}

/// Answers every request with `body` and counts connections.
async fn counting(body: &'static str, connections: Arc<AtomicUsize>) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            connections.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                let mut read = Vec::new();
                while stream.read_buf(&mut read).await.is_ok_and(|more| more > 0) {
                    if read.ends_with(b"\r\n\r\n") {
                        read.clear();
                        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
                    }
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn requests_one_after_the_other_go_over_one_connection() {
    let connections = Arc::new(AtomicUsize::new(0));
    let address = counting("{}", Arc::clone(&connections)).await;
    let gateway = TestGateway::with(|builder| builder.addresses[2] = vec![address]).await;
    for _ in 0..20 {
        gateway.get("/orders").await.expect(200);
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_connection_whose_answer_nobody_read_is_not_used_again() {
    static LARGE: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| "x".repeat(8 * 1024 * 1024));
    let connections = Arc::new(AtomicUsize::new(0));
    let address = counting(&LARGE, Arc::clone(&connections)).await;
    let gateway = TestGateway::with(|builder| builder.addresses[2] = vec![address]).await;
    for _ in 0..3 {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        stream.write_all(b"GET /orders HTTP/1.1\r\nHost: shop.example\r\n\r\n").await.unwrap();
        let mut start = [0; 1000];
        stream.read_exact(&mut start).await.unwrap();
        assert!(start.starts_with(b"HTTP/1.1 200"));
        drop(stream);
        sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(connections.load(Ordering::SeqCst), 3);
}
