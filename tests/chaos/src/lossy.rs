//! A way to a server on which answers get lost: the request arrives and is done, and of the answers every second one
//! never reaches who asked. It sees a connection that closes.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The way. Dropping it closes it.
#[derive(Debug)]
pub struct Lossy {
    port: u16,
    road: Arc<Road>,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct Road {
    /// Host and port of the server.
    to: String,
    client: Client<HttpConnector, Incoming>,
    answers: AtomicU64,
}

impl Lossy {
    /// A way to the server at `url` (`http://127.0.0.1:8003`).
    ///
    /// # Errors
    /// There is no port for it.
    pub async fn to(url: &str) -> Result<Self> {
        let to = url.strip_prefix("http://").context("only plain HTTP can be listened to")?.to_owned();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("a port for a lossy way")?;
        let port = listener.local_addr()?.port();
        let client = Client::builder(TokioExecutor::new()).build_http();
        let road = Arc::new(Road { to, client, answers: AtomicU64::new(0) });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&road)));
        Ok(Self { port, road, accepting })
    }

    /// Where it begins.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How many answers were lost.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.road.answers.load(Ordering::Relaxed) / 2
    }
}

impl Drop for Lossy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, road: Arc<Road>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let road = Arc::clone(&road);
        let travel = service_fn(move |request| {
            let road = Arc::clone(&road);
            async move { road.travel(request).await }
        });
        tokio::spawn(async move {
            // An error is how an answer is lost: the connection closes without it.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), travel)
                .await;
        });
    }
}

impl Road {
    async fn travel(&self, mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>> {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        *request.uri_mut() = format!("http://{}{path}", self.to).parse::<Uri>()?;
        let (head, body) = self.client.request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        // The second, the fourth and so on.
        anyhow::ensure!(self.answers.fetch_add(1, Ordering::Relaxed).is_multiple_of(2), "the answer is lost");
        Ok(Response::from_parts(head, Full::new(body)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that counts, and answers with the count.
    async fn counter() -> (String, Arc<AtomicU64>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let count = Arc::new(AtomicU64::new(0));
        let counting = Arc::clone(&count);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let counting = Arc::clone(&counting);
                let answer = service_fn(move |request: Request<Incoming>| {
                    let counting = Arc::clone(&counting);
                    async move {
                        let text = request.into_body().collect().await?.to_bytes();
                        let count = counting.fetch_add(1, Ordering::Relaxed) + 1;
                        let text = format!("{count} {}", String::from_utf8_lossy(&text));
                        Ok::<_, hyper::Error>(Response::new(Full::new(Bytes::from(text))))
                    }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer),
                );
            }
        });
        (url, count)
    }

    #[tokio::test]
    async fn every_second_answer_is_lost_after_its_request_was_done() {
        let (url, done) = counter().await;
        let way = Lossy::to(&url).await.unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut heard = Vec::new();
        for _ in 0..6 {
            let answer = client.post(format!("{}/orders?x=1", way.url())).body("one").send().await;
            heard.push(match answer {
                Ok(answer) => Some(answer.text().await.unwrap()),
                Err(_) => None,
            });
        }
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(heard, [text("1 one"), None, text("3 one"), None, text("5 one"), None]);
        assert_eq!((done.load(Ordering::Relaxed), way.lost()), (6, 3));
    }
}
