//! `GET /.well-known/jwks.json`

use axum::Json;
use axum::extract::State as Shared;
use axum::http::header::{CACHE_CONTROL, HeaderName};

use crate::crypto::access_token::PublicKeySet;
use crate::state::State;

/// The public keys. A next key is here before it signs, for longer than this answer may be cached.
pub async fn jwks(Shared(state): Shared<State>) -> ([(HeaderName, &'static str); 1], Json<PublicKeySet>) {
    let headers = [(CACHE_CONTROL, "public, max-age=300, stale-while-revalidate=60")];
    (headers, Json(state.access_tokens.public_keys().clone()))
}
