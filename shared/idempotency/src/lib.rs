//! Around a request with an `Idempotency-Key`: claim, run, store the answer.

use std::time::Instant;

use axum::Json;
use axum::http::header::{CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use cartwright_database::idempotency::{
    Claim, LEASE, Request, StoredAnswer, claim, complete, forget, give_back,
};
use cartwright_runtime::context::Context;
use cartwright_types::{Clock, new_uuid};
use cartwright_web::Problem;
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

/// How the work ended.
pub enum Outcome {
    /// An answer that is stored for replays: 2xx, or a problem decided after validation.
    Done(StatusCode, HeaderMap, Value),
    /// A problem that is stored as the answer.
    Final(Problem),
    /// A problem that leaves the key free.
    Free(Problem),
}

/// Runs `work` at most once for the request; it gets the id minted for the thing it makes, the same one in every retry.
/// `E` is what the service makes of an error of its database.
///
/// # Errors
/// The key is in use, or for another request; the work was refused; or the database fails.
pub async fn run<E, F>(
    pool: &PgPool,
    clock: &dyn Clock,
    request: Request,
    path: &str,
    work: impl FnOnce(Uuid) -> F + Send,
) -> Result<Response, Problem>
where
    E: From<sqlx::Error> + Into<Problem>,
    F: Future<Output = Outcome> + Send,
{
    run_and_reveal::<E, F, _>(pool, clock, request, path, work, async |body| Ok(body)).await
}

/// The same for an answer that holds a secret, which is not stored with it: `reveal` puts the secret into the body of a 2xx,
/// of a replay too.
///
/// # Errors
/// As [`run`], and what `reveal` says; the work is done then, and a retry finds its answer.
pub async fn run_and_reveal<E, F, R>(
    pool: &PgPool,
    clock: &dyn Clock,
    request: Request,
    path: &str,
    work: impl FnOnce(Uuid) -> F + Send,
    reveal: impl FnOnce(Value) -> R + Send,
) -> Result<Response, Problem>
where
    E: From<sqlx::Error> + Into<Problem>,
    F: Future<Output = Outcome> + Send,
    R: Future<Output = Result<Value, Problem>> + Send,
{
    let failed = |error: sqlx::Error| -> Problem { E::from(error).into() };
    let minted = new_uuid(clock);
    let started = Instant::now();
    let (id, fresh) = match claim(pool, &request, minted).await.map_err(failed)? {
        Claim::Fresh => (minted, true),
        Claim::Resumed(id) => (id, false),
        Claim::Done(answer) => return replay(answer, reveal).await,
        Claim::InFlight(seconds) => {
            let problem =
                Problem::conflict("idempotency_in_flight").detail("The first request is still running.");
            return Err(problem.retry_after(seconds));
        }
        Claim::Reused => {
            let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused");
            return Err(problem.detail("This key was used for another request."));
        }
    };
    let (answer, done) = match work(id).await {
        // An earlier try may have made something under a resumed id, and a lease that is over may be another's: then the key
        // stays bound to its body.
        Outcome::Free(problem) if problem.status.is_client_error() && fresh && started.elapsed() < LEASE => {
            forget(pool, &request).await.map_err(failed)?;
            return Err(problem);
        }
        Outcome::Free(problem) => {
            give_back(pool, &request).await.map_err(failed)?;
            return Err(problem);
        }
        Outcome::Done(status, headers, body) => {
            let stored =
                StoredAnswer { status: status.as_u16(), headers: kept(&headers), body: body.to_string() };
            (stored, Ok((status, headers, body)))
        }
        Outcome::Final(problem) => {
            let request_id = Context::current().map_or_else(String::new, |context| context.request_id);
            let body = problem.to_json(path, &request_id);
            let headers = vec![(CONTENT_TYPE.to_string(), "application/problem+json".to_owned())];
            let body = String::from_utf8(body).unwrap_or_default();
            (StoredAnswer { status: problem.status.as_u16(), headers, body }, Err(problem))
        }
    };
    let mut conn = pool.acquire().await.map_err(failed)?;
    complete(&mut conn, &request, &answer).await.map_err(failed)?;
    drop(conn);
    match done {
        Ok((status, headers, body)) => Ok((status, headers, Json(reveal(body).await?)).into_response()),
        Err(problem) => Ok(problem.into_response()),
    }
}

/// The same where a key may be absent: then `work` runs as often as it is asked for.
///
/// # Errors
/// As [`run`].
pub async fn run_if<E, F>(
    pool: &PgPool,
    clock: &dyn Clock,
    request: Option<Request>,
    path: &str,
    work: impl FnOnce(Uuid) -> F + Send,
) -> Result<Response, Problem>
where
    E: From<sqlx::Error> + Into<Problem>,
    F: Future<Output = Outcome> + Send,
{
    if let Some(request) = request {
        return run::<E, F>(pool, clock, request, path, work).await;
    }
    match work(new_uuid(clock)).await {
        Outcome::Done(status, headers, body) => Ok((status, headers, Json(body)).into_response()),
        Outcome::Final(problem) | Outcome::Free(problem) => Err(problem),
    }
}

fn kept(headers: &HeaderMap) -> Vec<(String, String)> {
    [LOCATION, ETAG]
        .into_iter()
        .filter_map(|name| Some((name.to_string(), headers.get(&name)?.to_str().ok()?.to_owned())))
        .collect()
}

async fn replay<R>(answer: StoredAnswer, reveal: impl FnOnce(Value) -> R) -> Result<Response, Problem>
where
    R: Future<Output = Result<Value, Problem>>,
{
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = match serde_json::from_str(&answer.body) {
        Ok(body) if status.is_success() => reveal(body).await?.to_string(),
        _ => answer.body,
    };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in &answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    Ok(response)
}
