//! The gateway's own pages: what it is, how it and the services are, and what the API is.

mod health;
mod kept;
mod status;

use std::collections::BTreeMap;

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json, Router};
use cartwright_runtime::Readiness;
use cartwright_types::Role;
use cartwright_web::Problem;
use cartwright_web::openapi::words;
use http::header::{ACCEPT, ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, IF_NONE_MATCH};
use http::header::{HeaderMap, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use http::request::Parts;
use http::{StatusCode, Uri};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::docs::{File, POLICY};
use crate::openapi;
use crate::upstream::Upstreams;
use health::{Detailed, ServiceHealth};
use status::{File as StatusFile, Form};

pub use status::{Notes, Operators, Traffic};

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
    /// `/openapi.json`
    Openapi,
    /// `/docs` and its files
    Docs(File),
    /// `/status` and the files of its page
    Status(StatusFile),
}

impl Page {
    const ALL: [Self; 5] = [Self::Index, Self::Health, Self::Live, Self::Ready, Self::Openapi];

    /// Its path without the trailing slash.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Index => "/",
            Self::Health => "/health",
            Self::Live => "/health/live",
            Self::Ready => "/health/ready",
            Self::Openapi => "/openapi.json",
            Self::Docs(file) => file.path(),
            Self::Status(file) => file.path(),
        }
    }

    /// Who may read it, in the form that is asked for. Of `/status` the HTML has no data in it, and a browser that goes there
    /// shows no token.
    #[must_use]
    pub fn role(self, request: &HeaderMap) -> Option<Role> {
        let is_data = self == Self::Status(StatusFile::Page) && Form::wanted(request) == Form::Json;
        is_data.then_some(Role::Staff)
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
    let page = Page::ALL.into_iter().find(|page| page.path() == path);
    page.or_else(|| File::find(path).map(Page::Docs)).or_else(|| StatusFile::find(path).map(Page::Status))
}

/// The pages that are described. Those that are not: the files of `/docs` and `/status`.
fn described_pages() -> OpenApiRouter {
    OpenApiRouter::default()
        .routes(routes!(index))
        .routes(routes!(health::health))
        .routes(routes!(live))
        .routes(routes!(ready))
        .routes(routes!(openapi_json))
        .routes(routes!(docs))
        .routes(routes!(status::status))
}

/// What the pages say about themselves.
pub(crate) fn described() -> utoipa::openapi::OpenApi {
    described_pages().into_openapi()
}

/// The pages' router.
pub fn router(upstreams: Upstreams, readiness: Readiness, operators: Operators) -> Router {
    Router::from(described_pages())
        .route("/docs/{file}", axum::routing::get(file))
        .route("/status/{file}", axum::routing::get(status::file))
        .layer(Extension(status::Overview::new(operators)))
        .layer(Extension(ServiceHealth::new(upstreams)))
        .layer(Extension(readiness))
}

/// Asks the router for a page. Bodies of requests are not read: no page wants one.
pub async fn answer(router: Router, page: Page, parts: &Parts, detailed: bool, request_id: &str) -> Response {
    let mut request = Request::new(axum::body::Body::empty());
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = Uri::from_static(page.path());
    for name in [ACCEPT, ACCEPT_ENCODING, IF_NONE_MATCH] {
        for value in parts.headers.get_all(&name) {
            request.headers_mut().append(name.clone(), value.clone());
        }
    }
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
    answer.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-store"));
    answer
}

/// What this is.
#[derive(Serialize, ToSchema)]
struct Index {
    #[schema(examples("Cartwright"))]
    name: &'static str,
    /// The version of the program.
    #[schema(examples("0.1.0"))]
    version: &'static str,
    #[schema(schema_with = up)]
    status: &'static str,
    /// Where to go on.
    links: BTreeMap<&'static str, &'static str>,
}

/// How the gateway is.
#[derive(Serialize, ToSchema)]
#[schema(as = GatewayState)]
struct State {
    #[schema(schema_with = up_or_down)]
    status: &'static str,
}

fn up() -> utoipa::openapi::Object {
    words("It is up.", &["ok"])
}

fn up_or_down() -> utoipa::openapi::Object {
    words("Whether it is up.", &["ok", "down"])
}

const LINKS: [(&str, &str); 8] = [
    ("cart", "/cart"),
    ("categories", "/categories"),
    ("docs", "/docs"),
    ("health", "/health"),
    ("jwks", "/.well-known/jwks.json"),
    ("openapi", "/openapi.json"),
    ("orders", "/orders"),
    ("products", "/products"),
];

#[utoipa::path(
    get, path = "/", operation_id = "getIndex", tag = "Service",
    summary = "Read what this is",
    description = "Name, version, and where to go on.",
    responses((status = 200, description = "It is up.", body = Index))
)]
async fn index() -> Json<Index> {
    Json(Index {
        name: "Cartwright",
        version: env!("CARGO_PKG_VERSION"),
        status: "ok",
        links: LINKS.into_iter().collect(),
    })
}

#[utoipa::path(
    get, path = "/health/live", operation_id = "getLiveness", tag = "Service",
    summary = "Ask whether the process runs",
    description = "For load balancers: no limit, no identity.",
    responses((status = 200, description = "It runs.", body = State)),
    extensions(("x-unlimited" = json!(true)))
)]
async fn live() -> Json<State> {
    Json(State { status: "ok" })
}

#[utoipa::path(
    get, path = "/health/ready", operation_id = "getReadiness", tag = "Service",
    summary = "Ask whether requests are taken",
    description = "For load balancers: no limit, no identity. Red when the process is about to end.",
    responses(
        (status = 200, description = "It takes requests.", body = State),
        (status = 503, description = "It takes no new ones.", body = State)
    ),
    extensions(("x-unlimited" = json!(true)))
)]
async fn ready(Extension(readiness): Extension<Readiness>) -> (StatusCode, Json<State>) {
    if readiness.is_accepting() {
        (StatusCode::OK, Json(State { status: "ok" }))
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, Json(State { status: "down" }))
    }
}

#[utoipa::path(
    get, path = "/openapi.json", operation_id = "getOpenapi", tag = "Service",
    summary = "Read this document",
    description = "OpenAPI 3.1 of the whole API.",
    responses((status = 200, description = "The document.", content(("application/json"))), (status = 304))
)]
async fn openapi_json(headers: HeaderMap) -> Response {
    openapi::CONTENT.answer(&headers)
}

#[utoipa::path(
    get, path = "/docs", operation_id = "getDocs", tag = "Service",
    summary = "Open the reference",
    description = "This document as a page to read and to try things on.",
    responses((status = 200, description = "The page.", content(("text/html"))), (status = 304))
)]
async fn docs(headers: HeaderMap) -> Response {
    docs_file(File::Page, &headers)
}

async fn file(uri: Uri, headers: HeaderMap) -> Response {
    match File::find(uri.path()) {
        Some(file) => docs_file(file, &headers),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn docs_file(file: File, request: &HeaderMap) -> Response {
    let mut answer = file.content().answer(request);
    let policies: [(HeaderName, &'static str); 3] = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (http::header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in policies {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_there_with_and_without_a_trailing_slash() {
        assert_eq!(find("/"), Some(Page::Index));
        assert_eq!(find("/health/"), Some(Page::Health));
        assert_eq!(find("/health/ready/"), Some(Page::Ready));
        assert_eq!(find("/docs/"), Some(Page::Docs(File::Page)));
        assert_eq!(find("/docs/docs.js"), Some(Page::Docs(File::Script)));
        assert_eq!(find("/status/"), Some(Page::Status(StatusFile::Page)));
        assert_eq!(find("/status/status.js"), Some(Page::Status(StatusFile::Script)));
        for path in [
            "",
            "/status/x",
            "/statuses",
            "/healthy",
            "/health/x",
            "/metrics",
            "/docs/x.js",
            "/docs/swagger-ui.css",
            "/docsx",
        ] {
            assert_eq!(find(path), None, "{path}");
        }
    }
}
