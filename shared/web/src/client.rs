//! Calls to another service's `/internal` routes.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::http::{Method, StatusCode};
use cartwright_runtime::context::Context;
use cartwright_runtime::traces::{self, Kind};
use reqwest::header::{HeaderName, HeaderValue};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use thiserror::Error;

use crate::identity::{IdentitySigner, Subject};
use crate::middleware;

/// A client of one service. Everything under `/internal` is idempotent, so a call may be repeated.
pub struct InternalClient {
    http: reqwest::Client,
    base_urls: Vec<String>,
    next: AtomicUsize,
    signer: IdentitySigner,
    caller: &'static str,
}

/// Why a call gave no answer that was hoped for.
#[derive(Debug, Error)]
pub enum CallError {
    /// Nobody answered, or with a 5xx or 429: try again later.
    #[error("the service did not answer")]
    Unavailable(#[source] Option<reqwest::Error>),
    /// It said no.
    #[error("the service answered {status} {code}")]
    Refused {
        /// The HTTP status.
        status: StatusCode,
        /// The problem's code.
        code: String,
        /// The whole problem.
        problem: Value,
    },
    /// It answered something else than agreed.
    #[error("the service's answer does not fit the contract")]
    Contract(#[source] reqwest::Error),
}

/// Tries in all, each at the next address.
const ATTEMPTS: usize = 3;
/// For one try.
const PATIENCE: Duration = Duration::from_secs(5);
/// With less left there is no point in asking.
const LEAST: Duration = Duration::from_millis(20);

fn client() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(1))
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
}

fn build(client: reqwest::ClientBuilder) -> reqwest::Client {
    client.build().expect("a client without certificates or proxies of its own can be built")
}

impl InternalClient {
    /// A client that speaks as the service `caller` to the addresses of `base_urls`, in turn.
    ///
    /// # Panics
    /// When the HTTP client cannot be built, which its fixed configuration rules out.
    #[must_use]
    pub fn new(caller: &'static str, base_urls: Vec<String>, signer: IdentitySigner) -> Self {
        // One for all services behind plain HTTP: reading the system's certificates takes longer than all the rest of a start.
        static PLAIN: LazyLock<reqwest::Client> = LazyLock::new(|| build(client().tls_certs_only([])));
        let plain = base_urls.iter().all(|url| url.starts_with("http://"));
        let http = if plain { PLAIN.clone() } else { build(client()) };
        Self { http, base_urls, next: AtomicUsize::new(0), signer, caller }
    }

    /// Calls `method path` with the scope it needs; `body` of `()` sends none.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call<B: Serialize + Sync, A: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        scope: &str,
        body: Option<&B>,
    ) -> Result<A, CallError> {
        let mut last = CallError::Unavailable(None);
        // Each call goes round by itself: what others do meanwhile must not lead it to the same address twice.
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
            }
            match traces::span(
                Kind::Client,
                "internal call",
                self.attempt(first.wrapping_add(attempt), &method, path, scope, body),
            )
            .await
            {
                Err(error @ CallError::Unavailable(_)) => last = error,
                result => return result,
            }
        }
        Err(last)
    }

    async fn attempt<B: Serialize + Sync, A: DeserializeOwned>(
        &self,
        turn: usize,
        method: &Method,
        path: &str,
        scope: &str,
        body: Option<&B>,
    ) -> Result<A, CallError> {
        let at = turn % self.base_urls.len().max(1);
        let base = self.base_urls.get(at).map_or("", String::as_str);
        let subject = Subject::Service { name: self.caller.to_owned(), scope: scope.to_owned() };
        let mut request = self.http.request(method.clone(), format!("{base}{path}"));
        request = request.bearer_auth(self.signer.token(&subject));
        let context = Context::current();
        let patience =
            context.as_ref().and_then(Context::time_left).map_or(PATIENCE, |left| left.min(PATIENCE));
        if patience < LEAST {
            return Err(CallError::Unavailable(None));
        }
        let milliseconds = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
        request = request.timeout(patience).header(middleware::PATIENCE, milliseconds);
        let usage = context.as_ref().and_then(|context| context.usage.clone());
        if let Some(context) = context {
            for (name, value) in [("x-request-id", context.request_id), ("traceparent", context.traceparent)]
            {
                if let Ok(value) = HeaderValue::from_str(&value) {
                    request = request.header(HeaderName::from_static(name), value);
                }
            }
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let started = Instant::now();
        let answer = request.send().await.map_err(|error| CallError::Unavailable(Some(error)));
        if let Some(usage) = usage {
            usage.add_call(started.elapsed());
        }
        let answer = answer?;
        let status = answer.status();
        if status.is_success() {
            return answer.json().await.map_err(|error| {
                if error.is_decode() {
                    CallError::Contract(error)
                } else {
                    CallError::Unavailable(Some(error))
                }
            });
        }
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return Err(CallError::Unavailable(None));
        }
        let problem: Value = answer.json().await.unwrap_or_default();
        let code = problem.get("code").and_then(Value::as_str).unwrap_or_default().to_owned();
        Err(CallError::Refused { status, code, problem })
    }
}
