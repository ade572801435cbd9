//! The routes, one endpoint a file.

mod caching;
mod categories;
mod internal;
mod products;

use axum::Router;
use axum::routing::{get, post};
use cartwright_web::App;
use cartwright_web::health::Health;
use cartwright_web::identity::IdentityVerifier;

use crate::state::State;

/// The API alone.
pub(crate) fn api(state: State) -> Router {
    Router::new()
        .route("/products", get(products::list::list))
        .route("/products/{key}", get(products::get::get))
        .route("/categories", get(categories::list::list))
        .route("/categories/{key}", get(categories::get::get))
        .route("/internal/quotes", post(internal::quotes::quotes))
        .route("/internal/reservations", post(internal::reserve::reserve))
        .route("/internal/reservations/{id}/commit", post(internal::commit::commit))
        .route("/internal/reservations/{id}/release", post(internal::release::release))
        .with_state(state)
}

/// The API with all that services have around it.
pub fn router(state: State, verifier: IdentityVerifier, health: Health) -> Router {
    cartwright_web::app(App { api: api(state), verifier, health, open: Router::new() })
}
