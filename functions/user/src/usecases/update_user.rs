//! Changing an account.

use cartwright_contracts::commands::TokenMail;
use cartwright_contracts::events::UserSuspended;
use cartwright_database::Tx;
use cartwright_types::{Clock, EmailAddress, Role, UserId};
use cartwright_web::{Change, User as Caller};
use thiserror::Error;

use super::{messages, tokens};
use crate::db::sessions::{self, EndReason};
use crate::db::users::{self, Profile};
use crate::db::{audit, one_time_tokens};
use crate::domain::audit::{Fact, Origin};
use crate::domain::one_time_token::Kind;
use crate::domain::user::{Status, User};
use crate::error::Failure;
use crate::state::State;

/// What is to be changed.
pub struct Wish {
    /// Must be proven before it counts.
    pub email: Option<EmailAddress>,
    /// How they want to be called.
    pub full_name: Change<String>,
    /// E.164.
    pub phone: Change<String>,
    /// The language of mails.
    pub locale: Option<String>,
    /// Whether they want advertising.
    pub marketing_opt_in: Option<bool>,
    /// An admin's to say, and not about themselves.
    pub role: Option<Role>,
    /// An admin's to say, and not about themselves.
    pub status: Option<Status>,
}

/// Why nothing was changed.
#[derive(Debug, Error)]
pub enum UpdateError {
    /// No such account.
    #[error("there is no such account")]
    NotFound,
    /// Not the caller's to change.
    #[error("the caller may not change this")]
    Forbidden,
    /// It was changed since the caller read it.
    #[error("the account has another version")]
    Stale,
    /// Not the client's doing.
    #[error("changing the account failed")]
    Failure(#[from] Failure),
}

impl From<sqlx::Error> for UpdateError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failure(error.into())
    }
}

/// Changes the account `id`, if it has the version that `is_expected` accepts; what it is now.
///
/// # Errors
/// See [`UpdateError`].
pub async fn update_user(
    state: &State,
    caller: &Caller,
    id: UserId,
    wish: &Wish,
    is_expected: &(dyn Fn(i64) -> bool + Sync),
    origin: &Origin,
) -> Result<User, UpdateError> {
    let names_power = wish.role.is_some() || wish.status.is_some();
    // Nobody lifts themselves up, and the last admin does not lock themselves out.
    if names_power && (caller.id == id || caller.role < Role::Admin) {
        return Err(UpdateError::Forbidden);
    }
    let work = state.database.transaction("update_user", |tx| {
        Box::pin(async move {
            let before = users::lock(tx, id).await?.ok_or(UpdateError::NotFound)?;
            if reaches_above(caller, &before) {
                return Err(UpdateError::Forbidden);
            }
            if !is_expected(before.version) {
                return Err(UpdateError::Stale);
            }
            apply(tx, state.clock.as_ref(), &before, wish, origin).await?;
            users::by_id(&mut **tx, id).await?.ok_or(UpdateError::NotFound)
        })
    });
    work.await
}

/// Whoever can change an address can take the account over: staff change customers and themselves, nobody else.
#[must_use]
pub fn reaches_above(caller: &Caller, account: &User) -> bool {
    caller.id != account.id && caller.role < Role::Admin && account.role > Role::Customer
}

async fn apply(
    tx: &mut Tx<'_>,
    clock: &dyn Clock,
    before: &User,
    wish: &Wish,
    origin: &Origin,
) -> Result<(), sqlx::Error> {
    let (id, now) = (before.id, clock.now());
    let present = EmailAddress::new(&before.email);
    let known = before.pending_email.as_deref().map(EmailAddress::new);
    let (email, pending) = match &wish.email {
        None => (present.written(), known.as_ref()),
        // The same address, perhaps in other letters: a change that waited is called off.
        Some(email) if email.normalised() == present.normalised() => (email.written(), None),
        Some(email) => (present.written(), Some(email)),
    };
    let full_name = wish.full_name.clone().apply(before.full_name.clone());
    let phone = wish.phone.clone().apply(before.phone.clone());
    let profile = Profile {
        email,
        full_name: full_name.as_deref(),
        phone: phone.as_deref(),
        locale: wish.locale.as_deref().unwrap_or(&before.locale),
        marketing_opt_in: wish.marketing_opt_in.unwrap_or(before.marketing_opt_in),
        role: wish.role.unwrap_or(before.role),
        status: wish.status.unwrap_or(before.status),
        pending,
    };
    let personal = profile.email != before.email
        || profile.full_name != before.full_name.as_deref()
        || profile.phone != before.phone.as_deref()
        || profile.locale != before.locale
        || profile.marketing_opt_in != before.marketing_opt_in;
    let moves = profile.pending.map(EmailAddress::written) != before.pending_email.as_deref();
    let (role, status) = (profile.role != before.role, profile.status != before.status);
    if !(personal || moves || role || status) {
        return Ok(());
    }
    users::update(tx, id, &profile, now).await?;
    if personal {
        audit::insert(&mut **tx, clock, id, Fact::ProfileChanged, origin).await?;
    }
    if moves {
        move_to(tx, clock, id, profile.pending, origin).await?;
    }
    if role {
        let fact = Fact::RoleChanged(before.role, profile.role);
        audit::insert(&mut **tx, clock, id, fact, origin).await?;
    }
    if status {
        let fact = match profile.status {
            Status::Suspended => Fact::Suspended,
            Status::Active => Fact::Reactivated,
        };
        audit::insert(&mut **tx, clock, id, fact, origin).await?;
    }
    let suspended = status && profile.status == Status::Suspended;
    let user = (id, before.version + 1);
    if suspended {
        messages::publish(tx, clock, user, &origin.actor, &UserSuspended { user_id: id }).await?;
    }
    if role || suspended {
        // Tokens name the role: the next ones will name the new one.
        let reason = if suspended { EndReason::Suspension } else { EndReason::RoleChange };
        let ended = sessions::end_all(tx, id, None, reason, now).await?;
        messages::revoke(tx, clock, user, &origin.actor, &ended).await?;
    }
    Ok(())
}

/// Mails a link to the new address and word of it to the present one; None calls it off. An address that has an account
/// gets the mail that says so, and the caller learns nothing.
async fn move_to(
    tx: &mut Tx<'_>,
    clock: &dyn Clock,
    id: UserId,
    pending: Option<&EmailAddress>,
    origin: &Origin,
) -> Result<(), sqlx::Error> {
    let Some(email) = pending else { return one_time_tokens::void(tx, id, &[Kind::EmailChange]).await };
    audit::insert(&mut **tx, clock, id, Fact::EmailChangeRequested, origin).await?;
    messages::send_mail(tx, clock, id, TokenMail::EmailChangeRequested {}).await?;
    if let Some(other) = users::by_email(&mut **tx, email).await? {
        one_time_tokens::void(tx, id, &[Kind::EmailChange]).await?;
        return messages::send_mail(tx, clock, other.id, TokenMail::AccountExists {}).await;
    }
    let token = tokens::one_time(tx, clock, id, Kind::EmailChange).await?;
    messages::send_mail(tx, clock, id, TokenMail::EmailChange { token }).await
}
