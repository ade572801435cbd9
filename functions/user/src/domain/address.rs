//! The address book.

use cartwright_web::{Address, Fields, FromFields, rules};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Addresses that one book holds.
pub const MOST: i64 = 100;

/// An address with what it is used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookAddress {
    /// Where.
    pub address: Address,
    /// Parcels go here unless something else is said. Another default gives it up.
    pub default_shipping: bool,
    /// Invoices are made out to this unless something else is said. Another default gives it up.
    pub default_billing: bool,
}

/// An address in the book.
#[derive(Clone)]
pub struct Entry {
    /// Its id.
    pub id: Uuid,
    /// What it says.
    pub book: BookAddress,
    /// Goes up with every change.
    pub version: i64,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

impl FromFields for BookAddress {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let default_shipping = fields.optional("default_shipping", rules::boolean);
        let default_billing = fields.optional("default_billing", rules::boolean);
        let address = Address::from_fields(fields);
        Some(Self {
            address: address?,
            default_shipping: default_shipping?.unwrap_or(false),
            default_billing: default_billing?.unwrap_or(false),
        })
    }
}
