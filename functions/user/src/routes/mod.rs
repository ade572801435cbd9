//! The routes, one endpoint a file.

mod auth;
mod fields;
mod internal;
mod jwks;
mod users;

use axum::Router;
use axum::routing::{get, post};
use cartwright_web::App;
use cartwright_web::health::Health;
use cartwright_web::identity::IdentityVerifier;

use crate::state::State;

/// What needs an internal identity.
fn api(state: State) -> Router {
    Router::new()
        .route("/auth/register", post(auth::register::register))
        .route("/auth/email/verify", post(auth::email_verify::verify))
        .route("/auth/email/resend", post(auth::email_resend::resend))
        .route("/auth/login", post(auth::login::login))
        .route("/auth/refresh", post(auth::refresh::refresh))
        .route("/auth/logout", post(auth::logout::logout))
        .route("/auth/password/forgot", post(auth::password_forgot::forgot))
        .route("/auth/password/reset", post(auth::password_reset::reset))
        .route("/users/{id}", get(users::get::get))
        .route("/internal/users/{id}/contact", get(internal::contact::contact))
        .with_state(state)
}

/// The API with all that services have around it.
pub fn router(state: State, verifier: IdentityVerifier, health: Health) -> Router {
    let open = Router::new().route("/.well-known/jwks.json", get(jwks::jwks)).with_state(state.clone());
    cartwright_web::app(App { api: api(state), verifier, health, open })
}
