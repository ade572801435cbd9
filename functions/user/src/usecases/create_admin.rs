//! The first administrator, and any other whom the operator names.

use cartwright_contracts::commands::TokenMail;
use cartwright_database::Database;
use cartwright_types::{Clock, EmailAddress, Role, UserId};

use super::{messages, tokens};
use crate::db::audit;
use crate::db::sessions::{self, EndReason};
use crate::db::users::{self, NewUser};
use crate::domain::audit::{Fact, Origin};
use crate::domain::one_time_token::Kind;
use crate::error::Failure;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// There was no such account.
    Created,
    /// There was, and it is an admin's now.
    Promoted,
}

/// Makes an account an admin's, makes the account if need be, and mails a link that sets its password.
///
/// # Errors
/// See [`Failure`].
pub async fn create_admin(
    database: &Database,
    clock: &dyn Clock,
    email: &EmailAddress,
) -> Result<Outcome, Failure> {
    let user = &NewUser {
        id: UserId::new(clock),
        email,
        password_hash: None,
        full_name: None,
        phone: None,
        locale: "en",
        role: Role::Admin,
    };
    let work = database.transaction("create_admin", |tx| {
        Box::pin(async move {
            let now = clock.now();
            let (id, outcome) = if users::insert(tx, user, now).await? {
                audit::insert(&mut **tx, clock, user.id, Fact::Invited, &Origin::system()).await?;
                (user.id, Outcome::Created)
            } else {
                let existing = users::by_email(&mut **tx, email).await?.ok_or(sqlx::Error::RowNotFound)?;
                users::promote(tx, existing.id, now).await?;
                // Tokens name the role: the next ones will name the new one. Nobody who signed in before the address
                // was proven stays.
                let ended = sessions::end_all(tx, existing.id, None, EndReason::Promotion, now).await?;
                let origin = Origin::system();
                let fact = Fact::RoleChanged(existing.role, Role::Admin);
                audit::insert(&mut **tx, clock, existing.id, fact, &origin).await?;
                let user = (existing.id, existing.version + 1);
                messages::revoke(tx, clock, user, &origin.actor, &ended).await?;
                (existing.id, Outcome::Promoted)
            };
            let token = tokens::one_time(tx, clock, id, Kind::Invitation).await?;
            messages::send_mail(tx, clock, id, TokenMail::Invitation { token }).await?;
            Ok(outcome)
        })
    });
    work.await
}
