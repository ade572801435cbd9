//! One endpoint a file; this is the list of them.

mod cart;
mod internal;
mod orders;
mod payments;
mod shipping_methods;

use axum::Router;
use axum::routing::get;
use cartwright_runtime::Readiness;
use cartwright_web::health::Health;
use cartwright_web::{App, app};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::MIGRATOR;
use crate::state::State;

/// The API that the gateway leads to. A route is documented, or is not here.
fn public() -> OpenApiRouter<State> {
    OpenApiRouter::default()
        .routes(routes!(cart::show::handle))
        .routes(routes!(cart::empty::handle))
        .routes(routes!(cart::add_item::handle))
        .routes(routes!(cart::change_item::handle))
        .routes(routes!(cart::remove_item::handle))
        .routes(routes!(orders::list::handle))
        .routes(routes!(orders::create::handle))
        .routes(routes!(orders::show::handle))
        .routes(routes!(orders::events::handle))
        .routes(routes!(orders::invoice::handle))
        .routes(routes!(orders::pay::handle))
        .routes(routes!(payments::show::handle))
        .routes(routes!(shipping_methods::handle))
}

/// What only services reach.
fn internal() -> Router<State> {
    Router::new().route("/internal/users/{id}/export", get(internal::export::handle))
}

/// What the test provider adds where it is configured.
fn for_tests() -> OpenApiRouter<State> {
    OpenApiRouter::default().routes(routes!(payments::test_action::handle))
}

/// What the routes say about themselves.
pub(crate) fn described() -> utoipa::openapi::OpenApi {
    public().merge(for_tests()).into_openapi()
}

/// Routes that do several steps in the database.
const QUERY_BUDGETS: [(&str, u64); 3] =
    [("POST /orders", 32), ("POST /orders/{id}/pay", 24), ("GET /internal/users/{id}/export", 64)];

/// The service.
pub fn router(state: State, readiness: Readiness) -> Router {
    let health = health(&state, readiness);
    let verifier = state.verifier.clone();
    let mut api = Router::from(public()).merge(internal());
    if state.test_provider.is_some() {
        api = api.merge(Router::from(for_tests()));
    }
    app(App {
        api: api.with_state(state),
        verifier,
        health,
        open: Router::new(),
        query_budgets: &QUERY_BUDGETS,
    })
}

fn health(state: &State, readiness: Readiness) -> Health {
    let (database, carts, queue) = (state.clone(), state.clone(), state.queue.clone());
    Health::new(readiness)
        .vital("database", move || {
            let state = database.clone();
            async move {
                let checked = cartwright_database::check_schema(state.database.pool(), &MIGRATOR).await;
                checked.map_err(|error| cartwright_runtime::chain(&error))
            }
        })
        .helpful("queue", move || {
            let queue = queue.clone();
            async move { queue.check().await }
        })
        .helpful("carts", move || {
            let state = carts.clone();
            async move { state.carts.ping().await.map_err(|error| cartwright_runtime::chain(&error)) }
        })
}
