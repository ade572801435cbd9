//! Commands: told to one receiver through its own queue, never to everybody.

use cartwright_types::{OrderId, PaymentId, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The queue of [`SendMail`].
pub const NOTIFICATION_COMMANDS: &str = "notification-commands";
/// The queue of [`PaymentObserved`].
pub const ORDER_COMMANDS: &str = "order-commands";

/// A mail that carries a token, to `notification-commands` (encrypted, dead letters kept an hour).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendMail {
    /// Unique; a second delivery sends nothing.
    pub id: Uuid,
    /// The recipient; the address is read from `GET /internal/users/{id}/contact`.
    pub user_id: UserId,
    /// What to say.
    #[serde(flatten)]
    pub mail: TokenMail,
    /// W3C trace context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

/// The mails that carry a token (and the one that takes its place).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "template", content = "data")]
pub enum TokenMail {
    /// The address is to be verified: `PUBLIC_URL/auth/email/verify?token=`.
    #[serde(rename = "email_verification")]
    EmailVerification {
        /// Valid for 24 hours.
        token: String,
    },
    /// Somebody registered with an address that has an account.
    #[serde(rename = "account_exists")]
    AccountExists {},
    /// A new address is to be verified, and goes to that one ([`crate::contact::Contact::pending_email`]):
    /// `PUBLIC_URL/auth/email/verify?token=`.
    #[serde(rename = "email_change")]
    EmailChange {
        /// Valid for 24 hours.
        token: String,
    },
    /// Tells the present address that another is to take its place.
    #[serde(rename = "email_change_requested")]
    EmailChangeRequested {},
    /// An account was made for the recipient: `PUBLIC_URL/auth/password/reset?token=`.
    #[serde(rename = "invitation")]
    Invitation {
        /// Valid for 72 hours.
        token: String,
    },
    /// `PUBLIC_URL/auth/password/reset?token=`
    #[serde(rename = "password_reset")]
    PasswordReset {
        /// Valid for 30 minutes.
        token: String,
    },
}

/// Something may have happened to a payment: read it from its provider and act. To `order-commands`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentObserved {
    /// Unique.
    pub id: Uuid,
    /// The payment.
    pub payment_id: PaymentId,
    /// Its order.
    pub order_id: OrderId,
    /// W3C trace context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}
