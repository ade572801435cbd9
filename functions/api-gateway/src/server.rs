//! Connections from the public: accepted, served, and closed in order.

mod line;

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::body::{AnswerBody, Upload};
use crate::proxy;
use crate::state::Gateway;
use line::{Line, Pulse, Watched};

/// From the first byte that could come to the end of a request's head, and so also the life of an idle connection. Longer
/// than the 60 s after which the load balancer closes one, so that it is never us who closes as it sends.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
/// A request's head; and what is read of a body at once.
const BUFFER: usize = 64 * 1024;
/// Requests at once on one connection of HTTP/2.
const STREAMS: u32 = 128;
/// A silent connection of HTTP/2 is asked whether anybody is there, and has as long to say so.
const PING: Duration = Duration::from_secs(30);
/// What a connection of HTTP/2 begins with (RFC 9113, 3.4), as far as no request of HTTP/1 does.
const PREFACE: &[u8] = b"PRI * HTTP/2";
/// How long requests have at the end; with the 10 s before it under the container's stop timeout of 60 s.
const DRAIN: Duration = Duration::from_secs(40);
/// After a failed accept, which is nearly always for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A connection on which nothing happens for so long, or at most twice, is put aside: what HTTP needs for it is let go, and made again when
/// something comes. Thousands of clients that keep connections cost little more than their sockets then.
const QUIET: Duration = Duration::from_millis(500);

/// Serves `listener` until `stop`, then lets the running requests end.
pub async fn serve(listener: TcpListener, gateway: Arc<Gateway>, stop: CancellationToken) {
    let connections = TaskTracker::new();
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((stream, peer)) => {
                // A token of its own: those of all connections would wait for each other.
                let stop = stop.child_token();
                connections.spawn(serve_one(stream, peer.ip(), Arc::clone(&gateway), stop));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(DRAIN, connections.wait()).await.is_err() {
        tracing::warn!("requests were still running when the time to drain was over");
    }
}

/// Ends with the connection: when the client closes it, is idle too long, or the end is told. One on which nothing was said,
/// or everything answered, is not waited for at the end.
async fn serve_one(stream: TcpStream, peer: IpAddr, gateway: Arc<Gateway>, stop: CancellationToken) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection was gone before it began");
        return;
    }
    let _open = gateway.connections.open();
    let beginning = tokio::time::timeout(HEAD_TIMEOUT, begins_with_preface(&stream));
    let Some(Ok(is_http2)) = stop.run_until_cancelled(beginning).await else { return };
    // What serves is on the heap, so that one that waits holds none of it.
    let ended = if is_http2 {
        Box::pin(serve_http2(stream, peer, gateway, stop)).await
    } else {
        serve_http1(stream, peer, gateway, stop).await
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn serve_http1(
    mut stream: TcpStream,
    peer: IpAddr,
    gateway: Arc<Gateway>,
    stop: CancellationToken,
) -> hyper::Result<()> {
    let mut before = Bytes::new();
    loop {
        let serving = Box::pin(serve_until_quiet(stream, before, peer, &gateway, &stop));
        let Some(quiet) = serving.await? else { return Ok(()) };
        (stream, before) = quiet;
        if before.is_empty() {
            // Something to read, or the end of it, which HTTP sees then.
            let waiting = tokio::time::timeout(HEAD_TIMEOUT, stream.readable());
            let Some(Ok(Ok(()))) = stop.run_until_cancelled(waiting).await else { return Ok(()) };
        }
    }
}

/// The connection and what was read of it in advance when it is quiet; None when it has ended.
async fn serve_until_quiet(
    stream: TcpStream,
    before: Bytes,
    peer: IpAddr,
    gateway: &Arc<Gateway>,
    stop: &CancellationToken,
) -> hyper::Result<Option<(TcpStream, Bytes)>> {
    let pulse = Arc::new(Pulse::default());
    let line = Line::new(stream, before, Arc::clone(&pulse));
    let service = service_fn(|request: Request<Incoming>| {
        let (gateway, busy) = (Arc::clone(gateway), pulse.begin());
        Box::pin(async move {
            let answer = answer(&gateway, peer, request).await;
            Ok::<_, Infallible>(answer.map(|body| Watched::new(body, busy)))
        })
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(BUFFER);
    let mut connection = server.serve_connection(TokioIo::new(line), service);
    let mut seen = 0;
    loop {
        tokio::select! {
            biased;
            ended = &mut connection => return ended.map(|()| None),
            () = stop.cancelled() => {
                std::pin::Pin::new(&mut connection).graceful_shutdown();
                return connection.await.map(|()| None);
            }
            () = tokio::time::sleep(QUIET) => {
                let requests = pulse.requests();
                // One that has only begun to send a request is neither busy nor quiet: it goes on with what it has sent.
                if requests == seen && requests > 0 && pulse.is_idle() {
                    let parts = connection.into_parts();
                    return Ok(Some((parts.io.into_inner().into_stream(), parts.read_buf)));
                }
                seen = requests;
            }
        }
    }
}

async fn serve_http2(
    stream: TcpStream,
    peer: IpAddr,
    gateway: Arc<Gateway>,
    stop: CancellationToken,
) -> hyper::Result<()> {
    let service = service_fn(move |request: Request<Incoming>| {
        let gateway = Arc::clone(&gateway);
        Box::pin(async move { Ok::<_, Infallible>(answer(&gateway, peer, request).await) })
    });
    let mut server = http2::Builder::new(TokioExecutor::new());
    server
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(u32::try_from(BUFFER).unwrap_or(u32::MAX))
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING);
    let mut connection = std::pin::pin!(server.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        biased;
        ended = &mut connection => return ended,
        () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    connection.await
}

async fn answer(gateway: &Gateway, peer: IpAddr, request: Request<Incoming>) -> Response<AnswerBody> {
    let (parts, body) = request.into_parts();
    proxy::handle(gateway, peer, parts, Upload::new(body)).await
}

/// Whether the client speaks HTTP/2 without having been asked, as a load balancer does. Nothing is taken off the connection.
async fn begins_with_preface(stream: &TcpStream) -> bool {
    let mut start = [0; PREFACE.len()];
    // A preface comes in one piece. One that does not is taken for a request, and refused.
    matches!(stream.peek(&mut start).await, Ok(length) if length == PREFACE.len() && start == PREFACE)
}
