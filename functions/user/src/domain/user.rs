//! A user.

use std::str::FromStr;

use cartwright_types::{Role, UserId};
use chrono::{DateTime, Utc};
use thiserror::Error;

use super::email_problem::EmailProblem;

/// Whether a user may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Yes.
    Active,
    /// Not until an admin says so.
    Suspended,
}

impl Status {
    /// The word in answers and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }
}

/// The word is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must be active or suspended")]
pub struct UnknownStatus;

impl FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Active, Self::Suspended]
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or(UnknownStatus)
    }
}

/// Somebody with an account. Has no `Debug`: it is personal data and a password hash.
#[derive(Clone)]
pub struct User {
    /// Who.
    pub id: UserId,
    /// Where mail goes.
    pub email: String,
    /// The address that takes its place once it is proven.
    pub pending_email: Option<String>,
    /// When `email` was proven last; None: it is not.
    pub email_verified_at: Option<DateTime<Utc>>,
    /// Why mail to `email` is of no use; None: nothing is known.
    pub email_problem: Option<EmailProblem>,
    /// PHC string; None until an invited user has set one.
    pub password_hash: Option<String>,
    /// How they want to be called.
    pub full_name: Option<String>,
    /// E.164.
    pub phone: Option<String>,
    /// BCP 47.
    pub locale: String,
    /// Whether they want advertising.
    pub marketing_opt_in: bool,
    /// What they may do.
    pub role: Role,
    /// Whether they may sign in.
    pub status: Status,
    /// Goes up with every change.
    pub version: i64,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

impl User {
    /// Whether the address is proven.
    #[must_use]
    pub const fn is_verified(&self) -> bool {
        self.email_verified_at.is_some()
    }
}
