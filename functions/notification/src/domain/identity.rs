//! One row per (event, recipient, channel): the id says which, so a redelivery meets its own row.

use aws_lc_rs::digest::{Context, SHA256};
use cartwright_types::NotificationId;
use uuid::Uuid;

use super::{Channel, Person};

/// A UUIDv7 (RFC 9562, section 5.7) with the event's millisecond, so that ids sort as events came, and 74 bits of a
/// hash in the place of chance, so that the same event gives the same id.
#[must_use]
pub fn derive_id(
    event: Uuid,
    recipient: impl Into<Person>,
    channel: Channel,
    template: &str,
) -> NotificationId {
    let recipient = recipient.into();
    let mut context = Context::new(&SHA256);
    for part in
        [event.as_bytes(), recipient.uuid().as_bytes(), channel.as_str().as_bytes(), template.as_bytes()]
    {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&event.as_bytes()[..6]);
    bytes[6..].copy_from_slice(&context.finish().as_ref()[..10]);
    // Version and variant take 6 of the 80 bits.
    bytes[6] = 0x70 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    NotificationId(Uuid::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwright_types::{EventId, OrderId, SystemClock, UserId};

    #[test]
    fn the_same_event_recipient_and_template_give_the_same_id_and_any_other_another() {
        let (event, other) = (EventId::new(&SystemClock).uuid(), EventId::new(&SystemClock).uuid());
        let (ada, ben) = (UserId::new(&SystemClock), UserId::new(&SystemClock));
        let id = derive_id(event, ada, Channel::Email, "welcome");
        assert_eq!(id, derive_id(event, ada, Channel::Email, "welcome"));
        for different in [
            derive_id(other, ada, Channel::Email, "welcome"),
            derive_id(event, ben, Channel::Email, "welcome"),
            derive_id(event, Person::Guest(OrderId::new(&SystemClock)), Channel::Email, "welcome"),
            derive_id(event, ada, Channel::Sms, "welcome"),
            derive_id(event, ada, Channel::Email, "invoice"),
        ] {
            assert_ne!(id, different);
        }
    }

    #[test]
    fn the_id_is_a_version_7_uuid_with_the_time_of_its_event() {
        let event = EventId::new(&SystemClock).uuid();
        let id = derive_id(event, UserId::new(&SystemClock), Channel::Email, "welcome").uuid();
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
        assert_eq!(id.as_bytes()[..6], event.as_bytes()[..6]);
    }

    #[test]
    fn the_id_never_changes_between_releases() {
        let event = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);
        let id = derive_id(event, UserId(Uuid::from_u128(1)), Channel::Email, "order_confirmation");
        assert_eq!(id.to_string(), "01900000-0000-7649-a9c8-0783e1d705c4");
    }
}
