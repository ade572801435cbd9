//! A service's router with everything that all services have around it.

use axum::Router;
use axum::body::{Body, HttpBody as _, to_bytes};
use axum::extract::Request;
use axum::http::{StatusCode, Uri};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

use crate::Problem;
use crate::health::Health;
use crate::identity::{IdentityVerifier, authenticate};
use crate::middleware::{Around, around, note_route};

/// The parts of a service.
pub struct App {
    /// Every route that needs an identity: the API and `/internal`.
    pub api: Router,
    /// Checks the callers of `api`.
    pub verifier: IdentityVerifier,
    /// What its health depends on.
    pub health: Health,
    /// Routes that answer without an internal token (the user service's JWKS).
    pub open: Router,
    /// How many SQL statements a route may need, where it is not six: `("POST /orders", 30)`. Over it, `local` warns.
    pub query_budgets: &'static [(&'static str, u64)],
}

/// Puts the parts together: `/health/*`, identity, request ids, logs, problems, panics, trailing slashes.
pub fn app(parts: App) -> Router {
    let api = noted(parts.api).layer(from_fn_with_state(parts.verifier, authenticate));
    let routes = Router::new()
        .merge(parts.health.routes())
        .merge(noted(parts.open))
        .fallback_service(api)
        .layer(CatchPanicLayer::custom(on_panic))
        .layer(from_fn(with_small_body_read))
        .layer(from_fn_with_state(Around { query_budgets: parts.query_budgets }, around));
    // Outside the routes: a path is normalised before it is matched.
    Router::new().fallback_service(ServiceBuilder::new().map_request(without_trailing_slash).service(routes))
}

/// With each route's pattern noted for the log; axum refuses the layer where there is no route.
fn noted(router: Router) -> Router {
    if router.has_routes() { router.route_layer(from_fn(note_route)) } else { router }
}

fn on_panic(_panic: Box<dyn std::any::Any + Send>) -> Response {
    // The panic hook has logged it.
    Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

/// Reads a body of known and small size before anybody refuses the request by its headers alone. Were it left unread, the
/// server would close the connection after the answer, and the gateway might send its next request into that.
async fn with_small_body_read(request: Request, next: Next) -> Response {
    const SMALL: usize = 64 * 1024;
    let size = request.body().size_hint().upper().and_then(|size| usize::try_from(size).ok());
    if size.is_none_or(|size| size == 0 || size > SMALL) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    match to_bytes(body, SMALL).await {
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        // Whoever sent it has gone.
        Err(_) => Problem::of_status(StatusCode::BAD_REQUEST).into_response(),
    }
}

/// `/users/` is `/users`; `/` stays.
fn without_trailing_slash(mut request: Request) -> Request {
    let path = request.uri().path();
    let trimmed = path.trim_end_matches('/');
    if trimmed.len() == path.len() || trimmed.is_empty() {
        return request;
    }
    let target = match request.uri().query() {
        Some(query) => format!("{trimmed}?{query}"),
        None => trimmed.to_owned(),
    };
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = target.parse().ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    request
}
