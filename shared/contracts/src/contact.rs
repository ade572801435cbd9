//! Where to reach people: `GET /internal/users/{id}/contact` of the user service, `GET /internal/orders/{id}/contact` of the
//! order service.

use cartwright_types::{OrderId, UserId};
use serde::{Deserialize, Serialize};

/// Where and how to reach a user.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Who.
    pub user_id: UserId,
    /// The address to write to.
    pub email: String,
    /// The address that is to take its place once it is verified.
    #[serde(default)]
    pub pending_email: Option<String>,
    /// Whether `email` is known to be theirs.
    pub email_verified: bool,
    /// How they want to be called.
    pub full_name: Option<String>,
    /// E.164.
    pub phone: Option<String>,
    /// BCP 47, such as `de-AT`.
    pub locale: String,
    /// Whether they agreed to be written to about what is to sell.
    #[serde(default)]
    pub marketing_opt_in: bool,
}

impl std::fmt::Debug for Contact {
    /// Only the id: the rest is personal data and may end in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contact").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

/// Where and how to reach the guest who placed an order.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderContact {
    /// Which order.
    pub order_id: OrderId,
    /// The address to write to. Nobody has proven that it is the guest's.
    pub email: String,
    /// BCP 47, such as `de-AT`.
    pub locale: String,
    /// What makes the order its bearer's own. None: it has ended, or cannot be derived any more.
    pub order_token: Option<String>,
}

impl std::fmt::Debug for OrderContact {
    /// Only the id: the rest is personal data, or a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OrderContact").field("order_id", &self.order_id).finish_non_exhaustive()
    }
}
