//! Connections from the public: accepted, served, and closed in order.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::body::Upload;
use crate::proxy;
use crate::state::Gateway;

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

/// Serves `listener` until `stop`, then lets the running requests end.
pub async fn serve(listener: TcpListener, gateway: Arc<Gateway>, stop: CancellationToken) {
    let connections = GracefulShutdown::new();
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((stream, peer)) => spawn((stream, peer), &gateway, &connections, stop.clone()),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, connections.shutdown()).await.is_err() {
        tracing::warn!("requests were still running when the time to drain was over");
    }
}

/// The task ends with the connection: when the client closes it, is idle too long, or the end is told.
fn spawn(
    (stream, peer): (TcpStream, SocketAddr),
    gateway: &Arc<Gateway>,
    connections: &GracefulShutdown,
    stop: CancellationToken,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection was gone before it began");
        return;
    }
    let open = gateway.connections.open();
    let (gateway, connections) = (Arc::clone(gateway), connections.watcher());
    let service = service_fn(move |request: Request<Incoming>| {
        let gateway = Arc::clone(&gateway);
        async move {
            let (parts, body) = request.into_parts();
            Ok::<_, Infallible>(proxy::handle(&gateway, peer.ip(), parts, Upload::new(body)).await)
        }
    });
    tokio::spawn(async move {
        let _open = open;
        // One that has not said anything yet is not waited for at the end.
        let beginning = tokio::time::timeout(HEAD_TIMEOUT, begins_with_preface(&stream));
        let Some(Ok(is_http2)) = stop.run_until_cancelled_owned(beginning).await else { return };
        let stream = TokioIo::new(stream);
        let ended = if is_http2 {
            let mut server = http2::Builder::new(TokioExecutor::new());
            server
                .timer(TokioTimer::new())
                .max_concurrent_streams(STREAMS)
                .max_header_list_size(u32::try_from(BUFFER).unwrap_or(u32::MAX))
                .keep_alive_interval(PING)
                .keep_alive_timeout(PING);
            connections.watch(server.serve_connection(stream, service)).await
        } else {
            let mut server = http1::Builder::new();
            server.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(BUFFER);
            connections.watch(server.serve_connection(stream, service)).await
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    });
}

/// Whether the client speaks HTTP/2 without having been asked, as a load balancer does. Nothing is taken off the connection.
async fn begins_with_preface(stream: &TcpStream) -> bool {
    let mut start = [0; PREFACE.len()];
    // A preface comes in one piece. One that does not is taken for a request, and refused.
    matches!(stream.peek(&mut start).await, Ok(length) if length == PREFACE.len() && start == PREFACE)
}
