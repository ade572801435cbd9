//! The Runtime API of one environment, on a port of its own.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// A function's answer may have 6 MB.
const LARGEST_ANSWER: usize = 6 * 1024 * 1024;
/// The name of the documented version.
const VERSION: &str = "/2018-06-01/runtime";

/// What is handed out.
#[derive(Debug)]
pub(super) struct Event {
    pub id: String,
    pub body: Vec<u8>,
    pub deadline_milliseconds: i64,
    pub function_arn: String,
    pub trace_id: String,
}

/// What a function reports of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub kind: String,
    pub message: String,
}

/// What the function did.
#[derive(Debug)]
pub(super) enum Report {
    Polled,
    Answered(Result<Bytes, Fault>),
    InitFailed(Fault),
}

/// The serving half. Dropping it ends the server.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    pub address: SocketAddr,
    pub reports: mpsc::UnboundedReceiver<Report>,
    events: mpsc::UnboundedSender<Event>,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    events: tokio::sync::Mutex<mpsc::UnboundedReceiver<Event>>,
    reports: mpsc::UnboundedSender<Report>,
    /// The invocation that is not answered yet.
    current: Mutex<Option<String>>,
}

impl RuntimeApi {
    pub(super) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (events, waiting) = mpsc::unbounded_channel();
        let (sender, reports) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            events: tokio::sync::Mutex::new(waiting),
            reports: sender,
            current: Mutex::new(None),
        });
        let router = Router::new()
            .route(&format!("{VERSION}/invocation/next"), get(next))
            .route(&format!("{VERSION}/invocation/{{id}}/response"), post(answered))
            .route(&format!("{VERSION}/invocation/{{id}}/error"), post(failed))
            .route(&format!("{VERSION}/init/error"), post(init_failed))
            .layer(DefaultBodyLimit::max(LARGEST_ANSWER))
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            // Ends when it is aborted; until then errors concern single connections.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, reports, events, shared, server })
    }

    /// Hands out an event; from now on its answer is expected.
    pub(super) fn hand_out(&self, event: Event) {
        *self.shared.current() = Some(event.id.clone());
        // The receiver lives in `shared`.
        let _ = self.events.send(event);
    }

    /// An answer that comes from now on is refused.
    pub(super) fn give_up(&self) {
        *self.shared.current() = None;
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Shared {
    fn current(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the answer to `id`, if it is expected.
    fn take(&self, id: &str, outcome: Result<Bytes, Fault>) -> Response<Body> {
        if self.current().take_if(|current| current == id).is_none() {
            let refusal = json!({ "errorMessage": "Invalid request ID", "errorType": "InvalidRequestID" });
            return (StatusCode::BAD_REQUEST, Json(refusal)).into_response();
        }
        let _ = self.reports.send(Report::Answered(outcome));
        accepted()
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> Response<Body> {
    let _ = shared.reports.send(Report::Polled);
    let event = shared.events.lock().await.recv().await;
    let Some(event) = event else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", event.id),
        ("lambda-runtime-deadline-ms", event.deadline_milliseconds.to_string()),
        ("lambda-runtime-invoked-function-arn", event.function_arn),
        ("lambda-runtime-trace-id", event.trace_id),
    ];
    (headers, event.body).into_response()
}

async fn answered(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> Response<Body> {
    shared.take(&id, Ok(body))
}

async fn failed(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> Response<Body> {
    shared.take(&id, Err(fault(&body)))
}

async fn init_failed(State(shared): State<Arc<Shared>>, body: Bytes) -> Response<Body> {
    let _ = shared.reports.send(Report::InitFailed(fault(&body)));
    accepted()
}

fn accepted() -> Response<Body> {
    (StatusCode::ACCEPTED, Json(json!({ "status": "OK" }))).into_response()
}

fn fault(body: &Bytes) -> Fault {
    let report: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| report[name].as_str().unwrap_or_default().to_owned();
    Fault { kind: text("errorType"), message: text("errorMessage") }
}
