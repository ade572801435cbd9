//! Until when we know what happened at a provider without us.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

/// Until when; `None`: nobody has looked yet.
pub async fn find(pool: &PgPool, provider: &str) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar!("SELECT seen_until FROM provider_cursors WHERE provider = $1", provider)
        .fetch_optional(pool)
        .await
}

/// Moves it on; two that look at once leave the later one.
pub async fn advance(pool: &PgPool, provider: &str, until: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO provider_cursors (provider, seen_until) VALUES ($1, $2)
         ON CONFLICT (provider) DO UPDATE SET seen_until = greatest(provider_cursors.seen_until, excluded.seen_until)",
        provider,
        until
    )
    .execute(pool)
    .await
    .map(drop)
}
