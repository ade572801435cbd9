//! The notification service tells that mail to an account is of no use.

use cartwright_contracts::Envelope;
use cartwright_database::{Database, inbox};
use cartwright_types::{Clock, UserId};

use crate::db::{audit, users};
use crate::domain::audit::{Fact, Origin};
use crate::domain::email_problem::EmailProblem;
use crate::error::Failure;

/// What the inbox remembers this consumer by.
const CONSUMER: &str = "user-events";

/// Writes it down at the account, if it is news there. Happens once: the event is in the inbox. Nobody is told, as of any
/// change of a profile. An account that is erased by now has no address.
///
/// # Errors
/// See [`Failure`].
pub async fn note_email_problem(
    database: &Database,
    clock: &dyn Clock,
    event: &Envelope,
    user: UserId,
    problem: EmailProblem,
) -> Result<(), Failure> {
    let work = database.transaction("note_email_problem", |tx| {
        Box::pin(async move {
            if !inbox::is_first(tx, CONSUMER, event.id).await? {
                return Ok(false);
            }
            let Some(account) = users::lock(tx, user).await? else { return Ok(false) };
            if !problem.is_news(event.occurred_at, account.email_problem, account.email_verified_at) {
                return Ok(false);
            }
            users::set_email_problem(tx, user, problem, clock.now()).await?;
            audit::insert(&mut **tx, clock, user, Fact::EmailProblem(problem), &Origin::system()).await?;
            Ok::<bool, Failure>(true)
        })
    });
    if work.await? {
        tracing::info!(user_id = %user, problem = problem.as_str(), "mail to an account is of no use");
    }
    Ok(())
}
