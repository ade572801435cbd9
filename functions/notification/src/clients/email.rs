//! A mail on its way to a provider.

use cartwright_types::NotificationId;

use crate::domain::Kind;

/// A mail ready to go. Not `Debug`: it holds an address and may hold a token.
pub struct Email {
    /// What providers' events name it by.
    pub notification_id: NotificationId,
    /// Transactional or marketing: they have a rate of their own.
    pub kind: Kind,
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipient.
    pub to: String,
    /// The whole message (RFC 5322).
    pub mime: Vec<u8>,
}
