//! Calls to Stripe: the version, the key, time-outs, and tries again with the same idempotency key.

use std::time::{Duration, Instant};

use cartwright_runtime::context::Context;
use cartwright_runtime::traces::{self, Kind};
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::objects::{ErrorBody, Intent};
use super::settings::StripeSettings;
use crate::clients::payments::ProviderError;

/// The version of the API that this was written against; an account's own default never decides.
pub const API_VERSION: &str = "2023-08-16";
/// Tries in all.
pub(super) const ATTEMPTS: u32 = 3;
/// After this no further try begins: a buyer waits, and the gateway with them.
const PATIENCE: Duration = Duration::from_secs(12);

/// Why a call gave no object.
#[derive(Debug, Error)]
pub(super) enum ApiError {
    /// No answer, or one that does not tell whether the call took effect.
    #[error("Stripe did not answer")]
    Unavailable(#[source] Option<reqwest::Error>),
    /// An answer that says to come again: 409, 429, 5xx.
    #[error("Stripe answered {0}")]
    Busy(StatusCode),
    /// It said no, and nothing happened.
    #[error("Stripe refused: {status} {kind} {}", .code.as_deref().unwrap_or_default())]
    Refused {
        status: StatusCode,
        /// `card_error`, `invalid_request_error`, `idempotency_error`
        kind: String,
        code: Option<String>,
        /// The intent of a declined confirmation.
        intent: Option<Box<Intent>>,
        /// This is what the first call with this key was told.
        replayed: bool,
    },
    /// More than anybody looks through.
    #[error("there are too many intents to look through")]
    TooMany,
    /// It answered something else than its specification says.
    #[error("Stripe's answer does not have the form of its specification")]
    Malformed(#[source] serde_json::Error),
}

impl ApiError {
    /// Whether it says that nothing happened and nothing will: a decline, a parameter that is wrong.
    pub fn is_final(&self) -> bool {
        let last = [StatusCode::BAD_REQUEST, StatusCode::PAYMENT_REQUIRED, StatusCode::NOT_FOUND];
        matches!(self, Self::Refused { status, .. } if last.contains(status))
    }

    /// Whether the call may have taken effect, or may do so if it is made again.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Busy(_))
    }

    /// The key was used with other parameters.
    pub fn is_about_the_key(&self) -> bool {
        matches!(self, Self::Refused { kind, .. } if kind == "idempotency_error")
    }
}

impl From<ApiError> for ProviderError {
    fn from(error: ApiError) -> Self {
        Self(Box::new(error))
    }
}

/// An object, and whether the answer is that of an earlier call with the same key.
pub(super) struct Answer<T> {
    pub object: T,
    pub replayed: bool,
}

pub(super) struct Api {
    http: reqwest::Client,
    base_url: String,
    secret_key: String,
}

/// Parameters in Stripe's form encoding.
pub(super) type Form = Vec<(&'static str, String)>;

impl Api {
    pub fn new(settings: &StripeSettings) -> Self {
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(2))
            .timeout(Duration::from_secs(6))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        // Reading the system's certificates takes long; plain HTTP, a stand-in's, needs none.
        let plain = settings.base_url.starts_with("http://");
        let client = if plain { client.tls_certs_only([]) } else { client };
        Self {
            http: client.build().expect("a client with fixed settings can be built"),
            base_url: settings.base_url.trim_end_matches('/').to_owned(),
            secret_key: settings.secret_key.clone(),
        }
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, ApiError> {
        let query = encode(query.iter().copied());
        let path = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        self.call(Method::GET, &path, None, None).await.map(|answer| answer.object)
    }

    /// Tried once. What collects or returns money is read back before it is tried again, key or not.
    pub async fn post_once<T: DeserializeOwned>(
        &self,
        path: &str,
        form: &Form,
        key: &str,
    ) -> Result<Answer<T>, ApiError> {
        let body = form_body(form);
        let tried = self.attempt(&Method::POST, path, Some(&body), Some(key));
        traces::span(Kind::Client, "stripe call", tried).await
    }

    /// What is harmless to repeat; with a key the repetition gives the first answer.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        form: &Form,
        key: Option<&str>,
    ) -> Result<Answer<T>, ApiError> {
        self.call(Method::POST, path, Some(form_body(form)), key).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
        key: Option<&str>,
    ) -> Result<Answer<T>, ApiError> {
        let started = Instant::now();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let tried = self.attempt(&method, path, body.as_deref(), key);
            let error = match traces::span(Kind::Client, "stripe call", tried).await {
                Err(error @ (ApiError::Unavailable(_) | ApiError::Busy(_))) => error,
                result => return result,
            };
            if attempt == ATTEMPTS || started.elapsed() > PATIENCE {
                return Err(error);
            }
            pause(attempt).await;
        }
    }

    async fn attempt<T: DeserializeOwned>(
        &self,
        method: &Method,
        path: &str,
        body: Option<&str>,
        key: Option<&str>,
    ) -> Result<Answer<T>, ApiError> {
        let mut request = self
            .http
            .request(method.clone(), format!("{}{path}", self.base_url))
            .bearer_auth(&self.secret_key)
            .header("stripe-version", API_VERSION);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if let Some(body) = body {
            request =
                request.header("content-type", "application/x-www-form-urlencoded").body(body.to_owned());
        }
        let started = Instant::now();
        let answer = request.send().await;
        if let Some(usage) = Context::current().and_then(|context| context.usage) {
            usage.add_call(started.elapsed());
        }
        let answer = answer.map_err(|error| ApiError::Unavailable(Some(error)))?;
        let (status, replayed) = (answer.status(), is_replayed(answer.headers()));
        // Whole before it is read: a body that breaks off is no answer.
        let body = answer.bytes().await.map_err(|error| ApiError::Unavailable(Some(error)))?;
        if status.is_success() {
            let object = serde_json::from_slice(&body).map_err(ApiError::Malformed)?;
            return Ok(Answer { object, replayed });
        }
        if status.is_server_error() || matches!(status, StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS)
        {
            return Err(ApiError::Busy(status));
        }
        let error = serde_json::from_slice::<ErrorBody>(&body).unwrap_or_default().error;
        let intent = error.payment_intent.map(Box::new);
        Err(ApiError::Refused { status, kind: error.kind, code: error.code, intent, replayed })
    }
}

fn is_replayed(headers: &HeaderMap) -> bool {
    headers.get("idempotent-replayed").is_some_and(|value| value == "true")
}

/// Between a try and the next.
pub(super) async fn pause(attempt: u32) {
    tokio::time::sleep(Duration::from_millis(100 << attempt)).await;
}

fn form_body(form: &Form) -> String {
    encode(form.iter().map(|(name, value)| (*name, value.as_str())))
}

fn encode<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}
