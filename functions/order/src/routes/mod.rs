//! One endpoint a file; this is the list of them.

mod cart;
mod idempotent;
mod orders;
mod payments;
mod shipping_methods;

use axum::Router;
use axum::routing::{get, patch, post};
use cartwright_runtime::Readiness;
use cartwright_web::health::Health;
use cartwright_web::{App, app};

use crate::MIGRATOR;
use crate::state::State;

/// The service.
pub fn router(state: State, readiness: Readiness) -> Router {
    let health = health(&state, readiness);
    let verifier = state.verifier.clone();
    let mut api = Router::new()
        .route("/cart", get(cart::show::handle).delete(cart::empty::handle))
        .route("/cart/items", post(cart::add_item::handle))
        .route("/cart/items/{line_id}", patch(cart::change_item::handle).delete(cart::remove_item::handle))
        .route("/orders", get(orders::list::handle).post(orders::create::handle))
        .route("/orders/{id}", get(orders::show::handle))
        .route("/orders/{id}/events", get(orders::events::handle))
        .route("/orders/{id}/invoice", get(orders::invoice::handle))
        .route("/orders/{id}/pay", post(orders::pay::handle))
        .route("/payments/{id}", get(payments::show::handle))
        .route("/shipping-methods", get(shipping_methods::handle));
    if state.test_provider.is_some() {
        api = api.route("/payments/{id}/test-action", post(payments::test_action::handle));
    }
    app(App { api: api.with_state(state), verifier, health, open: Router::new() })
}

fn health(state: &State, readiness: Readiness) -> Health {
    let (database, carts) = (state.clone(), state.clone());
    Health::new(readiness)
        .vital("database", move || {
            let state = database.clone();
            async move {
                let checked = cartwright_database::check_schema(state.database.pool(), &MIGRATOR).await;
                checked.map_err(|error| crate::error::chain(&error))
            }
        })
        .helpful("carts", move || {
            let state = carts.clone();
            async move { state.carts.ping().await.map_err(|error| crate::error::chain(&error)) }
        })
}
