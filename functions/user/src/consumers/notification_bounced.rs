//! `notification.bounced`: there is no such mailbox.

use cartwright_contracts::Envelope;
use cartwright_contracts::events::NotificationBounced;
use cartwright_database::Database;
use cartwright_messaging::HandlerError;
use cartwright_types::Clock;

use super::addressee;
use crate::domain::email_problem::EmailProblem;
use crate::usecases::note_email_problem::note_email_problem;

/// Has the account say so. May be repeated.
pub async fn handle(database: &Database, clock: &dyn Clock, event: &Envelope) -> Result<(), HandlerError> {
    let data: NotificationBounced = event.data().map_err(HandlerError::rejected)?;
    let Some(user) = addressee(data.user_id, &data.channel) else { return Ok(()) };
    note_email_problem(database, clock, event, user, EmailProblem::Bounced).await.map_err(HandlerError::retry)
}
