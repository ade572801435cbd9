//! How the services are, asked in parallel.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use futures::future::join_all;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Mutex;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Ok,
    Degraded,
    Down,
}

/// A service, as it is and with what it depends on.
#[derive(Debug, Clone, Serialize)]
struct Report {
    name: &'static str,
    status: Status,
    milliseconds: u64,
    dependencies: Vec<Dependency>,
}

/// A line of a service's own `/health`.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Dependency {
    name: String,
    status: Status,
    milliseconds: u64,
}

/// When they were asked, and what they said.
type Answers = (Instant, Vec<Report>);

/// Asks the services.
#[derive(Clone)]
pub struct ServiceHealth {
    upstreams: Upstreams,
    last: Arc<Mutex<Option<Answers>>>,
}

impl ServiceHealth {
    /// Has asked nobody yet.
    pub fn new(upstreams: Upstreams) -> Self {
        Self { upstreams, last: Arc::default() }
    }

    /// `/health`
    pub async fn page(&self, Detailed(detailed): Detailed) -> Response {
        let reports = self.reports().await;
        let status = reports.iter().map(|report| report.status).max().unwrap_or(Status::Ok);
        let code = if status == Status::Down { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
        let body = if detailed {
            json!({ "status": status, "dependencies": reports })
        } else {
            json!({ "status": status })
        };
        (code, Json(body)).into_response()
    }

    /// Whoever comes while the services are being asked waits for the same answers.
    async fn reports(&self) -> Vec<Report> {
        let mut last = self.last.lock().await;
        if let Some((asked, reports)) = last.as_ref()
            && asked.elapsed() < REMEMBERED
        {
            return reports.clone();
        }
        let reports = join_all(Service::ALL.map(|service| self.ask(service))).await;
        *last = Some((Instant::now(), reports.clone()));
        reports
    }

    async fn ask(&self, service: Service) -> Report {
        #[derive(Deserialize)]
        struct Answer {
            status: Status,
            #[serde(default)]
            dependencies: Vec<Dependency>,
        }
        let started = Instant::now();
        let answer = self.upstreams.fetch(service, "/health", PATIENCE).await;
        let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let answer = answer.ok().and_then(|(_, body)| serde_json::from_slice(&body).ok());
        let Answer { status, dependencies } =
            answer.unwrap_or(Answer { status: Status::Down, dependencies: Vec::new() });
        Report { name: service.name(), status, milliseconds, dependencies }
    }
}
