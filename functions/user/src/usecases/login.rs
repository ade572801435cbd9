//! Signing in.

use cartwright_types::{EmailAddress, SessionId, random};
use thiserror::Error;

use super::even_time::EvenTime;
use super::tokens::TokenPair;
use crate::crypto::hasher::Hasher;
use crate::crypto::token;
use crate::db::{audit, refresh_tokens, sessions, users};
use crate::domain::audit::{Fact, Origin};
use crate::domain::password::Password;
use crate::domain::user::{Status, User};
use crate::error::Failure;
use crate::state::State;

/// Why there is no session.
#[derive(Debug, Error)]
pub enum LoginError {
    /// No such address, no password, or another one: nobody is told which.
    #[error("address and password do not fit")]
    InvalidCredentials,
    /// Said only to who knows the password.
    #[error("the account is suspended")]
    Suspended,
    /// Said only to who knows the password.
    #[error("the address is not verified")]
    EmailUnverified,
    /// Not the client's doing.
    #[error("login failed")]
    Failure(#[from] Failure),
}

impl From<sqlx::Error> for LoginError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failure(error.into())
    }
}

/// Starts a session. One Argon2id verification, whether the address is known or not.
///
/// # Errors
/// See [`LoginError`].
pub async fn login(
    state: &State,
    email: &EmailAddress,
    password: &Password,
    origin: &Origin,
) -> Result<TokenPair, LoginError> {
    let evenly = EvenTime::start();
    let found = users::by_email(state.database.pool(), email).await?;
    let hash = found.as_ref().and_then(|user| user.password_hash.as_deref());
    let fits = state.hasher.verify(password, hash).await.map_err(Failure::from)?;
    match found {
        Some(user) if fits => start_session(state, user, password, origin).await,
        other => {
            if let Some(user) = other {
                let (pool, clock) = (state.database.pool(), state.clock.as_ref());
                audit::insert(pool, clock, user.id, Fact::SignInFailed, origin).await?;
            }
            // What was written down, or not, does not show.
            evenly.end().await;
            Err(LoginError::InvalidCredentials)
        }
    }
}

/// Hashes the password anew if the stored hash was made with parameters of another day.
async fn upgraded(state: &State, mut user: User, password: &Password) -> Result<User, Failure> {
    let Some(stored) = user.password_hash.as_deref().filter(|hash| Hasher::is_outdated(hash)) else {
        return Ok(user);
    };
    let fresh = state.hasher.hash(password).await?;
    users::rehash(state.database.pool(), user.id, stored, &fresh).await?;
    user.password_hash = Some(fresh);
    Ok(user)
}

async fn start_session(
    state: &State,
    found: User,
    password: &Password,
    origin: &Origin,
) -> Result<TokenPair, LoginError> {
    let found = &upgraded(state, found, password).await?;
    let clock = state.clock.as_ref();
    let refresh_token = random::token();
    let (session, token_hash) = (SessionId::new(clock), &token::hash(&refresh_token));
    let work = state.database.transaction("login", |tx| {
        Box::pin(async move {
            // The password was compared outside the transaction: a reset in between must win.
            let user =
                users::lock(tx, found.id).await?.filter(|user| user.password_hash == found.password_hash);
            let Some(user) = user else { return Err(LoginError::InvalidCredentials) };
            if user.status == Status::Suspended {
                return Err(LoginError::Suspended);
            }
            if state.require_verified_email && !user.is_verified() {
                return Err(LoginError::EmailUnverified);
            }
            let now = clock.now();
            sessions::insert(tx, session, user.id, origin.user_agent.as_deref(), now).await?;
            refresh_tokens::insert(tx, token_hash, session, now).await?;
            audit::insert(&mut **tx, clock, user.id, Fact::SignedIn(session), origin).await?;
            Ok(user)
        })
    });
    let user = work.await?;
    tracing::info!(user_id = %user.id, session_id = %session, "signed in");
    Ok(TokenPair::new(state, session, user, refresh_token))
}
