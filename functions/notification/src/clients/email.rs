//! The seam to whoever delivers mail.

use async_trait::async_trait;
use thiserror::Error;

/// A mail ready to go. Not `Debug`: it holds an address and may hold a token.
pub struct Email {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipient.
    pub to: String,
    /// The whole message (RFC 5322).
    pub mime: Vec<u8>,
}

/// Why the provider did not say that it took the mail. Holds codes only: what providers say in words may hold the address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SendError {
    /// It surely did not take it; later it may.
    #[error("the mail provider did not take the message: {0}")]
    Transient(String),
    /// It will never take it.
    #[error("the mail provider refused the message: {0}")]
    Permanent(String),
    /// The answer was lost: it may have taken it.
    #[error("the mail provider's answer was lost: {0}")]
    Unknown(String),
}

/// Delivers mail. A provider takes no idempotency key, so an implementation never tries twice by itself.
#[async_trait]
pub trait EmailProvider: Send + Sync + 'static {
    /// Its name in rows, such as `ses`.
    fn name(&self) -> &'static str;

    /// Hands the mail over; the answer is the provider's name for it.
    async fn send(&self, email: Email) -> Result<String, SendError>;

    /// Whether it can be reached.
    async fn check(&self) -> Result<(), String>;
}
