//! Proving an address.

use cartwright_contracts::events::UserVerified;
use cartwright_database::Tx;
use cartwright_types::{Clock, UserId};
use thiserror::Error;

use super::messages;
use crate::crypto::token;
use crate::db::{audit, one_time_tokens, users};
use crate::domain::audit::{Fact, Origin};
use crate::domain::one_time_token::Kind;
use crate::error::Failure;
use crate::state::State;

/// Why the address is not proven.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// Unknown, used, superseded or expired.
    #[error("the token is not good")]
    InvalidToken,
    /// Somebody else proved the same address in the meantime.
    #[error("the address belongs to another account by now")]
    EmailTaken,
    /// Not the client's doing.
    #[error("verifying failed")]
    Failure(#[from] Failure),
}

impl From<sqlx::Error> for VerifyError {
    fn from(error: sqlx::Error) -> Self {
        if error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation) {
            Self::EmailTaken
        } else {
            Self::Failure(error.into())
        }
    }
}

/// Spends the token: the address it was sent to is proven, and is the account's.
///
/// # Errors
/// See [`VerifyError`].
pub async fn verify_email(state: &State, token: &str, origin: &Origin) -> Result<(), VerifyError> {
    let (clock, hash) = (state.clock.as_ref(), &token::hash(token));
    let work = state.database.transaction("verify_email", |tx| {
        Box::pin(async move {
            let spent = one_time_tokens::spend(tx, &Kind::PROVING_AN_ADDRESS, hash, clock.now()).await?;
            match spent {
                None => Err(VerifyError::InvalidToken),
                Some((user, Kind::EmailChange)) => change_email(tx, clock, user, origin).await,
                Some((user, _)) => Ok(mark_verified(tx, clock, user, origin).await?),
            }
        })
    });
    work.await
}

/// Links that went to the former address are void: whoever reads its mail has no say any more.
async fn change_email(
    tx: &mut Tx<'_>,
    clock: &dyn Clock,
    user: UserId,
    origin: &Origin,
) -> Result<(), VerifyError> {
    let before = users::lock(tx, user).await?.ok_or(VerifyError::InvalidToken)?;
    let version = users::take_pending_email(tx, user, clock.now()).await?.ok_or(VerifyError::InvalidToken)?;
    let void = [Kind::EmailVerification, Kind::PasswordReset, Kind::Invitation];
    one_time_tokens::void(tx, user, &void).await?;
    audit::insert(&mut **tx, clock, user, Fact::EmailChanged, origin).await?;
    if !before.is_verified() {
        let event = UserVerified { user_id: user };
        messages::publish(tx, clock, (user, version), &origin.actor, &event).await?;
    }
    Ok(())
}

/// Marks the address as proven: whatever was wrong with it is over. Others hear of it the first time only.
pub(super) async fn mark_verified(
    tx: &mut Tx<'_>,
    clock: &dyn Clock,
    user: UserId,
    origin: &Origin,
) -> Result<(), sqlx::Error> {
    let Some(before) = users::lock(tx, user).await? else { return Ok(()) };
    let version = users::mark_verified(tx, user, clock.now()).await?;
    if !before.is_verified() || before.email_problem.is_some() {
        audit::insert(&mut **tx, clock, user, Fact::EmailVerified, origin).await?;
    }
    if !before.is_verified() {
        let event = UserVerified { user_id: user };
        messages::publish(tx, clock, (user, version), &origin.actor, &event).await?;
    }
    Ok(())
}
