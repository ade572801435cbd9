//! The user service's `GET /internal/users/{id}/contact`, for anybody: everybody has an address, made of their id.

use std::convert::Infallible;

use anyhow::Result;
use bytes::Bytes;
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;

/// The address of a user.
pub fn address(user: &str) -> String {
    format!("{user}@example.com")
}

/// Serves it until the process ends; the base URL.
///
/// # Errors
/// There is no port to be had.
pub async fn serve() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that is killed ends its connection in the middle.
            tokio::spawn(async move {
                http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)).await.ok()
            });
        }
    });
    Ok(url)
}

async fn answer<B>(request: Request<B>) -> Result<Response<Full<Bytes>>, Infallible> {
    let id = request.uri().path().split('/').nth(3).unwrap_or_default();
    let contact = json!({
        "user_id": id, "email": address(id), "pending_email": null, "email_verified": true, "full_name": "Ada",
        "phone": null, "locale": "en",
    });
    let mut response = Response::new(Full::new(Bytes::from(contact.to_string())));
    response
        .headers_mut()
        .insert("content-type", hyper::header::HeaderValue::from_static("application/json"));
    std::future::ready(Ok(response)).await
}
