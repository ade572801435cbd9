//! An address that is written to no more.

use aws_lc_rs::digest::{Context, SHA256};
use cartwright_types::{EmailAddress, NotificationId, UserId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Channel;

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuppressionReason {
    /// The recipient's side refused it for good: there is no such mailbox.
    HardBounce,
    /// The recipient called a mail spam.
    Complaint,
}

impl SuppressionReason {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::HardBounce, Self::Complaint];

    /// The word in rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HardBounce => "hard_bounce",
            Self::Complaint => "complaint",
        }
    }

    /// The reason a word names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

/// An address that is written to no more, until staff lift it.
#[derive(Clone, PartialEq, Eq)]
pub struct Suppression {
    /// See [`address_id`].
    pub id: Uuid,
    /// The way that is closed.
    pub channel: Channel,
    /// The address, for staff.
    pub address: String,
    /// Why.
    pub reason: SuppressionReason,
    /// Whose it was, if they have an account.
    pub user_id: Option<UserId>,
    /// The notification that showed it.
    pub notification_id: Option<NotificationId>,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

impl std::fmt::Debug for Suppression {
    /// Without the address, which may end in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Suppression")
            .field("id", &self.id)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

/// The id that an address has, however it is written, so that it is looked up by one read: a UUID of version 8 (RFC 9562,
/// section 5.8) made of a hash.
#[must_use]
pub fn address_id(channel: Channel, address: &str) -> Uuid {
    let address = match channel {
        Channel::Email => EmailAddress::new(address).normalised().to_owned(),
        Channel::Sms | Channel::Push => address.to_owned(),
    };
    hashed_id(&[channel.as_str().as_bytes(), address.as_bytes()])
}

/// A UUID of version 8 made of a hash of `parts`.
pub(super) fn hashed_id(parts: &[&[u8]]) -> Uuid {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&context.finish().as_ref()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_id_however_it_is_written() {
        let id = address_id(Channel::Email, "ada@example.com");
        assert_eq!(id, address_id(Channel::Email, " Ada@EXAMPLE.com "));
        assert_ne!(id, address_id(Channel::Email, "ben@example.com"));
        assert_ne!(id, address_id(Channel::Sms, "ada@example.com"));
        assert_eq!((id.get_version_num(), id.get_variant()), (8, uuid::Variant::RFC4122));
    }
}
