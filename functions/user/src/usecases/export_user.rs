//! Everything that is held about somebody.

use cartwright_types::UserId;
use serde_json::{Map, Value};

use crate::db::audit::{self, Entry as AuditEntry};
use crate::db::sessions::{self, LiveSession};
use crate::db::{addresses, users};
use crate::domain::address::{Entry as AddressEntry, MOST};
use crate::domain::user::User;
use crate::error::Failure;
use crate::state::State;

/// Rows that are read at once.
const CHUNK: i64 = 1000;

/// What there is.
pub struct Everything {
    /// The account.
    pub user: User,
    /// The whole book.
    pub addresses: Vec<AddressEntry>,
    /// Where they are signed in.
    pub sessions: Vec<LiveSession>,
    /// What happened, newest first.
    pub audit: Vec<AuditEntry>,
    /// From the other services, by its name.
    pub elsewhere: Map<String, Value>,
}

/// What this service and the others hold; None when there is no such account.
///
/// # Errors
/// A service does not answer, or the database.
pub async fn export_user(state: &State, id: UserId) -> Result<Option<Everything>, Failure> {
    let pool = state.database.pool();
    let Some(user) = users::by_id(pool, id).await? else { return Ok(None) };
    let elsewhere = state.holders.export(id).await?;
    let now = state.clock.now();
    let sessions = all(|after| sessions::list(pool, id, after, CHUNK, now), |row| row.id);
    let audit = all(|after| audit::list(pool, id, after, CHUNK), |entry| entry.position);
    Ok(Some(Everything {
        user,
        addresses: addresses::list(pool, id, None, MOST).await?,
        sessions: sessions.await?,
        audit: audit.await?,
        elsewhere,
    }))
}

/// Page after page.
async fn all<T, K, F>(
    page: impl Fn(Option<K>) -> F + Send,
    key: impl Fn(&T) -> K + Send,
) -> Result<Vec<T>, sqlx::Error>
where
    T: Send,
    K: Send,
    F: Future<Output = Result<Vec<T>, sqlx::Error>> + Send,
{
    let mut rows: Vec<T> = Vec::new();
    loop {
        let more = page(rows.last().map(&key)).await?;
        if more.is_empty() {
            return Ok(rows);
        }
        rows.extend(more);
    }
}
