//! `refresh_tokens`

use cartwright_types::SessionId;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::domain::refresh::{LIFETIME, RefreshToken};

/// Adds a token that is good from `now` on.
pub async fn insert(
    conn: &mut PgConnection,
    token_hash: &[u8],
    session: SessionId,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO refresh_tokens (token_hash, session_id, issued_at, expires_at) VALUES ($1, $2, $3, $4)",
        token_hash,
        session.uuid(),
        now,
        now + LIFETIME
    )
    .execute(conn)
    .await
    .map(drop)
}

/// A token, by its hash.
pub async fn get(conn: &mut PgConnection, token_hash: &[u8]) -> Result<Option<RefreshToken>, sqlx::Error> {
    sqlx::query_as!(
        RefreshToken,
        "SELECT expires_at, used_at FROM refresh_tokens WHERE token_hash = $1",
        token_hash
    )
    .fetch_optional(conn)
    .await
}

/// Marks a token as exchanged.
pub async fn mark_used(
    conn: &mut PgConnection,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE refresh_tokens SET used_at = $2 WHERE token_hash = $1", token_hash, now)
        .execute(conn)
        .await
        .map(drop)
}

/// Removes tokens that were over before `before`.
pub async fn remove_expired(conn: &mut PgConnection, before: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM refresh_tokens WHERE expires_at < $1", before).execute(conn).await.map(drop)
}
