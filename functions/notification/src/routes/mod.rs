//! The service's paths. One endpoint a file.

mod cancel;
mod devices;
mod get;
mod history;
mod internal;
mod precondition;
mod preferences;
mod resend;
mod send;
mod suppressions;
mod templates;
mod unsubscribe;
mod view;

use axum::Router;
use axum::routing::get;
use cartwright_web::{Fields, FromFields, Problem, body};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::State;

/// The body of a request that has nothing to say: none, or an empty object.
struct Nothing;

impl FromFields for Nothing {
    fn from_fields(_fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self)
    }
}

/// 400 or 422 when something is said after all.
fn nothing(raw: &[u8]) -> Result<(), Problem> {
    if raw.is_empty() { Ok(()) } else { body::read::<Nothing>(raw).map(drop) }
}

/// The API that the gateway leads to. A route is documented, or is not here.
fn public() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(routes!(history::history))
        .routes(routes!(templates::list::list, templates::create::create))
        .routes(routes!(templates::show::show, templates::replace::replace, templates::remove::remove))
        .routes(routes!(templates::preview::preview))
        .routes(routes!(preferences::show::show, preferences::replace::replace))
        .routes(routes!(unsubscribe::show::show, unsubscribe::confirm::confirm))
        .routes(routes!(devices::create::create))
        .routes(routes!(devices::remove::remove))
        .routes(routes!(suppressions::list::list))
        .routes(routes!(suppressions::lift::lift))
        .routes(routes!(get::get))
        .routes(routes!(send::email::handle))
        .routes(routes!(send::sms::handle))
        .routes(routes!(send::push::handle))
        .routes(routes!(cancel::handle))
        .routes(routes!(resend::handle))
}

/// What only services and the gateway reach.
fn internal() -> Router<State> {
    Router::new()
        .route("/internal/orders/{id}/notifications", get(internal::of_order::of_order))
        .route("/internal/users/{id}/export", get(internal::export::export))
}

/// What the routes say about themselves.
pub(crate) fn described() -> utoipa::openapi::OpenApi {
    public().into_openapi()
}

/// Everything behind the identity check.
pub fn api(state: State) -> Router {
    Router::from(public()).merge(internal()).with_state(state)
}
