//! The routes, one endpoint a file.

mod auth;
mod client;
mod fields;
mod internal;
mod jwks;
mod users;

use axum::Router;
use axum::routing::get;
use cartwright_web::App;
use cartwright_web::health::Health;
use cartwright_web::identity::IdentityVerifier;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::State;

/// The API that the gateway leads to. A route is documented, or is not here.
fn public() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(routes!(auth::register::register))
        .routes(routes!(auth::email_verify::verify))
        .routes(routes!(auth::email_resend::resend))
        .routes(routes!(auth::login::login))
        .routes(routes!(auth::refresh::refresh, auth::refresh::refresh_by_get))
        .routes(routes!(auth::logout::logout))
        .routes(routes!(auth::logout_all::all))
        .routes(routes!(auth::sessions::list))
        .routes(routes!(auth::session_end::end))
        .routes(routes!(auth::password_forgot::forgot))
        .routes(routes!(auth::password_reset::reset))
        .routes(routes!(auth::password_change::change))
        .routes(routes!(users::list::list, users::create::create))
        .routes(routes!(users::get::get, users::replace::replace, users::change::change, users::erase::erase))
        .routes(routes!(users::export::export))
        .routes(routes!(users::audit::list))
        .routes(routes!(users::addresses::list::list, users::addresses::create::create))
        .routes(routes!(
            users::addresses::show::show,
            users::addresses::replace::replace,
            users::addresses::remove::remove
        ))
}

/// What answers without an internal identity.
fn open() -> OpenApiRouter<State> {
    OpenApiRouter::default().routes(routes!(jwks::jwks))
}

/// What only services reach.
fn internal() -> Router<State> {
    Router::new().route("/internal/users/{id}/contact", get(internal::contact::contact))
}

/// What the routes say about themselves.
pub(crate) fn described() -> utoipa::openapi::OpenApi {
    public().merge(open()).into_openapi()
}

/// The API with all that services have around it.
pub fn router(state: State, verifier: IdentityVerifier, health: Health) -> Router {
    let api = Router::from(public()).merge(internal()).with_state(state.clone());
    cartwright_web::app(App {
        api,
        verifier,
        health,
        open: Router::from(open()).with_state(state),
        query_budgets: &[],
    })
}
