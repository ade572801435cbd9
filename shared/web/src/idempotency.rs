//! The `Idempotency-Key` header and the fingerprint of a request.

use aws_lc_rs::digest::{Context, SHA256};
use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;

use crate::Problem;

/// The header, when it was sent; anything but 1..255 visible ASCII characters is a 400.
#[derive(Debug, Clone)]
pub struct IdempotencyKey(pub Option<String>);

impl IdempotencyKey {
    /// The key of somebody without an identity: a UUID, which nobody else will think of.
    ///
    /// # Errors
    /// 400 `idempotency_key_invalid`.
    pub fn anonymous(&self) -> Result<(), Problem> {
        match &self.0 {
            Some(key) if uuid::Uuid::try_parse(key).is_err() => {
                Err(Problem::bad_request("idempotency_key_invalid")
                    .detail("Without an identity, an Idempotency-Key must be a UUID."))
            }
            _ => Ok(()),
        }
    }

    /// The key, on paths that must have one.
    ///
    /// # Errors
    /// 400 `idempotency_key_required`.
    pub fn required(self) -> Result<String, Problem> {
        self.0.ok_or_else(|| {
            Problem::bad_request("idempotency_key_required").detail(
                "Send an Idempotency-Key header: a fresh UUID for each new request, the same for a retry.",
            )
        })
    }
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all("idempotency-key").iter();
        let Some(value) = values.next() else { return Ok(Self(None)) };
        let bytes = value.as_bytes();
        let fits = (1..=255).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
        match value.to_str() {
            Ok(text) if fits && values.next().is_none() => Ok(Self(Some(text.to_owned()))),
            _ => Err(Problem::bad_request("idempotency_key_invalid")
                .detail("An Idempotency-Key is one header of 1 to 255 visible ASCII characters.")),
        }
    }
}

/// SHA-256 of method, path and body.
#[must_use]
pub fn fingerprint(method: &Method, path: &str, body: &[u8]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in [method.as_str().as_bytes(), path.as_bytes(), body] {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    bytes
}
