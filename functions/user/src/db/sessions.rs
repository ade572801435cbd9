//! `sessions`

use cartwright_types::{SessionId, UserId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// Why a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    Logout,
    PasswordReset,
    TokenReuse,
    Promotion,
}

impl EndReason {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::PasswordReset => "password_reset",
            Self::TokenReuse => "token_reuse",
            Self::Promotion => "promotion",
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
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO sessions (id, user_id, created_at) VALUES ($1, $2, $3)",
        id.uuid(),
        user.uuid(),
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

/// Ends a session of `user`; one that is over stays as it ended.
pub async fn end(
    conn: &mut PgConnection,
    id: SessionId,
    user: UserId,
    reason: EndReason,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE sessions SET ended_at = $3, end_reason = $4 WHERE id = $1 AND user_id = $2 AND ended_at IS NULL",
        id.uuid(),
        user.uuid(),
        now,
        reason.as_str()
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Ends every session of `user`, locked in the order of their ids.
pub async fn end_all(
    conn: &mut PgConnection,
    user: UserId,
    reason: EndReason,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "WITH live AS (SELECT id FROM sessions WHERE user_id = $1 AND ended_at IS NULL ORDER BY id FOR NO KEY UPDATE)
         UPDATE sessions SET ended_at = $2, end_reason = $3 FROM live WHERE sessions.id = live.id",
        user.uuid(),
        now,
        reason.as_str()
    )
    .execute(conn)
    .await
    .map(drop)
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
