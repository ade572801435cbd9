//! A tax rate, as it is sent and shown.

use cartwright_web::openapi::Country;
use cartwright_web::rules::{self, Invalid};
use cartwright_web::{Fields, FromFields};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::tax_rates::StoredRate;
use crate::domain::tax::TaxRate;

/// A tax rate.
#[derive(Serialize, ToSchema)]
#[schema(as = TaxRate)]
pub struct TaxRateView {
    id: Uuid,
    #[schema(value_type = Country)]
    country: String,
    /// As addresses have it in `state`, in any case; null: the whole country.
    #[schema(required, examples("CA"))]
    region: Option<String>,
    /// What products name; shipping is `standard`.
    #[schema(examples("standard"))]
    tax_class: String,
    /// Hundredths of a percent: 1900 is 19 %.
    #[schema(minimum = 0, maximum = 10000, examples(1900))]
    rate_bps: i32,
    /// Prices contain it; else it comes on top. The same for all rates of a country.
    inclusive: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<StoredRate> for TaxRateView {
    fn from(stored: StoredRate) -> Self {
        Self {
            id: stored.id,
            country: stored.rate.country,
            region: stored.rate.region,
            tax_class: stored.rate.tax_class,
            rate_bps: stored.rate.rate_bps,
            inclusive: stored.rate.inclusive,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
        }
    }
}

/// A tax rate, as staff write it.
#[derive(ToSchema)]
#[schema(as = TaxRateInput)]
#[expect(dead_code, reason = "only described; RateInput is what is read")]
pub struct DescribedRate {
    #[schema(value_type = Country)]
    country: String,
    /// As addresses have it in `state`, in any case; absent or null: the whole country.
    #[schema(min_length = 1, max_length = 80, examples("CA"))]
    region: Option<String>,
    /// What products name; shipping is `standard`.
    #[schema(pattern = "^[a-z][a-z0-9_]{0,31}$", examples("standard"))]
    tax_class: String,
    /// Hundredths of a percent: 1900 is 19 %.
    #[schema(minimum = 0, maximum = 10000, examples(1900))]
    rate_bps: i32,
    /// Prices contain it; else it comes on top. The same for all rates of a country.
    inclusive: bool,
}

/// The fields of a POST or PUT.
pub struct RateInput(pub TaxRate);

impl FromFields for RateInput {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let country = fields.required("country", rules::country);
        let region = fields.optional("region", rules::text(1, 80));
        let tax_class = fields.required("tax_class", tax_class);
        let rate_bps = fields.required("rate_bps", rules::integer(0, 10_000));
        let inclusive = fields.required("inclusive", rules::boolean);
        Some(Self(TaxRate {
            country: country?,
            region: region?,
            tax_class: tax_class?,
            rate_bps: i32::try_from(rate_bps?).ok()?,
            inclusive: inclusive?,
        }))
    }
}

/// As the product service has it.
fn tax_class(value: Value) -> Result<String, Invalid> {
    let text = rules::string(value)?;
    let first = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    let rest = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if first && rest && text.len() <= 32 {
        Ok(text)
    } else {
        Err(Invalid::new("invalid_tax_class", "must be 1 to 32 lower-case letters, digits and underscores"))
    }
}
