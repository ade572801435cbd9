//! Mailing the verification link again.

use cartwright_contracts::commands::TokenMail;
use cartwright_types::EmailAddress;

use super::even_time::in_even_time;
use super::{messages, tokens};
use crate::db::users;
use crate::domain::one_time_token::Kind;
use crate::domain::user::Status;
use crate::error::Failure;
use crate::state::State;

/// Mails a new link, and voids the old one, if the address waits for its proof or has to be proven again. The caller learns nothing.
///
/// # Errors
/// See [`Failure`].
pub async fn resend_verification(state: &State, email: &EmailAddress) -> Result<(), Failure> {
    in_even_time(async {
        let clock = state.clock.as_ref();
        let work = state.database.transaction("resend_verification", |tx| {
            Box::pin(async move {
                let Some(user) = users::by_email(&mut **tx, email).await? else { return Ok(()) };
                let is_due = !user.is_verified() || user.email_problem.is_some();
                if is_due && user.status == Status::Active {
                    let token = tokens::one_time(tx, clock, user.id, Kind::EmailVerification).await?;
                    messages::send_mail(tx, clock, user.id, TokenMail::EmailVerification { token }).await?;
                }
                Ok(())
            })
        });
        work.await
    })
    .await
}
