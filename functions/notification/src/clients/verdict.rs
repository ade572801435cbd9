//! What a provider's codes mean. Each provider has a table; a test goes through every row of it.

use super::SendError;

/// What a code says of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Not taken; later it may be.
    Transient,
    /// Not taken, for there are too many.
    Throttled,
    /// Never to be taken.
    Permanent,
    /// Nobody knows whether it was taken.
    Unknown,
}

/// Codes and what each says.
pub type Table = &'static [(&'static str, Verdict)];

impl Verdict {
    /// As an error with its code.
    #[must_use]
    pub fn error(self, code: impl Into<String>) -> SendError {
        let code = code.into();
        match self {
            Self::Transient => SendError::Transient(code),
            Self::Throttled => SendError::Throttled(code),
            Self::Permanent => SendError::Permanent(code),
            Self::Unknown => SendError::Unknown(code),
        }
    }
}

/// What the table says of a code, or `otherwise`.
pub(super) fn judge(table: Table, code: &str, otherwise: Verdict) -> SendError {
    let row = table.iter().find(|(known, _)| *known == code);
    row.map_or(otherwise, |(_, verdict)| *verdict).error(code)
}
