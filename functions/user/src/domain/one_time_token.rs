//! The tokens in mailed links.

use chrono::TimeDelta;

/// What a token is for. A new one of a kind voids the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Proves the address.
    EmailVerification,
    /// Proves the address that is to take the other's place.
    EmailChange,
    /// Sets a new password.
    PasswordReset,
    /// Sets the first password of an account that somebody else made.
    Invitation,
}

impl Kind {
    /// What may be spent to prove an address.
    pub const PROVING_AN_ADDRESS: [Self; 2] = [Self::EmailVerification, Self::EmailChange];
    /// What may be spent to set a password.
    pub const SETTING_A_PASSWORD: [Self; 2] = [Self::PasswordReset, Self::Invitation];

    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EmailVerification => "email_verification",
            Self::EmailChange => "email_change",
            Self::PasswordReset => "password_reset",
            Self::Invitation => "invitation",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        [Self::EmailVerification, Self::EmailChange, Self::PasswordReset, Self::Invitation]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }

    /// How long it is good.
    #[must_use]
    pub const fn lifetime(self) -> TimeDelta {
        match self {
            Self::EmailVerification | Self::EmailChange => TimeDelta::hours(24),
            Self::PasswordReset => TimeDelta::minutes(30),
            Self::Invitation => TimeDelta::hours(72),
        }
    }
}
