//! Exchanging a refresh token for its successor.

use cartwright_database::Tx;
use cartwright_types::SessionId;
use thiserror::Error;

use super::messages;
use super::tokens::TokenPair;
use crate::crypto::token;
use crate::db::sessions::{self, EndReason, Ended, Session};
use crate::db::{audit, refresh_tokens, users};
use crate::domain::audit::{Fact, Origin};
use crate::domain::refresh::{Decision, decide};
use crate::domain::user::{Status, User};
use crate::error::Failure;
use crate::state::State;

/// Why there is no new pair.
#[derive(Debug, Error)]
pub enum RefreshError {
    /// Unknown, expired, or of a session that is over.
    #[error("the refresh token is not valid")]
    Invalid,
    /// It was used before: whoever shows it, somebody else has it too. The session is over.
    #[error("the refresh token was used before")]
    Reused,
    /// The account is suspended.
    #[error("the account is suspended")]
    Suspended,
    /// Not the client's doing.
    #[error("refresh failed")]
    Failure(#[from] Failure),
}

/// What the transaction found; a value, not an error, where its effect is to be committed.
enum Found {
    Granted(SessionId, Box<User>),
    Refused,
    Reused,
    Suspended,
}

/// The pair that follows `token`.
///
/// # Errors
/// See [`RefreshError`].
pub async fn refresh(state: &State, token: &str, origin: &Origin) -> Result<TokenPair, RefreshError> {
    let successor = state.successor_key.successor(token);
    let (hash, next_hash) = (&token::hash(token), &token::hash(&successor));
    let work = state.database.transaction::<_, Failure, _>("refresh", |tx| {
        Box::pin(async move {
            // The lock is the family's: tabs that refresh together come one after the other from here on.
            let Some(session) = sessions::lock_of_token(tx, hash).await? else { return Ok(Found::Refused) };
            exchange(state, tx, session, (hash, next_hash), origin).await
        })
    });
    match work.await? {
        Found::Granted(session, user) => Ok(TokenPair::new(state, session, *user, successor)),
        Found::Refused => Err(RefreshError::Invalid),
        Found::Reused => Err(RefreshError::Reused),
        Found::Suspended => Err(RefreshError::Suspended),
    }
}

async fn exchange(
    state: &State,
    tx: &mut Tx<'_>,
    session: Session,
    (hash, next_hash): (&[u8], &[u8]),
    origin: &Origin,
) -> Result<Found, Failure> {
    if session.is_over {
        return Ok(if session.was_reused { Found::Reused } else { Found::Refused });
    }
    let Some(token) = refresh_tokens::get(tx, hash).await? else { return Ok(Found::Refused) };
    let successor = refresh_tokens::get(tx, next_hash).await?;
    let now = state.clock.now();
    let decision = decide(token, successor, now);
    match decision {
        Decision::Expired => return Ok(Found::Refused),
        Decision::Reuse => {
            let user = session.user_id;
            let ended = sessions::end(tx, session.id, user, EndReason::TokenReuse, now).await?;
            audit::insert(
                &mut **tx,
                state.clock.as_ref(),
                user,
                Fact::RefreshTokenReused(session.id),
                origin,
            )
            .await?;
            let version = users::by_id(&mut **tx, user).await?.map_or(1, |user| user.version);
            let ended: Vec<Ended> = ended.into_iter().collect();
            messages::revoke(tx, state.clock.as_ref(), (user, version), &origin.actor, &ended).await?;
            tracing::warn!(user_id = %session.user_id, session_id = %session.id, "refresh token reused, session ended");
            return Ok(Found::Reused);
        }
        Decision::Repeat | Decision::Rotate => {}
    }
    let Some(user) = users::by_id(&mut **tx, session.user_id).await? else { return Ok(Found::Refused) };
    if user.status == Status::Suspended {
        return Ok(Found::Suspended);
    }
    if decision == Decision::Rotate {
        refresh_tokens::mark_used(tx, hash, now).await?;
        refresh_tokens::insert(tx, next_hash, session.id, now).await?;
    }
    Ok(Found::Granted(session.id, Box::new(user)))
}
