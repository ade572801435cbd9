//! The gateway's own pages: what it is, and how it and the services are.

mod health;

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use cartwright_runtime::Readiness;
use cartwright_web::Problem;
use http::header::{ALLOW, CACHE_CONTROL, HeaderValue};
use http::request::Parts;
use http::{StatusCode, Uri};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use serde_json::json;

use crate::upstream::Upstreams;
use health::{Detailed, ServiceHealth};

/// One of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// `/`
    Index,
    /// `/health`
    Health,
    /// `/health/live`
    Live,
    /// `/health/ready`
    Ready,
}

impl Page {
    const ALL: [Self; 4] = [Self::Index, Self::Health, Self::Live, Self::Ready];

    /// Its path without the trailing slash.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Index => "/",
            Self::Health => "/health",
            Self::Live => "/health/live",
            Self::Ready => "/health/ready",
        }
    }

    /// Whether load balancers ask for it, all the time and without credentials: no limit, no identity.
    #[must_use]
    pub const fn is_probe(self) -> bool {
        matches!(self, Self::Live | Self::Ready)
    }
}

/// The page at `path`, with or without a trailing slash.
#[must_use]
pub fn find(path: &str) -> Option<Page> {
    let path = if path.len() > 1 { path.strip_suffix('/').unwrap_or(path) } else { path };
    Page::ALL.into_iter().find(|page| page.path() == path)
}

/// The pages' router.
pub fn router(upstreams: Upstreams, readiness: Readiness) -> Router {
    let services = ServiceHealth::new(upstreams);
    Router::new()
        .route(Page::Index.path(), get(index))
        .route(Page::Live.path(), get(async || status(StatusCode::OK, "ok")))
        .route(Page::Ready.path(), get(async move || ready(&readiness)))
        .route(
            Page::Health.path(),
            get(async move |Extension(detailed): Extension<Detailed>| services.page(detailed).await),
        )
}

/// Asks the router for a page. Bodies of requests are not read: no page wants one.
pub async fn answer(router: Router, page: Page, parts: &Parts, detailed: bool, request_id: &str) -> Response {
    let mut request = Request::new(axum::body::Body::empty());
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = Uri::from_static(page.path());
    request.extensions_mut().insert(Detailed(detailed));
    let mut answer = match TowerToHyperService::new(router).call(request).await {
        Ok(answer) => answer,
        Err(never) => match never {},
    };
    if answer.status() == StatusCode::METHOD_NOT_ALLOWED {
        let allow = answer.headers_mut().remove(ALLOW);
        answer = Problem::of_status(answer.status()).to_response(page.path(), request_id);
        answer.headers_mut().extend(allow.map(|allow| (ALLOW, allow)));
    }
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    answer
}

async fn index() -> Response {
    let links = json!({
        "health": "/health",
        "jwks": "/.well-known/jwks.json",
        "products": "/products",
        "categories": "/categories",
        "cart": "/cart",
        "orders": "/orders",
    });
    let body = json!({
        "name": "Cartwright",
        "version": env!("CARGO_PKG_VERSION"),
        "status": "ok",
        "links": links,
    });
    Json(body).into_response()
}

fn ready(readiness: &Readiness) -> Response {
    if readiness.is_accepting() {
        status(StatusCode::OK, "ok")
    } else {
        status(StatusCode::SERVICE_UNAVAILABLE, "down")
    }
}

fn status(code: StatusCode, word: &str) -> Response {
    (code, Json(json!({ "status": word }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_there_with_and_without_a_trailing_slash() {
        assert_eq!(find("/"), Some(Page::Index));
        assert_eq!(find("/health/"), Some(Page::Health));
        assert_eq!(find("/health/ready/"), Some(Page::Ready));
        for path in ["", "/healthy", "/health/x", "/metrics"] {
            assert_eq!(find(path), None, "{path}");
        }
    }
}
