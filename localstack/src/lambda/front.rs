//! A port of 127.0.0.1 that leads to a load balancer of the emulator.
//!
//! The emulator finds a load balancer by host name (`NAME.alb.localhost`, which no resolver here knows) or by path
//! (`/_alb/NAME/…`). Services call each other by an address without a path, so the path is put on here. By host name the
//! emulator would also answer `/health` and `/logout` itself.

use std::convert::Infallible;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use http_body_util::Either;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

type Answer = Response<Either<Incoming, String>>;

/// A running front. Dropping it ends it.
#[derive(Debug)]
pub struct Front {
    server: JoinHandle<()>,
}

impl Front {
    /// Listens on `port` and passes everything on to the load balancer `name` of the emulator at `endpoint`.
    ///
    /// # Errors
    /// The port is taken.
    pub async fn start(port: u16, endpoint: &str, name: &str) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await;
        let listener = listener.with_context(|| format!("listening on 127.0.0.1:{port} for {name}"))?;
        let base: Arc<str> = format!("{endpoint}/_alb/{name}").into();
        let client = Client::builder(TokioExecutor::new()).build_http();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (base, client) = (Arc::clone(&base), client.clone());
                let service = service_fn(move |request| pass_on(client.clone(), Arc::clone(&base), request));
                tokio::spawn(async move {
                    // A caller that goes away is its own affair.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Ok(Self { server })
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn pass_on(
    client: Client<HttpConnector, Incoming>,
    base: Arc<str>,
    mut request: Request<Incoming>,
) -> Result<Answer, Infallible> {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let Ok(uri) = format!("{base}{target}").parse::<Uri>() else {
        return Ok(refusal(StatusCode::BAD_REQUEST, "malformed target".to_owned()));
    };
    *request.uri_mut() = uri;
    // The caller's Host stays: it is what a load balancer shows to a function.
    match client.request(request).await {
        Ok(answer) => Ok(answer.map(Either::Left)),
        Err(error) => Ok(refusal(StatusCode::BAD_GATEWAY, format!("the emulator does not answer: {error}"))),
    }
}

fn refusal(status: StatusCode, reason: String) -> Answer {
    let mut answer = Response::new(Either::Right(reason));
    *answer.status_mut() = status;
    answer
}
