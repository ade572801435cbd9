//! Whom a message is for.

use cartwright_types::{OrderId, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Somebody who is told something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Person {
    /// Somebody with an account.
    User(UserId),
    /// Whoever placed this order without one.
    Guest(OrderId),
    /// Whoever looks after the shop's stock.
    Operations,
}

impl Person {
    /// The buyer of an order, as its events name them.
    #[must_use]
    pub fn buyer(user: Option<UserId>, order: OrderId) -> Self {
        user.map_or(Self::Guest(order), Self::User)
    }

    /// The account, if there is one.
    #[must_use]
    pub const fn user(self) -> Option<UserId> {
        match self {
            Self::User(id) => Some(id),
            Self::Guest(_) | Self::Operations => None,
        }
    }

    /// What tells them from others: the account's id or the order's; of operations there is one.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        match self {
            Self::User(id) => id.uuid(),
            Self::Guest(order) => order.uuid(),
            Self::Operations => Uuid::nil(),
        }
    }
}

impl From<UserId> for Person {
    fn from(user: UserId) -> Self {
        Self::User(user)
    }
}
