//! Registering.

use cartwright_contracts::commands::TokenMail;
use cartwright_contracts::events::UserRegistered;
use cartwright_types::{EmailAddress, Role, UserId};
use cartwright_web::openapi::{Email, Locale, Phone};
use utoipa::ToSchema;

use super::even_time::in_even_time;
use super::{messages, tokens};
use crate::db::audit;
use crate::db::users::{self, NewUser};
use crate::domain::audit::{Fact, Origin};
use crate::domain::one_time_token::Kind;
use crate::domain::password::Password;
use crate::error::Failure;
use crate::state::State;

/// What somebody who registers says.
#[derive(ToSchema)]
pub struct Registration {
    /// The address.
    #[schema(value_type = Email)]
    pub email: EmailAddress,
    /// The password: 8 to 128 characters in NFC, and none that everybody tries first (`password_too_common`).
    #[schema(value_type = String, format = "password", min_length = 8, max_length = 128)]
    pub password: Password,
    /// How they want to be called.
    #[schema(min_length = 1, max_length = 200, examples("Ada Lovelace"))]
    pub full_name: Option<String>,
    /// E.164.
    #[schema(value_type = Option<Phone>)]
    pub phone: Option<String>,
    /// The language of mails; `en` if absent.
    #[schema(value_type = Option<Locale>)]
    pub locale: Option<String>,
}

/// Makes the account and mails a verification link. An address that has an account, proven or not, gets a mail that says
/// so: neither the account nor its pending link changes, so that nobody can void a stranger's link or replace the
/// password that it will make usable. (A lost link is sent again by `/auth/email/resend`.)
///
/// The caller learns nothing: the password is hashed and a mail is queued either way.
///
/// # Errors
/// See [`Failure`].
pub async fn register(state: &State, registration: &Registration, origin: &Origin) -> Result<(), Failure> {
    in_even_time(async {
        let hash = state.hasher.hash(&registration.password).await?;
        store(state, registration, &hash, origin).await
    })
    .await
}

async fn store(
    state: &State,
    registration: &Registration,
    hash: &str,
    origin: &Origin,
) -> Result<(), Failure> {
    let clock = state.clock.as_ref();
    let user = &NewUser {
        id: UserId::new(clock),
        email: &registration.email,
        password_hash: Some(hash),
        full_name: registration.full_name.as_deref(),
        phone: registration.phone.as_deref(),
        locale: registration.locale.as_deref().unwrap_or("en"),
        role: Role::Customer,
    };
    let work = state.database.transaction("register", |tx| {
        Box::pin(async move {
            if users::insert(tx, user, clock.now()).await? {
                let token = tokens::one_time(tx, clock, user.id, Kind::EmailVerification).await?;
                audit::insert(&mut **tx, clock, user.id, Fact::Registered, origin).await?;
                let event = UserRegistered { user_id: user.id };
                messages::publish(tx, clock, (user.id, 1), &origin.actor, &event).await?;
                messages::send_mail(tx, clock, user.id, TokenMail::EmailVerification { token }).await?;
            } else if let Some(existing) = users::by_email(&mut **tx, user.email).await? {
                messages::send_mail(tx, clock, existing.id, TokenMail::AccountExists {}).await?;
            }
            Ok(())
        })
    });
    work.await
}
