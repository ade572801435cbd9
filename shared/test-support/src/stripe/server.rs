//! The HTTP side: who calls, whether the call was made before, and whether its answer arrives.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt as _;
use serde_json::{Map, Value};

use super::Shared;
use super::cut::cut;
use super::error::StripeError;
use super::form;
use super::keys::Answer;
use super::objects::API_VERSION;
use super::routes::answer;

/// Everything below `prefix` is the API.
pub(super) fn router(prefix: &str, shared: Arc<Shared>) -> Router {
    let api = Router::new().fallback(handle).with_state(shared);
    if prefix.is_empty() { api } else { Router::new().nest(prefix, api) }
}

/// A call, read.
pub(super) struct Call {
    pub method: Method,
    pub path: String,
    pub params: Map<String, Value>,
    /// From the browser, which shows an intent's secret instead of the key.
    pub is_browser: bool,
}

async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = body.collect().await else { return cut() };
    let body = body.to_bytes();
    let knobs = shared.knobs();
    if knobs.away {
        return cut();
    }
    let text = if parts.method == Method::GET {
        parts.uri.query().unwrap_or_default().to_owned()
    } else {
        String::from_utf8_lossy(&body).into_owned()
    };
    let call = Call {
        method: parts.method.clone(),
        path: parts.uri.path().to_owned(),
        params: form::parse(&text),
        is_browser: is_publishable(&parts.headers),
    };
    let is_read = call.method == Method::GET;
    let ((status, body), replayed) = match checked(&shared, &call, &parts.headers, &text).await {
        Ok(answered) => answered,
        Err(error) => ((error.status, error.body()), false),
    };
    // The call has taken effect; whether anybody hears of it is another matter.
    if shared.loses(is_read) {
        return cut();
    }
    let mut response = Response::builder().status(status).header(CONTENT_TYPE, "application/json");
    if replayed {
        response = response.header("idempotent-replayed", "true");
    }
    response.body(Body::from(body.to_string())).expect("a status and two headers are well formed")
}

async fn checked(
    shared: &Shared,
    call: &Call,
    headers: &HeaderMap,
    body: &str,
) -> Result<(Answer, bool), StripeError> {
    authenticated(headers)?;
    if shared.fails() {
        return Err(StripeError::bare(500, "api_error", None, "An unknown error occurred"));
    }
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if !call.is_browser && header("stripe-version") != Some(API_VERSION) {
        let message = "This stand-in speaks one version; name it in Stripe-Version";
        return Err(StripeError::bare(400, "invalid_request_error", None, message));
    }
    let key = header("idempotency-key").filter(|_| call.method == Method::POST);
    let Some(key) = key else {
        tokio::time::sleep(shared.knobs().slowness).await;
        return Ok((finish(answer(&mut shared.books(), call)), false));
    };
    let fingerprint = format!("{} {} {body}", call.method, call.path);
    if let Some(known) = shared.keys().claim(key, &fingerprint)? {
        return Ok((known, true));
    }
    tokio::time::sleep(shared.knobs().slowness).await;
    let outcome = answer(&mut shared.books(), call);
    let kept = outcome.as_ref().err().is_none_or(|error| error.is_kept);
    let answer = finish(outcome);
    if kept {
        shared.keys().keep(key, &answer);
    } else {
        shared.keys().free(key);
    }
    Ok((answer, false))
}

fn finish(outcome: Result<Value, StripeError>) -> Answer {
    match outcome {
        Ok(value) => (StatusCode::OK.as_u16(), value),
        Err(error) => (error.status, error.body()),
    }
}

/// The key, as bearer or as the name of basic authentication.
fn key(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    match value.split_once(' ')? {
        ("Bearer", key) => Some(key.to_owned()),
        ("Basic", text) => {
            let text = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
            text.split(':').next().map(str::to_owned)
        }
        _ => None,
    }
}

fn is_publishable(headers: &HeaderMap) -> bool {
    key(headers).is_some_and(|key| key.starts_with("pk_test_"))
}

fn authenticated(headers: &HeaderMap) -> Result<(), StripeError> {
    if key(headers)
        .is_some_and(|key| ["sk_test_", "rk_test_", "pk_test_"].iter().any(|kind| key.starts_with(kind)))
    {
        return Ok(());
    }
    Err(StripeError::bare(401, "invalid_request_error", None, "Invalid API Key provided"))
}
