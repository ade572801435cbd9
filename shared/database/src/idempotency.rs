//! `Idempotency-Key`: the claim, the lease and the stored answer.

use std::time::Duration;

use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// What identifies a request among its retries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The caller: `user:<id>`, `cart:<token hash>`, …
    pub scope: String,
    /// The header's value.
    pub key: String,
    /// SHA-256 of method, path and body.
    pub fingerprint: [u8; 32],
}

/// The answer kept for replays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// HTTP status.
    pub status: u16,
    /// `location`, `etag`.
    pub headers: Vec<(String, String)>,
    /// The JSON body.
    pub body: String,
}

/// What a claim found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Nobody was here before: go on with the id given.
    Fresh,
    /// Somebody was here and did not finish: go on with this id, from wherever it stands.
    Resumed(Uuid),
    /// It is done; this was the answer.
    Done(StoredAnswer),
    /// Somebody is at it; a retry makes sense after this many seconds.
    InFlight(u32),
    /// The key was used for another request.
    Reused,
}

/// How long a claim is one request's own.
pub const LEASE: Duration = Duration::from_mins(1);

/// Claims `request` for 60 seconds; `minted` is the id of the thing it would create. A statement of its own, outside any
/// transaction: the claim must outlast a crash.
///
/// # Errors
/// A statement failed.
pub async fn claim(pool: &PgPool, request: &Request, minted: Uuid) -> Result<Claim, sqlx::Error> {
    // A row older than a day counts as gone. An expired lease is taken over with the ids of the first try.
    let taken: Option<(Uuid,)> = sqlx::query_as(
        "INSERT INTO idempotency_keys AS k (scope, key, fingerprint, resource_id, leased_until)
         VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))
         ON CONFLICT (scope, key) DO UPDATE SET
             leased_until = excluded.leased_until,
             fingerprint = excluded.fingerprint,
             resource_id = CASE WHEN k.created_at < now() - interval '1 day' THEN excluded.resource_id ELSE k.resource_id END,
             status = NULL, headers = NULL, body = NULL,
             created_at = CASE WHEN k.created_at < now() - interval '1 day' THEN now() ELSE k.created_at END
         WHERE (k.status IS NULL AND k.leased_until < now() AND k.fingerprint = excluded.fingerprint)
            OR (k.created_at < now() - interval '1 day' AND k.leased_until < now())
         RETURNING resource_id",
    )
    .bind(&request.scope)
    .bind(&request.key)
    .bind(request.fingerprint.as_slice())
    .bind(minted)
    .bind(LEASE.as_secs_f64())
    .fetch_optional(pool)
    .await?;
    match taken {
        Some((id,)) if id == minted => Ok(Claim::Fresh),
        Some((id,)) => Ok(Claim::Resumed(id)),
        None => find(pool, request).await,
    }
}

type Row = (Vec<u8>, Option<i16>, Option<Json<Vec<(String, String)>>>, Option<String>, f64);

async fn find(pool: &PgPool, request: &Request) -> Result<Claim, sqlx::Error> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT fingerprint, status, headers, body,
                CASE WHEN leased_until > now() THEN extract(epoch FROM leased_until - now())::float8 ELSE 0 END
         FROM idempotency_keys WHERE scope = $1 AND key = $2",
    )
    .bind(&request.scope)
    .bind(&request.key)
    .fetch_optional(pool)
    .await?;
    Ok(match row {
        // Given back between the two statements.
        None => Claim::InFlight(1),
        Some((fingerprint, ..)) if fingerprint != request.fingerprint => Claim::Reused,
        Some((_, Some(status), headers, Some(body), _)) => Claim::Done(StoredAnswer {
            status: u16::try_from(status).unwrap_or(500),
            headers: headers.map(|Json(headers)| headers).unwrap_or_default(),
            body,
        }),
        // Most requests end within a second; who waits the whole lease out gains nothing.
        Some((.., left)) => Claim::InFlight(if left > 1.0 { 2 } else { 1 }),
    })
}

/// Stores the answer: in the transaction that made it true, or right after the last step.
///
/// # Errors
/// The statement failed.
pub async fn complete(
    conn: &mut PgConnection,
    request: &Request,
    answer: &StoredAnswer,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE idempotency_keys SET status = $3, headers = $4, body = $5 WHERE scope = $1 AND key = $2",
    )
    .bind(&request.scope)
    .bind(&request.key)
    .bind(i16::try_from(answer.status).unwrap_or(500))
    .bind(Json(&answer.headers))
    .bind(&answer.body)
    .execute(conn)
    .await
    .map(drop)
}

/// Forgets the claim: the request did not fit, nothing was made under its id, and the key may serve another one.
///
/// # Errors
/// The statement failed.
pub async fn forget(pool: &PgPool, request: &Request) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM idempotency_keys WHERE scope = $1 AND key = $2 AND status IS NULL")
        .bind(&request.scope)
        .bind(&request.key)
        .execute(pool)
        .await
        .map(drop)
}

/// Ends the lease without an answer, so that a retry may go on at once (after a 429 or 5xx).
///
/// # Errors
/// The statement failed.
pub async fn give_back(pool: &PgPool, request: &Request) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE idempotency_keys SET leased_until = '-infinity' WHERE scope = $1 AND key = $2 AND status IS NULL",
    )
    .bind(&request.scope)
    .bind(&request.key)
    .execute(pool)
    .await
    .map(drop)
}
