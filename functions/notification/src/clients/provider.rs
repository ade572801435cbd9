//! The seam to whoever delivers: a mail, a text message, a push message.

use async_trait::async_trait;
use thiserror::Error;

/// Delivers messages of one kind. A provider takes no idempotency key, so an implementation never tries twice by itself.
#[async_trait]
pub trait Provider<M>: Send + Sync + 'static {
    /// Its name in rows, such as `ses`.
    fn name(&self) -> &'static str;

    /// Hands the message over; the answer is the provider's name for it.
    async fn send(&self, message: &M) -> Result<String, SendError>;

    /// Whether it can be reached, for those that can tell without sending.
    async fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// Why the provider did not say that it took the message. Holds codes only: what providers say in words may hold the address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SendError {
    /// It surely did not take it; later it may, or another may.
    #[error("the provider did not take the message: {0}")]
    Transient(String),
    /// The same, for one reason only: too many at once. The provider itself is well.
    #[error("the provider takes no more for now: {0}")]
    Throttled(String),
    /// It will never take it, and nor will another: the message or its address is wrong.
    #[error("the provider refused the message: {0}")]
    Permanent(String),
    /// The answer was lost: it may have taken it.
    #[error("the provider's answer was lost: {0}")]
    Unknown(String),
}

impl SendError {
    /// The code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Transient(code) | Self::Throttled(code) | Self::Permanent(code) | Self::Unknown(code) => {
                code
            }
        }
    }
}
