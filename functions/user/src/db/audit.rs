//! `audit_events`

use cartwright_types::{Clock, UserId, new_uuid};
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

use crate::domain::audit::{Fact, Origin};

/// An entry.
pub struct Entry {
    pub id: Uuid,
    /// Goes up from entry to entry.
    pub position: i64,
    pub fact: String,
    pub occurred_at: DateTime<Utc>,
    pub actor: String,
    pub client_address: Option<String>,
    pub user_agent: Option<String>,
    pub data: Value,
}

/// Writes down what happened; nothing for an account that is gone by now.
pub async fn insert(
    executor: impl PgExecutor<'_>,
    clock: &dyn Clock,
    user: UserId,
    fact: Fact,
    origin: &Origin,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO audit_events (id, user_id, type, occurred_at, actor, client_address, user_agent, data)
         SELECT $1::uuid, id, $3::text, $4::timestamptz, $5::text, $6::text, $7::text, $8::jsonb FROM users WHERE id = $2",
        new_uuid(clock),
        user.uuid(),
        fact.word(),
        clock.now(),
        origin.actor,
        origin.client_address,
        origin.user_agent,
        fact.data()
    )
    .execute(executor)
    .await
    .map(drop)
}

/// A user's entries, newest first, after the one at a position.
pub async fn list(
    pool: &PgPool,
    user: UserId,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<Entry>, sqlx::Error> {
    sqlx::query_as!(
        Entry,
        "SELECT id, position, type AS fact, occurred_at, actor, client_address, user_agent, data
         FROM audit_events WHERE user_id = $1 AND position < $2 ORDER BY position DESC LIMIT $3",
        user.uuid(),
        after.unwrap_or(i64::MAX),
        limit
    )
    .fetch_all(pool)
    .await
}

/// Removes what happened before `before`.
pub async fn remove_old(executor: impl PgExecutor<'_>, before: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM audit_events WHERE occurred_at < $1", before).execute(executor).await.map(drop)
}
