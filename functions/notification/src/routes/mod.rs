//! The service's paths. One endpoint a file.

mod get;
mod history;
mod view;

use axum::Router;
use axum::routing;

use crate::state::State;

/// Everything behind the identity check.
pub fn api(state: State) -> Router {
    Router::new()
        .route("/notifications/history", routing::get(history::history))
        .route("/notifications/{id}", routing::get(get::get))
        .with_state(state)
}
