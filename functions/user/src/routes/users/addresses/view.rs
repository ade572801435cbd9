//! An address of the book, as it is sent and shown.

use cartwright_web::openapi::{Country, Phone};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::address::Entry;

/// An address in the book.
#[derive(Serialize, ToSchema)]
#[schema(as = UserAddress)]
pub struct AddressView {
    id: Uuid,
    /// The person or company.
    #[schema(examples("Ada Lovelace"))]
    name: String,
    /// Street and number.
    #[schema(examples("Hauptstr. 1"))]
    line1: String,
    /// Flat, floor, care of.
    #[schema(required)]
    line2: Option<String>,
    #[schema(examples("Berlin"))]
    city: String,
    /// State or region, where addresses have one.
    #[schema(required)]
    state: Option<String>,
    #[schema(examples("10115"))]
    postal_code: String,
    #[schema(value_type = Country)]
    country: String,
    #[schema(required, value_type = Option<Phone>)]
    phone: Option<String>,
    /// Parcels go here unless something else is said.
    default_shipping: bool,
    /// Invoices are made out to this unless something else is said.
    default_billing: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Entry> for AddressView {
    fn from(entry: Entry) -> Self {
        let address = entry.book.address;
        Self {
            id: entry.id,
            name: address.name,
            line1: address.line1,
            line2: address.line2,
            city: address.city,
            state: address.state,
            postal_code: address.postal_code,
            country: address.country,
            phone: address.phone,
            default_shipping: entry.book.default_shipping,
            default_billing: entry.book.default_billing,
            created_at: entry.created_at,
            updated_at: entry.updated_at,
        }
    }
}

/// An address for the book.
#[derive(ToSchema)]
#[schema(as = NewUserAddress)]
#[expect(dead_code, reason = "only described; BookAddress is what is read")]
pub struct NewAddress {
    /// The person or company.
    #[schema(min_length = 1, max_length = 120, examples("Ada Lovelace"))]
    name: String,
    /// Street and number.
    #[schema(min_length = 1, max_length = 120, examples("Hauptstr. 1"))]
    line1: String,
    /// Flat, floor, care of.
    #[schema(min_length = 1, max_length = 120)]
    line2: Option<String>,
    /// Town.
    #[schema(min_length = 1, max_length = 80, examples("Berlin"))]
    city: String,
    /// State or region, where addresses have one.
    #[schema(min_length = 1, max_length = 80)]
    state: Option<String>,
    /// As the country writes it.
    #[schema(min_length = 1, max_length = 16, examples("10115"))]
    postal_code: String,
    #[schema(value_type = Country)]
    country: String,
    #[schema(value_type = Option<Phone>)]
    phone: Option<String>,
    /// Another default gives it up. False if absent.
    default_shipping: Option<bool>,
    /// Another default gives it up. False if absent.
    default_billing: Option<bool>,
}
