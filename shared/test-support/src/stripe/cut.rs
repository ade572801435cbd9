//! An answer that breaks off.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use bytes::Bytes;
use hyper::body::Frame;

/// Its head may arrive, its body does not, and the connection ends.
pub fn cut() -> Response {
    let response = Response::builder().header(CONTENT_TYPE, "application/json").body(Body::new(Broken));
    response.expect("a header is well formed")
}

struct Broken;

impl hyper::body::Body for Broken {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(Some(Err(std::io::Error::other("the answer is lost"))))
    }
}
