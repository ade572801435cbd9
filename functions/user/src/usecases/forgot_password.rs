//! Mailing a link that sets a new password.

use cartwright_contracts::commands::TokenMail;
use cartwright_types::EmailAddress;

use super::even_time::in_even_time;
use super::{messages, tokens};
use crate::db::{audit, users};
use crate::domain::audit::{Fact, Origin};
use crate::domain::one_time_token::Kind;
use crate::domain::user::Status;
use crate::error::Failure;
use crate::state::State;

/// Mails a link if the address has an account that may sign in. The caller learns nothing.
///
/// # Errors
/// See [`Failure`].
pub async fn forgot_password(state: &State, email: &EmailAddress, origin: &Origin) -> Result<(), Failure> {
    in_even_time(async {
        let clock = state.clock.as_ref();
        let work = state.database.transaction("forgot_password", |tx| {
            Box::pin(async move {
                let Some(user) = users::by_email(&mut **tx, email).await? else { return Ok(()) };
                if user.status == Status::Active {
                    let token = tokens::one_time(tx, clock, user.id, Kind::PasswordReset).await?;
                    audit::insert(&mut **tx, clock, user.id, Fact::PasswordResetRequested, origin).await?;
                    messages::send_mail(tx, clock, user.id, TokenMail::PasswordReset { token }).await?;
                }
                Ok(())
            })
        });
        work.await
    })
    .await
}
