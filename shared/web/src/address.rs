//! A postal address.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::openapi::{Country, Phone};
use crate::{Fields, FromFields, rules};

/// Where to send to, or whom to bill.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Address {
    /// The person or company.
    #[schema(min_length = 1, max_length = 120, examples("Ada Lovelace"))]
    pub name: String,
    /// Street and number.
    #[schema(min_length = 1, max_length = 120, examples("Hauptstr. 1"))]
    pub line1: String,
    /// Flat, floor, care of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 120)]
    pub line2: Option<String>,
    /// Town.
    #[schema(min_length = 1, max_length = 80, examples("Berlin"))]
    pub city: String,
    /// State or region, where addresses have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 80)]
    pub state: Option<String>,
    /// As the country writes it.
    #[schema(min_length = 1, max_length = 16, examples("10115"))]
    pub postal_code: String,
    /// ISO 3166-1 alpha-2.
    #[schema(value_type = Country)]
    pub country: String,
    /// E.164.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Phone>)]
    pub phone: Option<String>,
}

impl std::fmt::Debug for Address {
    /// Only the country: the rest is personal data and may end in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").field("country", &self.country).finish_non_exhaustive()
    }
}

impl FromFields for Address {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let name = fields.required("name", rules::text(1, 120));
        let line1 = fields.required("line1", rules::text(1, 120));
        let line2 = fields.optional("line2", rules::text(1, 120));
        let city = fields.required("city", rules::text(1, 80));
        let state = fields.optional("state", rules::text(1, 80));
        let postal_code = fields.required("postal_code", rules::text(1, 16));
        let country = fields.required("country", rules::country);
        let phone = fields.optional("phone", rules::phone);
        Some(Self {
            name: name?,
            line1: line1?,
            line2: line2?,
            city: city?,
            state: state?,
            postal_code: postal_code?,
            country: country?,
            phone: phone?,
        })
    }
}

impl Address {
    /// The lines below the name, as an envelope shows them.
    #[must_use]
    pub fn postal_lines(&self) -> Vec<String> {
        let town = match &self.state {
            Some(state) => format!("{} {}, {state}", self.postal_code, self.city),
            None => format!("{} {}", self.postal_code, self.city),
        };
        [Some(self.line1.clone()), self.line2.clone(), Some(town), Some(self.country.clone())]
            .into_iter()
            .flatten()
            .collect()
    }
}
