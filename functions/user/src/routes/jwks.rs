//! `GET /.well-known/jwks.json`

use axum::Json;
use axum::extract::State as Shared;
use axum::http::header::{CACHE_CONTROL, HeaderName};

use crate::crypto::access_token::PublicKeySet;
use crate::state::State;

/// The public keys. A next key is here before it signs, for longer than this answer may be cached.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", operation_id = "getJwks", tag = "Authentication",
    summary = "Read the keys that sign access tokens",
    description = "A JSON Web Key Set (RFC 7517). A new key is here before it signs, for longer than the answer may be cached.",
    responses((status = 200, description = "The public keys.", body = PublicKeySet))
)]
pub async fn jwks(Shared(state): Shared<State>) -> ([(HeaderName, &'static str); 1], Json<PublicKeySet>) {
    let headers = [(CACHE_CONTROL, "public, max-age=300, stale-while-revalidate=60")];
    (headers, Json(state.access_tokens.public_keys().as_ref().clone()))
}
