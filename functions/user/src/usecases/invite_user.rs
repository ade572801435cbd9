//! Accounts that staff make.

use cartwright_contracts::commands::TokenMail;
use cartwright_contracts::events::UserRegistered;
use cartwright_types::{EmailAddress, Role, UserId};
use thiserror::Error;

use super::{messages, tokens};
use crate::db::audit;
use crate::db::users::{self, NewUser};
use crate::domain::audit::{Fact, Origin};
use crate::domain::one_time_token::Kind;
use crate::domain::user::User;
use crate::error::Failure;
use crate::state::State;

/// What staff say about somebody.
pub struct Invitation {
    /// Where the invitation goes.
    pub email: EmailAddress,
    /// How they want to be called.
    pub full_name: Option<String>,
    /// E.164.
    pub phone: Option<String>,
    /// The language of mails; `en` if absent.
    pub locale: Option<String>,
    /// What they may do.
    pub role: Role,
}

/// Why there is no new account.
#[derive(Debug, Error)]
pub enum InviteError {
    /// The address has one.
    #[error("the address has an account")]
    EmailTaken,
    /// Not the client's doing.
    #[error("inviting failed")]
    Failure(#[from] Failure),
}

impl From<sqlx::Error> for InviteError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failure(error.into())
    }
}

/// Makes the account `id` and mails a link that sets its password. Made before under this id, it is as it was.
///
/// # Errors
/// See [`InviteError`].
pub async fn invite_user(
    state: &State,
    id: UserId,
    invitation: &Invitation,
    origin: &Origin,
) -> Result<User, InviteError> {
    let clock = state.clock.as_ref();
    let user = &NewUser {
        id,
        email: &invitation.email,
        password_hash: None,
        full_name: invitation.full_name.as_deref(),
        phone: invitation.phone.as_deref(),
        locale: invitation.locale.as_deref().unwrap_or("en"),
        role: invitation.role,
    };
    let work = state.database.transaction("invite_user", |tx| {
        Box::pin(async move {
            if users::insert(tx, user, clock.now()).await? {
                audit::insert(&mut **tx, clock, id, Fact::Invited, origin).await?;
                let event = UserRegistered { user_id: id };
                messages::publish(tx, clock, (id, 1), &origin.actor, &event).await?;
                let token = tokens::one_time(tx, clock, id, Kind::Invitation).await?;
                messages::send_mail(tx, clock, id, TokenMail::Invitation { token }).await?;
            }
            users::by_id(&mut **tx, id).await?.ok_or(InviteError::EmailTaken)
        })
    });
    work.await
}
