//! `sessions`

use cartwright_types::{SessionId, UserId};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::crypto::access_token::LIFETIME_SECONDS;

/// An access token comes with a refresh token, or within seconds of it; so much later it is over.
const TOKENS_LIVE: TimeDelta = TimeDelta::seconds(LIFETIME_SECONDS + 60);

/// Why a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    Logout,
    PasswordReset,
    PasswordChange,
    TokenReuse,
    Promotion,
    RoleChange,
    Suspension,
}

impl EndReason {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::PasswordReset => "password_reset",
            Self::PasswordChange => "password_change",
            Self::TokenReuse => "token_reuse",
            Self::Promotion => "promotion",
            Self::RoleChange => "role_change",
            Self::Suspension => "suspension",
        }
    }
}

/// A session as a refresh token finds it.
pub struct Session {
    pub id: SessionId,
    pub user_id: UserId,
    pub is_over: bool,
    /// It is over because a refresh token was used twice.
    pub was_reused: bool,
}

/// Starts a session.
pub async fn insert(
    conn: &mut PgConnection,
    id: SessionId,
    user: UserId,
    user_agent: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO sessions (id, user_id, user_agent, created_at) VALUES ($1, $2, $3, $4)",
        id.uuid(),
        user.uuid(),
        user_agent,
        now
    )
    .execute(conn)
    .await
    .map(drop)
}

/// The session a refresh token belongs to, locked: whoever else shows a token of the family waits here.
pub async fn lock_of_token(
    conn: &mut PgConnection,
    token_hash: &[u8],
) -> Result<Option<Session>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT s.id, s.user_id, s.end_reason
           FROM sessions s JOIN refresh_tokens t ON t.session_id = s.id
           WHERE t.token_hash = $1 FOR NO KEY UPDATE OF s"#,
        token_hash
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Session {
        id: row.id.into(),
        user_id: row.user_id.into(),
        is_over: row.end_reason.is_some(),
        was_reused: row.end_reason.as_deref() == Some(EndReason::TokenReuse.as_str()),
    }))
}

/// A session as its owner sees it.
pub struct LiveSession {
    pub id: Uuid,
    pub created_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
    pub user_agent: Option<String>,
}

/// The sessions of `user` that can still be refreshed, newest first, after the one with an id.
pub async fn list(
    pool: &PgPool,
    user: UserId,
    after: Option<Uuid>,
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Vec<LiveSession>, sqlx::Error> {
    sqlx::query_as!(
        LiveSession,
        r#"SELECT s.id, s.created_at, t.last_used_at AS "last_used_at!", s.user_agent
           FROM sessions s
           CROSS JOIN LATERAL (
               SELECT max(issued_at) AS last_used_at, max(expires_at) AS expires_at
               FROM refresh_tokens WHERE session_id = s.id
           ) t
           WHERE s.user_id = $1 AND s.ended_at IS NULL AND t.expires_at > $4
             AND s.id < $2
           ORDER BY s.id DESC LIMIT $3"#,
        user.uuid(),
        after.unwrap_or(Uuid::max()),
        limit,
        now
    )
    .fetch_all(pool)
    .await
}

/// A session that was ended just now.
#[derive(Debug, Clone, Copy)]
pub struct Ended {
    pub id: SessionId,
    /// Whether an access token may be about that names it.
    pub has_live_token: bool,
}

/// Whether `user` has, or had, a session with this id.
pub async fn exists(conn: &mut PgConnection, id: SessionId, user: UserId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM sessions WHERE id = $1 AND user_id = $2) AS "exists!""#,
        id.uuid(),
        user.uuid()
    )
    .fetch_one(conn)
    .await
}

/// Ends a session of `user`; one that is over stays as it ended, and None comes back.
pub async fn end(
    conn: &mut PgConnection,
    id: SessionId,
    user: UserId,
    reason: EndReason,
    now: DateTime<Utc>,
) -> Result<Option<Ended>, sqlx::Error> {
    let ended = sqlx::query!(
        r#"UPDATE sessions SET ended_at = $3, end_reason = $4 WHERE id = $1 AND user_id = $2 AND ended_at IS NULL
           RETURNING id, EXISTS (
               SELECT FROM refresh_tokens t WHERE t.session_id = sessions.id AND t.issued_at > $5
           ) AS "has_live_token!""#,
        id.uuid(),
        user.uuid(),
        now,
        reason.as_str(),
        now - TOKENS_LIVE
    )
    .fetch_optional(conn)
    .await?;
    Ok(ended.map(|row| Ended { id: row.id.into(), has_live_token: row.has_live_token }))
}

/// Ends every session of `user` but `kept`, locked in the order of their ids; those that were ended.
pub async fn end_all(
    conn: &mut PgConnection,
    user: UserId,
    kept: Option<SessionId>,
    reason: EndReason,
    now: DateTime<Utc>,
) -> Result<Vec<Ended>, sqlx::Error> {
    let ended = sqlx::query!(
        r#"WITH live AS (
               SELECT id FROM sessions WHERE user_id = $1 AND ended_at IS NULL AND id IS DISTINCT FROM $5
               ORDER BY id FOR NO KEY UPDATE
           )
           UPDATE sessions SET ended_at = $2, end_reason = $3 FROM live WHERE sessions.id = live.id
           RETURNING sessions.id, EXISTS (
               SELECT FROM refresh_tokens t WHERE t.session_id = sessions.id AND t.issued_at > $4
           ) AS "has_live_token!""#,
        user.uuid(),
        now,
        reason.as_str(),
        now - TOKENS_LIVE,
        kept.map(SessionId::uuid)
    )
    .fetch_all(conn)
    .await?;
    Ok(ended.into_iter().map(|row| Ended { id: row.id.into(), has_live_token: row.has_live_token }).collect())
}

/// Removes sessions whose refresh tokens are all gone.
pub async fn remove_bare(conn: &mut PgConnection, before: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM sessions s WHERE s.created_at < $1
         AND NOT EXISTS (SELECT FROM refresh_tokens t WHERE t.session_id = s.id)",
        before
    )
    .execute(conn)
    .await
    .map(drop)
}
