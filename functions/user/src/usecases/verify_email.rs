//! Proving an address.

use cartwright_contracts::events::UserVerified;
use cartwright_database::Tx;
use cartwright_types::{Clock, UserId};

use super::messages;
use crate::crypto::token;
use crate::db::{one_time_tokens, users};
use crate::domain::one_time_token::Kind;
use crate::error::Failure;
use crate::state::State;

/// Spends the token; false when it is not good.
///
/// # Errors
/// See [`Failure`].
pub async fn verify_email(state: &State, token: &str) -> Result<bool, Failure> {
    let (clock, hash) = (state.clock.as_ref(), &token::hash(token));
    let work = state.database.transaction("verify_email", |tx| {
        Box::pin(async move {
            let spent = one_time_tokens::spend(tx, &[Kind::EmailVerification], hash, clock.now()).await?;
            let Some(user) = spent else { return Ok(false) };
            mark_verified(tx, clock, user).await?;
            Ok(true)
        })
    });
    work.await
}

/// Marks the address as proven, and says so the first time.
pub(super) async fn mark_verified(
    tx: &mut Tx<'_>,
    clock: &dyn Clock,
    user: UserId,
) -> Result<(), sqlx::Error> {
    if let Some(version) = users::mark_verified(tx, user, clock.now()).await? {
        messages::publish(tx, clock, user, version, &UserVerified { user_id: user }).await?;
    }
    Ok(())
}
