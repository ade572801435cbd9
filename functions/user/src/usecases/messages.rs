//! What this service tells others, written into the transaction of the change.

use cartwright_contracts::commands::{NOTIFICATION_COMMANDS, SendMail, TokenMail};
use cartwright_contracts::events::SessionRevoked;
use cartwright_contracts::{DOMAIN_EVENTS, Envelope, Event};
use cartwright_database::{Tx, outbox};
use cartwright_runtime::context::Context;
use cartwright_runtime::transport::{Destination, Outgoing};
use cartwright_types::{Clock, SessionId, UserId, new_uuid};

use crate::db::sessions::Ended;

/// Asks the notification service for a mail.
pub async fn send_mail(
    tx: &mut Tx<'_>,
    clock: &dyn Clock,
    user_id: UserId,
    mail: TokenMail,
) -> Result<(), sqlx::Error> {
    let traceparent = Context::current_traceparent();
    let command = SendMail { id: new_uuid(clock), user_id, mail, traceparent: traceparent.clone() };
    let message = Outgoing {
        destination: Destination::Queue(NOTIFICATION_COMMANDS.to_owned()),
        body: serde_json::to_string(&command).expect("a command is a plain struct with string keys"),
        attributes: traceparent.map(|value| ("traceparent".to_owned(), value)).into_iter().collect(),
    };
    outbox::append(tx, command.id, &message).await
}

/// Tells everybody what happened to a user, and who did it.
pub async fn publish<E: Event>(
    tx: &mut Tx<'_>,
    clock: &dyn Clock,
    (user_id, version): (UserId, i64),
    actor: &str,
    event: &E,
) -> Result<(), sqlx::Error> {
    let mut envelope = Envelope::new(clock, user_id, version, actor, event);
    envelope.trace.traceparent = Context::current_traceparent();
    let message = Outgoing {
        destination: Destination::Topic(DOMAIN_EVENTS.to_owned()),
        body: envelope.to_json(),
        attributes: envelope.attributes(),
    };
    outbox::append(tx, envelope.id, &message).await
}

/// Tells the gateway that sessions are over, as far as access tokens may be about that name them.
pub async fn revoke(
    tx: &mut Tx<'_>,
    clock: &dyn Clock,
    user: (UserId, i64),
    actor: &str,
    ended: &[Ended],
) -> Result<(), sqlx::Error> {
    let live: Vec<SessionId> =
        ended.iter().filter(|session| session.has_live_token).map(|session| session.id).collect();
    for some in live.chunks(SessionRevoked::MOST) {
        let event = SessionRevoked { user_id: user.0, session_ids: some.to_vec() };
        publish(tx, clock, user, actor, &event).await?;
    }
    Ok(())
}
