//! What this service tells others, written into the transaction of the change.

use cartwright_contracts::{Envelope, Event};
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
    let traceparent = Context::current_traceparent();
    envelope.trace.traceparent.clone_from(&traceparent);
    let mut attributes = vec![
        ("event_type".to_owned(), envelope.event_type.clone()),
        ("aggregate_kind".to_owned(), envelope.aggregate.kind.clone()),
    ];
    attributes.extend(traceparent.map(|value| ("traceparent".to_owned(), value)));
    let message = Outgoing {
        destination: Destination::Topic("domain-events".to_owned()),
        body: serde_json::to_string(&envelope).expect("an envelope is a plain struct with string keys"),
        attributes,
    };
    outbox::append(tx, envelope.id, &message).await
}
