//! The routes, one endpoint a file.

mod caching;
mod categories;
mod fields;
mod internal;
mod inventory;
mod precondition;
mod products;
mod write_error;

use axum::Router;
use axum::routing::post;
use cartwright_web::App;
use cartwright_web::health::Health;
use cartwright_web::identity::IdentityVerifier;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::State;

/// The API that the gateway leads to. A route is documented, or is not here.
fn public() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(routes!(products::list::list, products::create::create))
        .routes(routes!(
            products::get::get,
            products::replace::replace,
            products::change::change,
            products::archive::archive
        ))
        .routes(routes!(products::images::list::list, products::images::create::create))
        .routes(routes!(products::images::change::change, products::images::remove::remove))
        .routes(routes!(categories::list::list, categories::create::create))
        .routes(routes!(inventory::list::list))
        .routes(routes!(inventory::get::get))
        .routes(routes!(inventory::change::change))
        .routes(routes!(inventory::movements::movements))
        .routes(routes!(
            categories::get::get,
            categories::replace::replace,
            categories::change::change,
            categories::remove::remove
        ))
}

/// What only services reach.
fn internal() -> Router<State> {
    Router::new()
        .route("/internal/quotes", post(internal::quotes::quotes))
        .route("/internal/reservations", post(internal::reserve::reserve))
        .route("/internal/reservations/{id}/commit", post(internal::commit::commit))
        .route("/internal/reservations/{id}/release", post(internal::release::release))
}

/// What the routes say about themselves.
pub(crate) fn described() -> utoipa::openapi::OpenApi {
    public().into_openapi()
}

/// The API alone.
pub(crate) fn api(state: State) -> Router {
    Router::from(public()).merge(internal()).with_state(state)
}

/// A page is read at once; a second time where the first look found nothing.
pub(crate) const QUERY_BUDGETS: [(&str, u64); 2] = [("GET /products", 2), ("GET /products/{key}", 2)];

/// The API with all that services have around it.
pub fn router(state: State, verifier: IdentityVerifier, health: Health) -> Router {
    let (api, open) = (api(state), Router::new());
    cartwright_web::app(App { api, verifier, health, open, query_budgets: &QUERY_BUDGETS })
}
