//! The tokens in mailed links.

use chrono::TimeDelta;

/// What a token is for. A new one of a kind voids the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Proves the address.
    EmailVerification,
    /// Sets a new password.
    PasswordReset,
    /// Sets the first password of an account that somebody else made.
    Invitation,
}

impl Kind {
    /// What may be spent to set a password.
    pub const SETTING_A_PASSWORD: [Self; 2] = [Self::PasswordReset, Self::Invitation];

    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EmailVerification => "email_verification",
            Self::PasswordReset => "password_reset",
            Self::Invitation => "invitation",
        }
    }

    /// How long it is good.
    #[must_use]
    pub const fn lifetime(self) -> TimeDelta {
        match self {
            Self::EmailVerification => TimeDelta::hours(24),
            Self::PasswordReset => TimeDelta::minutes(30),
            Self::Invitation => TimeDelta::hours(72),
        }
    }
}
