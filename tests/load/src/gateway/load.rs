//! The clients: connections that stay open, and requests that are ready to be sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures::future::try_join_all;
use tokio::time::sleep;

use crate::http::Connection;
use crate::rate::WARM_UP;

/// Connections that are opened at the same time: as many as wait to be accepted by any of the proxies.
const OPENED_AT_ONCE: usize = 256;

/// Requests that are sent in turn.
#[derive(Debug, Clone)]
pub struct Requests(Arc<[Vec<u8>]>);

impl Requests {
    /// GETs of `path`, one with each token; one without if there are none.
    #[must_use]
    pub fn with(path: &str, tokens: &[String]) -> Self {
        let request = |authorization: &str| {
            format!(
                "GET {path} HTTP/1.1\r\nhost: shop.example\r\naccept: application/json\r\nuser-agent: bench\r\n{authorization}\r\n"
            )
            .into_bytes()
        };
        if tokens.is_empty() {
            return Self([request("")].into());
        }
        Self(tokens.iter().map(|token| request(&format!("authorization: Bearer {token}\r\n"))).collect())
    }

    fn nth(&self, number: usize) -> &[u8] {
        &self.0[number % self.0.len()]
    }

    fn count(&self) -> usize {
        self.0.len()
    }
}

/// How long a load lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// After warming up.
    For(Duration),
    /// Each request is sent once, the first included.
    EachOnce,
}

/// What was done while it was measured.
#[derive(Debug, Clone, Copy)]
pub struct Done {
    /// Answers with 200; there are no others.
    pub requests: usize,
    /// Seconds.
    pub seconds: f64,
    /// What `read` said at the beginning and at the end, subtracted: CPU seconds of the proxy.
    pub cpu: f64,
}

/// As fast as the server at `base` answers: `connections` clients, each with one request at a time.
///
/// # Errors
/// An answer is not 200, or `cpu` cannot be read.
pub async fn closed(
    base: &str,
    connections: usize,
    requests: &Requests,
    length: Length,
    cpu: impl Fn() -> Result<f64>,
) -> Result<Done> {
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let mut open = open(base, connections).await?;
    let all = if length == Length::EachOnce { requests.count() } else { usize::MAX };
    let clients = open.iter_mut().map(async |connection| {
        while !stop.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= all {
                break;
            }
            ok(connection, requests.nth(number)).await?;
        }
        Ok(())
    });
    let watch = async {
        let Length::For(time) = length else { return Ok(None) };
        sleep(WARM_UP).await;
        let (before, spent, started) = (next.load(Ordering::Relaxed), cpu()?, Instant::now());
        sleep(time).await;
        let done = Done {
            requests: next.load(Ordering::Relaxed) - before,
            seconds: started.elapsed().as_secs_f64(),
            cpu: cpu()? - spent,
        };
        stop.store(true, Ordering::Relaxed);
        anyhow::Ok(Some(done))
    };
    let (spent, started) = (cpu()?, Instant::now());
    let (_, watched) = tokio::try_join!(try_join_all(clients), watch)?;
    let seconds = started.elapsed().as_secs_f64();
    let whole = || Ok(Done { requests: all, seconds, cpu: cpu()? - spent });
    watched.map_or_else(whole, Ok)
}

/// So many a second, whatever the answers take; how long each took from when it was due, in microseconds, in order.
/// One that a free connection sends late, because timers are coarse, is due when it is sent.
///
/// # Errors
/// An answer is not 200.
pub async fn open_loop(
    base: &str,
    connections: usize,
    requests: &Requests,
    per_second: u32,
    time: Duration,
) -> Result<Vec<u64>> {
    let mut open = open(base, connections).await?;
    let all = usize::try_from(u64::from(per_second) * time.as_secs())?;
    let gap = Duration::from_secs(1) / per_second;
    let (next, started) = (AtomicUsize::new(0), Instant::now() + Duration::from_millis(50));
    let clients = open.iter_mut().map(async |connection| {
        let mut took = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= all {
                return anyhow::Ok(took);
            }
            let due = started + gap * u32::try_from(number)?;
            let waited = due.saturating_duration_since(Instant::now());
            let due = if waited.is_zero() {
                due
            } else {
                sleep(waited).await;
                Instant::now()
            };
            ok(connection, requests.nth(number)).await?;
            took.push(u64::try_from(due.elapsed().as_micros())?);
        }
    });
    let mut took: Vec<u64> = try_join_all(clients).await?.into_iter().flatten().collect();
    took.sort_unstable();
    Ok(took)
}

/// Opens so many connections, sends a request on each, and keeps them for as long as `meanwhile` takes.
///
/// # Errors
/// A connection is refused, an answer is not 200, or what is done meanwhile fails.
pub async fn hold<T>(
    base: &str,
    connections: usize,
    requests: &Requests,
    meanwhile: impl AsyncFnOnce() -> Result<T>,
) -> Result<T> {
    let mut open = open(base, connections).await?;
    for (number, connection) in open.iter_mut().enumerate() {
        ok(connection, requests.nth(number)).await?;
    }
    meanwhile().await
}

async fn open(base: &str, connections: usize) -> Result<Vec<Connection>> {
    let mut open = Vec::with_capacity(connections);
    while open.len() < connections {
        let some = (connections - open.len()).min(OPENED_AT_ONCE);
        open.extend(try_join_all((0..some).map(|_| Connection::open(base, None))).await?);
    }
    Ok(open)
}

async fn ok(connection: &mut Connection, request: &[u8]) -> Result<()> {
    let answer = connection.send(request).await?;
    ensure!(answer.status == 200, "answered {}: {}", answer.status, String::from_utf8_lossy(answer.body));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::upstream;

    async fn server() -> String {
        let port = localstack::ports::Port::any().unwrap();
        upstream::start(port.number(), "{}").await.unwrap();
        format!("http://127.0.0.1:{}", port.number())
    }

    #[tokio::test]
    async fn each_request_is_sent_once_or_for_as_long_as_asked() {
        let (base, tokens) = (server().await, ["a".to_owned(), "b".to_owned(), "c".to_owned()]);
        let requests = Requests::with("/users/me", &tokens);
        let done = closed(&base, 2, &requests, Length::EachOnce, || Ok(0.0)).await.unwrap();
        assert_eq!(done.requests, 3);
        let for_some_time = Length::For(Duration::from_millis(200));
        let done = closed(&base, 2, &requests, for_some_time, || Ok(0.0)).await.unwrap();
        assert!(done.requests > 10 && done.seconds >= 0.2, "{done:?}");
    }

    #[tokio::test]
    async fn a_rate_is_kept_and_connections_are_held() {
        let (base, requests) = (server().await, Requests::with("/products", &[]));
        let took = open_loop(&base, 4, &requests, 200, Duration::from_secs(1)).await.unwrap();
        assert_eq!(took.len(), 200);
        assert!(took.is_sorted());
        assert_eq!(hold(&base, 300, &requests, async || Ok(7)).await.unwrap(), 7);
    }
}
