//! The service's paths. One endpoint a file.

mod devices;
mod get;
mod history;
mod internal;
mod precondition;
mod preferences;
mod suppressions;
mod templates;
mod unsubscribe;
mod view;

use axum::Router;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::State;

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
}

/// What only services reach.
fn internal() -> Router<State> {
    Router::new().route("/internal/users/{id}/export", get(internal::export::export))
}

/// What the routes say about themselves.
pub(crate) fn described() -> utoipa::openapi::OpenApi {
    public().into_openapi()
}

/// Everything behind the identity check.
pub fn api(state: State) -> Router {
    Router::from(public()).merge(internal()).with_state(state)
}
