//! Erasing an account.

use cartwright_contracts::events::UserErased;
use cartwright_types::UserId;
use thiserror::Error;

use super::messages;
use crate::db::sessions::{self, EndReason};
use crate::db::users;
use crate::error::Failure;
use crate::state::State;

/// Why the account stays.
#[derive(Debug, Error)]
pub enum EraseError {
    /// No such account.
    #[error("there is no such account")]
    NotFound,
    /// It was changed since the caller read it.
    #[error("the account has another version")]
    Stale,
    /// Not the client's doing.
    #[error("erasing failed")]
    Failure(#[from] Failure),
}

impl From<sqlx::Error> for EraseError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failure(error.into())
    }
}

/// Removes the account with everything that is personal here, and tells everybody to do the same. Its sessions are over and
/// its address is free. Only if it has the version that `is_expected` accepts.
///
/// # Errors
/// See [`EraseError`].
pub async fn erase_user(
    state: &State,
    id: UserId,
    is_expected: &(dyn Fn(i64) -> bool + Sync),
    actor: &str,
) -> Result<(), EraseError> {
    let clock = state.clock.as_ref();
    let work = state.database.transaction("erase_user", |tx| {
        Box::pin(async move {
            let user = users::lock(tx, id).await?.ok_or(EraseError::NotFound)?;
            if !is_expected(user.version) {
                return Err(EraseError::Stale);
            }
            let ended = sessions::end_all(tx, id, None, EndReason::Logout, clock.now()).await?;
            let version = (id, user.version + 1);
            messages::revoke(tx, clock, version, actor, &ended).await?;
            messages::publish(tx, clock, version, actor, &UserErased { user_id: id }).await?;
            Ok(users::delete(tx, id).await?)
        })
    });
    work.await?;
    tracing::info!(user_id = %id, actor, "an account was erased");
    Ok(())
}
