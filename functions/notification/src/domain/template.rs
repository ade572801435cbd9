//! What there is to say.

/// A message's key: the folder of its texts, and the `template` of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the texts in templates/ say what each is")]
pub enum Template {
    AccountExists,
    EmailChange,
    EmailChangeRequested,
    EmailVerification,
    Invitation,
    Invoice,
    OrderCancelled,
    OrderConfirmation,
    OrderDelivered,
    OrderExpired,
    OrderRefunded,
    OrderShipped,
    PasswordChanged,
    PasswordReset,
    PaymentFailed,
    Welcome,
}

impl Template {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::AccountExists,
        Self::EmailChange,
        Self::EmailChangeRequested,
        Self::EmailVerification,
        Self::Invitation,
        Self::Invoice,
        Self::OrderCancelled,
        Self::OrderConfirmation,
        Self::OrderDelivered,
        Self::OrderExpired,
        Self::OrderRefunded,
        Self::OrderShipped,
        Self::PasswordChanged,
        Self::PasswordReset,
        Self::PaymentFailed,
        Self::Welcome,
    ];

    /// The key.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountExists => "account_exists",
            Self::EmailChange => "email_change",
            Self::EmailChangeRequested => "email_change_requested",
            Self::EmailVerification => "email_verification",
            Self::Invitation => "invitation",
            Self::Invoice => "invoice",
            Self::OrderCancelled => "order_cancelled",
            Self::OrderConfirmation => "order_confirmation",
            Self::OrderDelivered => "order_delivered",
            Self::OrderExpired => "order_expired",
            Self::OrderRefunded => "order_refunded",
            Self::OrderShipped => "order_shipped",
            Self::PasswordChanged => "password_changed",
            Self::PasswordReset => "password_reset",
            Self::PaymentFailed => "payment_failed",
            Self::Welcome => "welcome",
        }
    }
    /// The template that a key names.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|template| template.as_str() == key)
    }
}
