//! `one_time_tokens`

use cartwright_types::UserId;
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

use crate::domain::one_time_token::Kind;

/// Adds a token, in place of the user's one of that kind.
pub async fn replace(
    conn: &mut PgConnection,
    user: UserId,
    kind: Kind,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO one_time_tokens (user_id, kind, token_hash, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (user_id, kind) DO UPDATE SET token_hash = excluded.token_hash,
             issued_at = excluded.issued_at, expires_at = excluded.expires_at",
        user.uuid(),
        kind.as_str(),
        token_hash,
        now,
        now + kind.lifetime()
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Whether the token could be spent now.
pub async fn is_good(
    executor: impl PgExecutor<'_>,
    kinds: &[Kind],
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let found = sqlx::query_scalar!(
        "SELECT user_id FROM one_time_tokens WHERE token_hash = $1 AND kind = ANY($2) AND expires_at > $3",
        token_hash,
        &words(kinds) as &[&str],
        now
    )
    .fetch_optional(executor)
    .await?;
    Ok(found.is_some())
}

/// Spends the token; whose it was and of which kind, or None when it is unknown, used, superseded or expired.
pub async fn spend(
    conn: &mut PgConnection,
    kinds: &[Kind],
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<(UserId, Kind)>, sqlx::Error> {
    let spent = sqlx::query!(
        "DELETE FROM one_time_tokens WHERE token_hash = $1 AND kind = ANY($2) AND expires_at > $3
         RETURNING user_id, kind",
        token_hash,
        &words(kinds) as &[&str],
        now
    )
    .fetch_optional(conn)
    .await?;
    Ok(spent.and_then(|row| Some((UserId(row.user_id), Kind::of(&row.kind)?))))
}

/// Voids the user's tokens of these kinds.
pub async fn void(conn: &mut PgConnection, user: UserId, kinds: &[Kind]) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM one_time_tokens WHERE user_id = $1 AND kind = ANY($2)",
        user.uuid(),
        &words(kinds) as &[&str]
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Removes tokens that were over before `before`.
pub async fn remove_expired(conn: &mut PgConnection, before: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM one_time_tokens WHERE expires_at < $1", before).execute(conn).await.map(drop)
}

fn words(kinds: &[Kind]) -> Vec<&'static str> {
    kinds.iter().copied().map(Kind::as_str).collect()
}
