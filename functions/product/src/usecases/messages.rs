//! What this service tells others, written into the transaction of the change.

use cartwright_contracts::{DOMAIN_EVENTS, Envelope, Event};
use cartwright_database::{Tx, outbox};
use cartwright_runtime::context::Context;
use cartwright_runtime::transport::{Destination, Outgoing};
use cartwright_types::Clock;
use uuid::Uuid;

/// Tells everybody what happened to the thing `aggregate` (its id, its version since), and who did it.
pub async fn publish<E: Event>(
    tx: &mut Tx<'_>,
    clock: &dyn Clock,
    aggregate: (Uuid, i64),
    actor: &str,
    event: &E,
) -> Result<(), sqlx::Error> {
    let mut envelope = Envelope::new(clock, aggregate.0, aggregate.1, actor, event);
    envelope.trace.traceparent = Context::current_traceparent();
    let message = Outgoing {
        destination: Destination::Topic(DOMAIN_EVENTS.to_owned()),
        body: envelope.to_json(),
        attributes: envelope.attributes(),
    };
    outbox::append(tx, envelope.id, &message).await
}
