//! Signing out: here, everywhere, or somewhere else.

use cartwright_types::{SessionId, UserId};

use super::messages;
use crate::db::sessions::{self, EndReason};
use crate::db::{audit, users};
use crate::domain::audit::{Fact, Origin};
use crate::error::Failure;
use crate::state::State;

/// Ends a session of the user, and its access tokens; ending it twice is fine. False when there is no such session.
///
/// # Errors
/// See [`Failure`].
pub async fn logout(
    state: &State,
    user: UserId,
    session: SessionId,
    origin: &Origin,
) -> Result<bool, Failure> {
    let clock = state.clock.as_ref();
    let work = state.database.transaction("logout", |tx| {
        Box::pin(async move {
            let Some(ended) = sessions::end(tx, session, user, EndReason::Logout, clock.now()).await? else {
                return Ok(sessions::exists(tx, session, user).await?);
            };
            let Some(found) = users::by_id(&mut **tx, user).await? else { return Ok(false) };
            audit::insert(&mut **tx, clock, user, Fact::SignedOut(session), origin).await?;
            messages::revoke(tx, clock, (user, found.version), &origin.actor, &[ended]).await?;
            Ok(true)
        })
    });
    work.await
}

/// Ends every session of the user, and their access tokens.
///
/// # Errors
/// See [`Failure`].
pub async fn logout_all(state: &State, user: UserId, origin: &Origin) -> Result<(), Failure> {
    let clock = state.clock.as_ref();
    let work = state.database.transaction("logout_all", |tx| {
        Box::pin(async move {
            let ended = sessions::end_all(tx, user, None, EndReason::Logout, clock.now()).await?;
            let Some(found) = users::by_id(&mut **tx, user).await? else { return Ok(()) };
            if !ended.is_empty() {
                audit::insert(&mut **tx, clock, user, Fact::SignedOutEverywhere(ended.len()), origin).await?;
            }
            messages::revoke(tx, clock, (user, found.version), &origin.actor, &ended).await?;
            Ok(())
        })
    });
    work.await
}
