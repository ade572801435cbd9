//! What kind of thing a message is about.

/// What kind of thing a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// An order and what becomes of it.
    Orders,
    /// An account, its safety apart.
    Account,
    /// What is to sell. Needs consent.
    Marketing,
    /// Addresses, passwords, invitations: never held back, whatever somebody prefers.
    Security,
    /// The shop's own people, about the shop.
    Operations,
}

impl Category {
    /// Those that people choose about.
    pub const CHOSEN: [Self; 3] = [Self::Orders, Self::Account, Self::Marketing];

    /// The word in rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Account => "account",
            Self::Marketing => "marketing",
            Self::Security => "security",
            Self::Operations => "operations",
        }
    }
}
