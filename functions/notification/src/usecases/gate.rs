//! May this be said to this recipient, this way? Asked before a row is claimed, so an answer of no is written into the row as
//! `suppressed` with its reason.

use crate::db::StoreError;
use crate::domain::{Channel, Kind, Notice};

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// It may.
    Yes,
    /// It may not: the reason, a code.
    No(&'static str),
}

/// Who answers.
#[derive(Debug, Clone, Default)]
pub struct Gate {}

impl Gate {
    /// The ways that an event's notice, made as a mail, goes to its recipient.
    ///
    /// # Errors
    /// What the answer needs cannot be read.
    #[expect(clippy::unused_async, reason = "what people prefer is kept in a table")]
    pub async fn channels(&self, notice: &Notice) -> Result<Vec<Channel>, StoreError> {
        Ok(vec![notice.channel])
    }

    /// Whether `notice` may go to `address` (a mail address or a telephone number; None for push).
    ///
    /// # Errors
    /// What the answer needs cannot be read.
    #[expect(clippy::unused_async, reason = "consent and suppressions are kept in tables")]
    pub async fn permit(&self, notice: &Notice, _address: Option<&str>) -> Result<Permit, StoreError> {
        // Somebody without an account has consented to nothing.
        if notice.kind == Kind::Marketing && notice.user().is_none() {
            return Ok(Permit::No("no_consent"));
        }
        Ok(Permit::Yes)
    }
}
