//! `/health`, `/health/live`, `/health/ready`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use cartwright_runtime::Readiness;
use futures::future::{BoxFuture, join_all};
use serde::Serialize;
use tokio::sync::Mutex;

type Check = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// What a service's health depends on.
#[derive(Clone, Default)]
pub struct Health {
    readiness: Readiness,
    checks: Vec<Dependency>,
    known: Arc<Mutex<HashMap<&'static str, (Instant, Report)>>>,
}

#[derive(Clone)]
struct Dependency {
    name: &'static str,
    /// Without it the service cannot serve.
    vital: bool,
    check: Check,
}

/// One dependency's state.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// `database`, `queue`, …
    pub name: &'static str,
    /// `ok`, `degraded`, `down`
    pub status: &'static str,
    /// How long the answer took.
    pub milliseconds: u64,
}

/// A dependency has this long to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// An answer counts for this long, so that health checks cost a dependency nothing.
const REMEMBERED: Duration = Duration::from_secs(1);

impl Health {
    /// Health that turns red when the process ends.
    #[must_use]
    pub fn new(readiness: Readiness) -> Self {
        Self { readiness, ..Self::default() }
    }

    /// Adds a dependency without which the service is not ready.
    #[must_use]
    pub fn vital<F>(self, name: &'static str, check: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.with(name, true, check)
    }

    /// Adds a dependency that only degrades.
    #[must_use]
    pub fn helpful<F>(self, name: &'static str, check: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.with(name, false, check)
    }

    fn with<F>(
        mut self,
        name: &'static str,
        vital: bool,
        check: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.checks.push(Dependency { name, vital, check: Arc::new(move || Box::pin(check())) });
        self
    }

    /// The three routes.
    pub fn routes(self) -> Router {
        let (ready, all) = (self.clone(), self);
        Router::new()
            .route("/health/live", get(async || status(StatusCode::OK, "ok")))
            .route("/health/ready", get(async move || ready.ready().await))
            .route("/health", get(async move || all.report().await))
    }

    async fn ready(&self) -> Response {
        let vital = self.checks.iter().filter(|dependency| dependency.vital);
        let reports = join_all(vital.map(|dependency| self.ask(dependency))).await;
        if self.readiness.is_accepting() && reports.iter().all(|report| report.status == "ok") {
            status(StatusCode::OK, "ok")
        } else {
            status(StatusCode::SERVICE_UNAVAILABLE, "down")
        }
    }

    async fn report(&self) -> Response {
        let reports = join_all(self.checks.iter().map(|dependency| self.ask(dependency))).await;
        let down = reports.iter().any(|report| report.status == "down") || !self.readiness.is_accepting();
        let degraded = reports.iter().any(|report| report.status != "ok");
        let (code, word) = match (down, degraded) {
            (true, _) => (StatusCode::SERVICE_UNAVAILABLE, "down"),
            (false, true) => (StatusCode::OK, "degraded"),
            (false, false) => (StatusCode::OK, "ok"),
        };
        // All crates of the workspace have one version, so this one's is the program's.
        let version = env!("CARGO_PKG_VERSION");
        let body = serde_json::json!({ "status": word, "version": version, "dependencies": reports });
        (code, Json(body)).into_response()
    }

    async fn ask(&self, dependency: &Dependency) -> Report {
        if let Some((asked, report)) = self.known.lock().await.get(dependency.name)
            && asked.elapsed() < REMEMBERED
        {
            return report.clone();
        }
        let started = Instant::now();
        let answer = tokio::time::timeout(PATIENCE, (dependency.check)()).await;
        let failure = match answer {
            Ok(Ok(())) => None,
            Ok(Err(reason)) => Some(reason),
            Err(_) => Some("no answer in time".to_owned()),
        };
        if let Some(reason) = &failure {
            tracing::warn!(dependency = dependency.name, reason, "a dependency is not well");
        }
        let status = match (failure.is_some(), dependency.vital) {
            (false, _) => "ok",
            (true, true) => "down",
            (true, false) => "degraded",
        };
        let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let report = Report { name: dependency.name, status, milliseconds };
        self.known.lock().await.insert(dependency.name, (Instant::now(), report.clone()));
        report
    }
}

fn status(code: StatusCode, word: &str) -> Response {
    (code, Json(serde_json::json!({ "status": word }))).into_response()
}
