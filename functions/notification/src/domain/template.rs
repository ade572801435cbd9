//! What there is to say.

use super::Category;

/// A message's key: the folder of its texts, and the `template` of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the texts in templates/ say what each is")]
pub enum Template {
    AccountExists,
    BackInStock,
    EmailChange,
    EmailChangeRequested,
    EmailVerification,
    Invitation,
    Invoice,
    LowStock,
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
    pub const ALL: [Self; 18] = [
        Self::AccountExists,
        Self::BackInStock,
        Self::EmailChange,
        Self::EmailChangeRequested,
        Self::EmailVerification,
        Self::Invitation,
        Self::Invoice,
        Self::LowStock,
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
            Self::BackInStock => "back_in_stock",
            Self::EmailChange => "email_change",
            Self::EmailChangeRequested => "email_change_requested",
            Self::EmailVerification => "email_verification",
            Self::Invitation => "invitation",
            Self::Invoice => "invoice",
            Self::LowStock => "low_stock",
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

    /// The variables that its event or command brings.
    #[must_use]
    pub const fn variables(self) -> &'static [&'static str] {
        match self {
            Self::AccountExists | Self::EmailChangeRequested | Self::PasswordChanged | Self::Welcome => &[],
            Self::BackInStock | Self::LowStock => &["available", "reorder_point", "sku"],
            Self::EmailChange | Self::EmailVerification | Self::Invitation | Self::PasswordReset => &["link"],
            Self::Invoice => &["number", "order_number"],
            Self::OrderCancelled => &["number", "reason", "refund"],
            Self::OrderConfirmation => &["lines", "number", "shipping", "total"],
            Self::OrderDelivered | Self::OrderExpired => &["number"],
            Self::OrderRefunded => &["amount", "number"],
            Self::OrderShipped => &["number", "tracking"],
            Self::PaymentFailed => &["expires_at", "number"],
        }
    }

    /// What kind of thing it is about: whoever does not want to hear of such things does not.
    #[must_use]
    pub const fn category(self) -> Category {
        match self {
            Self::AccountExists
            | Self::EmailChange
            | Self::EmailChangeRequested
            | Self::EmailVerification
            | Self::Invitation
            | Self::PasswordChanged
            | Self::PasswordReset => Category::Security,
            Self::Welcome => Category::Account,
            Self::BackInStock | Self::LowStock => Category::Operations,
            Self::Invoice
            | Self::OrderCancelled
            | Self::OrderConfirmation
            | Self::OrderDelivered
            | Self::OrderExpired
            | Self::OrderRefunded
            | Self::OrderShipped
            | Self::PaymentFailed => Category::Orders,
        }
    }
}
