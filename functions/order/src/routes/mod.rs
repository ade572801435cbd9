//! One endpoint a file; this is the list of them.

mod cart;
mod internal;
mod orders;
mod payments;
mod promotions;
mod shipping_methods;
mod shop;
mod tax_rates;
mod webhooks;

use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use axum::{Extension, Router};
use cartwright_runtime::Readiness;
use cartwright_web::body::MAX_BYTES;
use cartwright_web::health::Health;
use cartwright_web::{App, app};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::MIGRATOR;
use crate::clients::payments::stripe::STRIPE;
use crate::state::State;
use crate::usecases::follow_order::Following;

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
        .routes(routes!(orders::cancel::handle))
        .routes(routes!(orders::status::handle))
        .routes(routes!(orders::refunds::list::handle, orders::refunds::create::handle))
        .routes(routes!(payments::discrepancies::handle))
        .routes(routes!(payments::show::handle))
        .routes(routes!(payments::capture::handle))
        .routes(routes!(webhooks::stripe::handle))
        .routes(routes!(shipping_methods::list::handle))
        .routes(routes!(shipping_methods::create::handle))
        .routes(routes!(shipping_methods::show::handle))
        .routes(routes!(shipping_methods::replace::handle))
        .routes(routes!(shipping_methods::remove::handle))
        .routes(routes!(tax_rates::list::handle))
        .routes(routes!(tax_rates::create::handle))
        .routes(routes!(tax_rates::show::handle))
        .routes(routes!(tax_rates::replace::handle))
        .routes(routes!(tax_rates::remove::handle))
        .routes(routes!(promotions::list::handle))
        .routes(routes!(promotions::create::handle))
        .routes(routes!(promotions::show::handle))
        .routes(routes!(promotions::replace::handle))
        .routes(routes!(promotions::remove::handle))
}

/// What only services and the gateway reach.
fn internal() -> Router<State> {
    Router::new()
        .route("/internal/orders/{id}/contact", get(internal::contact::handle))
        .route("/internal/orders/{id}/payments", get(internal::payments::handle))
        .route("/internal/users/{id}/export", get(internal::export::handle))
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
const QUERY_BUDGETS: [(&str, u64); 7] = [
    ("POST /orders", 32),
    ("POST /orders/{id}/pay", 24),
    ("POST /orders/{id}/cancel", 64),
    ("POST /orders/{id}/status", 64),
    ("POST /orders/{id}/refunds", 40),
    ("POST /payments/{id}/capture", 32),
    ("GET /internal/users/{id}/export", 64),
];

/// The service.
pub fn router(state: State, following: Following, readiness: Readiness) -> Router {
    let health = health(&state, readiness);
    let verifier = state.verifier.clone();
    // For bodies that are taken raw; `Body` has the same limit of its own.
    let mut api = Router::from(public()).layer(DefaultBodyLimit::max(MAX_BYTES)).merge(internal());
    if state.test_provider.is_some() {
        api = api.merge(Router::from(for_tests()));
    }
    app(App {
        api: api.layer(Extension(following)).with_state(state),
        verifier,
        health,
        open: Router::new(),
        query_budgets: &QUERY_BUDGETS,
    })
}

fn health(state: &State, readiness: Readiness) -> Health {
    let (database, carts, queue) = (state.clone(), state.clone(), state.queue.clone());
    let mut health = Health::new(readiness);
    if let Some(stripe) = &state.stripe {
        let stripe = stripe.clone();
        health = health.helpful(STRIPE, move || {
            let stripe = stripe.clone();
            async move { stripe.ping().await }
        });
    }
    if let Some(redis) = &state.redis {
        let redis = redis.clone();
        health = health.helpful("redis", move || {
            let redis = redis.clone();
            async move { redis.check().await }
        });
    }
    health
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
