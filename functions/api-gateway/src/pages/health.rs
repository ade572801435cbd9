//! How the services are, asked in parallel.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use futures::future::join_all;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::kept::Kept;
use crate::routes::Service;
use crate::upstream::Upstreams;

/// A service has this long to answer; its own dependencies have 2 s.
const PATIENCE: Duration = Duration::from_secs(3);
/// An answer counts for this long, so that anybody's asking costs the services nothing.
const REMEMBERED: Duration = Duration::from_secs(1);

/// Whether whoever asks may see more than the status.
#[derive(Debug, Clone, Copy)]
pub struct Detailed(pub bool);

/// How something is; the worst of several is what they are together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = HealthStatus)]
pub enum Status {
    /// All is well.
    Ok,
    /// It serves, and something that it can do without for a while is not well.
    Degraded,
    /// It does not serve.
    Down,
}

/// A service, as it is and with what it depends on.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ServiceHealth)]
struct Report {
    #[schema(examples("order"))]
    name: &'static str,
    status: Status,
    /// The version of its program; null when it says none.
    #[schema(examples("0.1.0"))]
    version: Option<String>,
    /// How long its answer took.
    milliseconds: u64,
    dependencies: Vec<Dependency>,
}

/// What a service's own `/health` says; by default that of one that says nothing.
#[derive(Debug, Clone, Deserialize)]
pub struct Said {
    /// How it is.
    pub status: Status,
    /// The version of its program.
    #[serde(default)]
    pub version: Option<String>,
    /// How what it needs is.
    #[serde(default)]
    pub dependencies: Vec<Dependency>,
}

impl Said {
    /// Reads it; None when it is something else.
    pub fn parse(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }
}

impl Default for Said {
    fn default() -> Self {
        Self { status: Status::Down, version: None, dependencies: Vec::new() }
    }
}

/// A line of a service's own `/health`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Dependency {
    /// What it is to the service.
    #[schema(examples("database"))]
    pub name: String,
    /// How it is.
    pub status: Status,
    /// How long its answer took.
    pub milliseconds: u64,
}

/// How all of it is.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// The worst of the services.
    status: Status,
    /// The services; only for staff or from inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    dependencies: Option<Vec<Report>>,
}

/// 200, or 503 when a service cannot serve.
#[utoipa::path(
    get, path = "/health", operation_id = "getHealth", tag = "Service",
    security((), ("bearer" = [])),
    summary = "Ask how everything is",
    description = "Asks every service, and they their dependencies. Details are for staff; others get the status alone.",
    responses(
        (status = 200, description = "All services serve; some may be `degraded`.", body = Health),
        (status = 503, description = "A service is `down`.", body = Health)
    )
)]
pub async fn health(
    Extension(services): Extension<ServiceHealth>,
    Extension(detailed): Extension<Detailed>,
) -> Response {
    services.page(detailed).await
}

/// Asks the services.
#[derive(Clone)]
pub struct ServiceHealth {
    upstreams: Upstreams,
    reports: Arc<Kept<Vec<Report>>>,
}

impl ServiceHealth {
    /// Has asked nobody yet.
    pub fn new(upstreams: Upstreams) -> Self {
        Self { upstreams, reports: Arc::new(Kept::new(REMEMBERED)) }
    }

    /// `/health`
    pub async fn page(&self, Detailed(detailed): Detailed) -> Response {
        let reports = self.reports.get(join_all(Service::ALL.map(|service| self.ask(service)))).await;
        let status = reports.iter().map(|report| report.status).max().unwrap_or(Status::Ok);
        let code = if status == Status::Down { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
        let body = Health { status, dependencies: detailed.then_some(reports) };
        (code, Json(body)).into_response()
    }

    async fn ask(&self, service: Service) -> Report {
        let started = Instant::now();
        let answer = self.upstreams.fetch(service, "/health", PATIENCE).await;
        let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let answer = answer.ok().and_then(|(_, body)| Said::parse(&body)).unwrap_or_default();
        let Said { status, version, dependencies } = answer;
        Report { name: service.name(), status, version, milliseconds, dependencies }
    }
}
