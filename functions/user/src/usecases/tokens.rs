//! Making tokens.

use cartwright_database::Tx;
use cartwright_types::{Clock, SessionId, UserId, random};

use crate::crypto::token;
use crate::db::one_time_tokens;
use crate::domain::one_time_token::Kind;
use crate::domain::user::User;
use crate::state::State;

/// What a sign-in or a refresh gives.
pub struct TokenPair {
    /// RS256 JWT, 15 minutes.
    pub access_token: String,
    /// Opaque, 30 days, works once.
    pub refresh_token: String,
    /// Whose they are.
    pub user: User,
}

impl TokenPair {
    /// A fresh access token beside `refresh_token`.
    #[must_use]
    pub fn new(state: &State, session: SessionId, user: User, refresh_token: String) -> Self {
        let access_token = state.access_tokens.issue(state.clock.as_ref(), user.id, session, user.role);
        Self { access_token, refresh_token, user }
    }
}

/// A new one-time token for a mail; the one before it is void.
pub async fn one_time(
    tx: &mut Tx<'_>,
    clock: &dyn Clock,
    user: UserId,
    kind: Kind,
) -> Result<String, sqlx::Error> {
    let text = random::token();
    one_time_tokens::replace(tx, user, kind, &token::hash(&text), clock.now()).await?;
    Ok(text)
}
