//! Setting a password with a mailed link.

use cartwright_contracts::events::UserPasswordChanged;

use super::messages;
use super::verify_email::mark_verified;
use crate::crypto::token;
use crate::db::sessions::{self, EndReason};
use crate::db::{audit, one_time_tokens, users};
use crate::domain::audit::{Fact, Origin};
use crate::domain::one_time_token::Kind;
use crate::domain::password::Password;
use crate::error::Failure;
use crate::state::State;

/// Spends a reset or invitation token: the password is new, every session over, every other such link void, and the
/// address proven, for the link arrived there. False when the token is not good.
///
/// # Errors
/// See [`Failure`].
pub async fn reset_password(
    state: &State,
    token: &str,
    password: &Password,
    origin: &Origin,
) -> Result<bool, Failure> {
    let (clock, token_hash) = (state.clock.as_ref(), &token::hash(token));
    let kinds = &Kind::SETTING_A_PASSWORD;
    // Asked before as well, so that guessed tokens cost no hashing.
    if !one_time_tokens::is_good(state.database.pool(), kinds, token_hash, clock.now()).await? {
        return Ok(false);
    }
    let password_hash = &state.hasher.hash(password).await?;
    let work = state.database.transaction("reset_password", |tx| {
        Box::pin(async move {
            let now = clock.now();
            let Some((user, _)) = one_time_tokens::spend(tx, kinds, token_hash, now).await? else {
                return Ok(false);
            };
            one_time_tokens::void(tx, user, kinds).await?;
            let version = users::set_password(tx, user, password_hash, now).await?;
            let ended = sessions::end_all(tx, user, None, EndReason::PasswordReset, now).await?;
            audit::insert(&mut **tx, clock, user, Fact::PasswordReset, origin).await?;
            messages::revoke(tx, clock, (user, version), &origin.actor, &ended).await?;
            let event = UserPasswordChanged { user_id: user };
            messages::publish(tx, clock, (user, version), &origin.actor, &event).await?;
            mark_verified(tx, clock, user, origin).await?;
            Ok(true)
        })
    });
    work.await
}
