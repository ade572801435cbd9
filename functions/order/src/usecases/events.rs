//! Telling: one call writes the outbox and the order's history.

use cartwright_contracts::commands::{ORDER_COMMANDS, PaymentObserved};
use cartwright_contracts::{DOMAIN_EVENTS, Envelope, Event};
use cartwright_database::{Tx, outbox};
use cartwright_runtime::context::Context;
use cartwright_runtime::transport::{Destination, Outgoing};
use cartwright_types::{OrderId, PaymentId, SharedClock, new_uuid};

use crate::db::order_events::{self, OrderEventRow};

/// Publishes `event` and adds it to the order's history.
pub(crate) async fn tell<E: Event>(
    tx: &mut Tx<'_>,
    clock: &SharedClock,
    order: OrderId,
    version: i64,
    actor: &str,
    event: &E,
) -> Result<(), sqlx::Error> {
    let mut envelope = Envelope::new(clock.as_ref(), order, version, actor, event);
    envelope.trace.traceparent = Context::current_traceparent();
    let row = OrderEventRow {
        id: envelope.id,
        kind: envelope.event_type.clone(),
        at: envelope.occurred_at,
        actor: envelope.actor.clone(),
        data: envelope.data.clone(),
    };
    order_events::insert(tx, order, &row).await?;
    tx.changes(order.uuid());
    let message = Outgoing {
        destination: Destination::Topic(DOMAIN_EVENTS.to_owned()),
        body: envelope.to_json(),
        attributes: envelope.attributes(),
    };
    outbox::append(tx, envelope.id, &message).await
}

/// Queues a look at a payment: what a provider's webhook leads to.
pub(crate) async fn queue_observation(
    tx: &mut Tx<'_>,
    clock: &SharedClock,
    order_id: OrderId,
    payment_id: PaymentId,
) -> Result<(), sqlx::Error> {
    let traceparent = Context::current_traceparent();
    let command = PaymentObserved {
        id: new_uuid(clock.as_ref()),
        payment_id,
        order_id,
        traceparent: traceparent.clone(),
    };
    let mut attributes = vec![("event_type".to_owned(), "payment.observed".to_owned())];
    attributes.extend(traceparent.map(|trace| ("traceparent".to_owned(), trace)));
    let body = serde_json::to_string(&command).expect("a command is a plain struct with string keys");
    let message = Outgoing { destination: Destination::Queue(ORDER_COMMANDS.to_owned()), body, attributes };
    outbox::append(tx, command.id, &message).await
}
