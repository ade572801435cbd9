//! Setting another password, by who knows the present one.

use cartwright_contracts::events::UserPasswordChanged;
use cartwright_types::{SessionId, UserId};
use thiserror::Error;

use super::messages;
use crate::db::sessions::{self, EndReason};
use crate::db::{audit, one_time_tokens, users};
use crate::domain::audit::{Fact, Origin};
use crate::domain::one_time_token::Kind;
use crate::domain::password::Password;
use crate::error::Failure;
use crate::state::State;

/// Why the password stays.
#[derive(Debug, Error)]
pub enum ChangeError {
    /// The present password is another one.
    #[error("the present password is another one")]
    InvalidCredentials,
    /// Not the client's doing.
    #[error("changing the password failed")]
    Failure(#[from] Failure),
}

impl From<sqlx::Error> for ChangeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failure(error.into())
    }
}

/// Sets the password; every other session is over, and so is every link that would set one. `present` is None when it
/// cannot be anybody's.
///
/// # Errors
/// See [`ChangeError`].
pub async fn change_password(
    state: &State,
    (user, session): (UserId, SessionId),
    present: Option<&Password>,
    password: &Password,
    origin: &Origin,
) -> Result<(), ChangeError> {
    let clock = state.clock.as_ref();
    let found = users::by_id(state.database.pool(), user).await?;
    let stored = found.and_then(|user| user.password_hash);
    let fits = match present {
        Some(present) => state.hasher.verify(present, stored.as_deref()).await.map_err(Failure::from)?,
        None => false,
    };
    if !fits {
        audit::insert(state.database.pool(), clock, user, Fact::PasswordChangeFailed, origin).await?;
        return Err(ChangeError::InvalidCredentials);
    }
    let (stored, password_hash) = (&stored, &state.hasher.hash(password).await.map_err(Failure::from)?);
    let work = state.database.transaction("change_password", |tx| {
        Box::pin(async move {
            let now = clock.now();
            // The password was compared outside the transaction: whoever set another in between wins.
            let locked = users::lock(tx, user).await?.filter(|user| user.password_hash == *stored);
            if locked.is_none() {
                return Err(ChangeError::InvalidCredentials);
            }
            let version = users::set_password(tx, user, password_hash, now).await?;
            one_time_tokens::void(tx, user, &Kind::SETTING_A_PASSWORD).await?;
            let ended = sessions::end_all(tx, user, Some(session), EndReason::PasswordChange, now).await?;
            audit::insert(&mut **tx, clock, user, Fact::PasswordChanged, origin).await?;
            messages::revoke(tx, clock, (user, version), &origin.actor, &ended).await?;
            let event = UserPasswordChanged { user_id: user };
            messages::publish(tx, clock, (user, version), &origin.actor, &event).await?;
            Ok(())
        })
    });
    work.await
}
