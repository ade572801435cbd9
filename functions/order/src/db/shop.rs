//! Shipping methods and tax rates.

use cartwright_types::ShippingMethodId;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// A way to ship.
#[derive(Debug, Clone)]
pub struct ShippingMethodRow {
    /// Its id.
    pub id: Uuid,
    /// Short name for programs.
    pub code: String,
    /// Name for people.
    pub name: String,
    /// `flat`
    pub kind: String,
    /// Minor units of the shop's currency.
    pub price: i64,
    /// Where it ships to.
    pub countries: Vec<String>,
}

/// All of them.
pub async fn shipping_methods(pool: &PgPool) -> Result<Vec<ShippingMethodRow>, sqlx::Error> {
    sqlx::query_as!(
        ShippingMethodRow,
        "SELECT id, code, name, kind, price, countries FROM shipping_methods ORDER BY code"
    )
    .fetch_all(pool)
    .await
}

/// One of them.
pub async fn shipping_method(
    pool: &PgPool,
    id: ShippingMethodId,
) -> Result<Option<ShippingMethodRow>, sqlx::Error> {
    sqlx::query_as!(
        ShippingMethodRow,
        "SELECT id, code, name, kind, price, countries FROM shipping_methods WHERE id = $1",
        id.uuid()
    )
    .fetch_optional(pool)
    .await
}

/// The tax of one class in one country.
#[derive(Debug, Clone)]
pub struct TaxRateRow {
    /// `standard`, `reduced`, …
    pub tax_class: String,
    /// Hundredths of a percent.
    pub rate_bps: i32,
    /// Prices contain it.
    pub inclusive: bool,
}

/// A country's rates.
pub async fn tax_rates(pool: &PgPool, country: &str) -> Result<Vec<TaxRateRow>, sqlx::Error> {
    sqlx::query_as!(
        TaxRateRow,
        "SELECT tax_class, rate_bps, inclusive FROM tax_rates WHERE country = $1",
        country
    )
    .fetch_all(pool)
    .await
}

/// Adds or changes a shipping method by its code.
pub async fn upsert_shipping_method(
    conn: &mut PgConnection,
    row: &ShippingMethodRow,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO shipping_methods (id, code, name, kind, price, countries) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (code) DO UPDATE SET name = excluded.name, kind = excluded.kind, price = excluded.price,
             countries = excluded.countries",
        row.id,
        row.code,
        row.name,
        row.kind,
        row.price,
        &row.countries
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Adds or changes a tax rate.
pub async fn upsert_tax_rate(
    conn: &mut PgConnection,
    country: &str,
    row: &TaxRateRow,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO tax_rates (country, tax_class, rate_bps, inclusive) VALUES ($1, $2, $3, $4)
         ON CONFLICT (country, tax_class) DO UPDATE SET rate_bps = excluded.rate_bps, inclusive = excluded.inclusive",
        country,
        row.tax_class,
        row.rate_bps,
        row.inclusive
    )
    .execute(conn)
    .await
    .map(drop)
}
