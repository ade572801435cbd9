//! What is written down about an account.

use serde_json::{Value, json};

use cartwright_types::{Role, SessionId};

use super::email_problem::EmailProblem;

/// Something that happened to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// The account exists.
    Registered,
    /// The account exists because staff made it.
    Invited,
    /// The address was proven.
    EmailVerified,
    /// Somebody signed in.
    SignedIn(SessionId),
    /// Somebody with another password tried to.
    SignInFailed,
    /// A session was ended by its owner.
    SignedOut(SessionId),
    /// So many sessions were ended by their owner at once.
    SignedOutEverywhere(usize),
    /// A refresh token was shown twice, and its session ended.
    RefreshTokenReused(SessionId),
    /// A link to set the password was asked for.
    PasswordResetRequested,
    /// The password was set with such a link.
    PasswordReset,
    /// The password was changed by who knew it.
    PasswordChanged,
    /// Somebody with another password tried to.
    PasswordChangeFailed,
    /// Another address waits for its proof.
    EmailChangeRequested,
    /// It took the former one's place.
    EmailChanged,
    /// Mail to the address is of no use.
    EmailProblem(EmailProblem),
    /// Name, telephone, language or consent changed.
    ProfileChanged,
    /// They may do other things now.
    RoleChanged(Role, Role),
    /// They may not sign in any more.
    Suspended,
    /// They may again.
    Reactivated,
}

impl Fact {
    /// All words of [`Fact::word`].
    pub const WORDS: [&'static str; 20] = [
        "registered",
        "invited",
        "email_verified",
        "signed_in",
        "sign_in_failed",
        "signed_out",
        "signed_out_everywhere",
        "refresh_token_reused",
        "password_reset_requested",
        "password_reset",
        "password_changed",
        "password_change_failed",
        "email_change_requested",
        "email_changed",
        "email_bounced",
        "email_complained",
        "profile_changed",
        "role_changed",
        "suspended",
        "reactivated",
    ];

    /// The word in answers and the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Invited => "invited",
            Self::EmailVerified => "email_verified",
            Self::SignedIn(_) => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignedOut(_) => "signed_out",
            Self::SignedOutEverywhere(_) => "signed_out_everywhere",
            Self::RefreshTokenReused(_) => "refresh_token_reused",
            Self::PasswordResetRequested => "password_reset_requested",
            Self::PasswordReset => "password_reset",
            Self::PasswordChanged => "password_changed",
            Self::PasswordChangeFailed => "password_change_failed",
            Self::EmailChangeRequested => "email_change_requested",
            Self::EmailChanged => "email_changed",
            Self::EmailProblem(EmailProblem::Bounced) => "email_bounced",
            Self::EmailProblem(EmailProblem::Complained) => "email_complained",
            Self::ProfileChanged => "profile_changed",
            Self::RoleChanged(..) => "role_changed",
            Self::Suspended => "suspended",
            Self::Reactivated => "reactivated",
        }
    }

    /// What there is to say beside the word. Never an address, a name or a secret.
    #[must_use]
    pub fn data(self) -> Value {
        match self {
            Self::SignedIn(session) | Self::SignedOut(session) | Self::RefreshTokenReused(session) => {
                json!({ "session_id": session })
            }
            Self::SignedOutEverywhere(sessions) => json!({ "sessions": sessions }),
            Self::RoleChanged(from, to) => json!({ "from": from, "to": to }),
            _ => json!({}),
        }
    }
}

/// Who did it, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// `user:<id>`, `system` or `anonymous`.
    pub actor: String,
    /// The address the request came from.
    pub client_address: Option<String>,
    /// What the client calls itself, cut to [`Origin::LONGEST_AGENT`] characters.
    pub user_agent: Option<String>,
}

impl Origin {
    /// Characters of a user agent that are kept.
    pub const LONGEST_AGENT: usize = 200;

    /// The shop's own doing.
    #[must_use]
    pub fn system() -> Self {
        Self { actor: "system".to_owned(), client_address: None, user_agent: None }
    }
}
