//! Signing out.

use cartwright_types::{SessionId, UserId};

use crate::db::sessions::{self, EndReason};
use crate::error::Failure;
use crate::state::State;

/// Ends the session; ending it twice is fine.
///
/// # Errors
/// See [`Failure`].
pub async fn logout(state: &State, user: UserId, session: SessionId) -> Result<(), Failure> {
    let mut conn = state.database.pool().acquire().await?;
    Ok(sessions::end(&mut conn, session, user, EndReason::Logout, state.clock.now()).await?)
}
