//! Tax rates.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::tax::TaxRate;

/// One rate for one class in one place.
pub const PLACE_TAKEN: &str = "tax_rates_place";
/// All rates of a country are inclusive, or none.
pub const DISAGREES: &str = "tax_rates_agree";

/// A tax rate as it is stored.
#[derive(Debug, Clone)]
pub struct StoredRate {
    /// Its id.
    pub id: Uuid,
    /// What it is.
    pub rate: TaxRate,
    /// Goes up with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

struct Row {
    id: Uuid,
    country: String,
    region: String,
    tax_class: String,
    rate_bps: i32,
    inclusive: bool,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Row> for StoredRate {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            rate: TaxRate {
                country: row.country,
                region: Some(row.region).filter(|region| !region.is_empty()),
                tax_class: row.tax_class,
                rate_bps: row.rate_bps,
                inclusive: row.inclusive,
            },
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// `SELECT` of all columns, with the rest of the statement.
macro_rules! select {
    ($rest:literal, $($argument:expr),*) => {
        sqlx::query_as!(
            Row,
            "SELECT id, country, region, tax_class, rate_bps, inclusive, version, created_at, updated_at
             FROM tax_rates " + $rest,
            $($argument),*
        )
    };
}

/// Where a rate stands in the list: its country, region and class.
pub type Place = (String, String, String);

/// The place of a rate.
#[must_use]
pub fn place(rate: &TaxRate) -> Place {
    (rate.country.clone(), rate.region.clone().unwrap_or_default(), rate.tax_class.clone())
}

/// Some, by country, region and class, after the one at a place.
pub async fn list(
    executor: impl PgExecutor<'_>,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<StoredRate>, sqlx::Error> {
    let (country, region, class) = after.cloned().unwrap_or_default();
    let rows = select!(
        r#"WHERE (country COLLATE "C", region COLLATE "C", tax_class COLLATE "C") > ($1, $2, $3)
           ORDER BY country COLLATE "C", region COLLATE "C", tax_class COLLATE "C" LIMIT $4"#,
        country,
        region,
        class,
        limit
    );
    Ok(rows.fetch_all(executor).await?.into_iter().map(StoredRate::from).collect())
}

/// All rates of a country.
pub async fn of_country(executor: impl PgExecutor<'_>, country: &str) -> Result<Vec<TaxRate>, sqlx::Error> {
    let rows = select!("WHERE country = $1 ORDER BY id", country).fetch_all(executor).await?;
    Ok(rows.into_iter().map(|row| StoredRate::from(row).rate).collect())
}

/// One of them.
pub async fn get(executor: impl PgExecutor<'_>, id: Uuid) -> Result<Option<StoredRate>, sqlx::Error> {
    Ok(select!("WHERE id = $1", id).fetch_optional(executor).await?.map(StoredRate::from))
}

/// One of them, locked until the transaction ends.
pub async fn lock(conn: &mut PgConnection, id: Uuid) -> Result<Option<StoredRate>, sqlx::Error> {
    Ok(select!("WHERE id = $1 FOR UPDATE", id).fetch_optional(conn).await?.map(StoredRate::from))
}

/// Adds one.
pub async fn insert(
    conn: &mut PgConnection,
    id: Uuid,
    rate: &TaxRate,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO tax_rates (id, country, region, tax_class, rate_bps, inclusive, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
        id,
        rate.country,
        rate.region.as_deref().unwrap_or_default(),
        rate.tax_class,
        rate.rate_bps,
        rate.inclusive,
        now
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Replaces one.
pub async fn update(
    conn: &mut PgConnection,
    id: Uuid,
    rate: &TaxRate,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE tax_rates SET country = $2, region = $3, tax_class = $4, rate_bps = $5, inclusive = $6,
             version = version + 1, updated_at = greatest(updated_at, $7)
         WHERE id = $1",
        id,
        rate.country,
        rate.region.as_deref().unwrap_or_default(),
        rate.tax_class,
        rate.rate_bps,
        rate.inclusive,
        now
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Removes one; orders have a copy of what they were taxed.
pub async fn delete(conn: &mut PgConnection, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM tax_rates WHERE id = $1", id).execute(conn).await.map(drop)
}

/// The id of the rate of a class in a place.
pub async fn by_place(conn: &mut PgConnection, rate: &TaxRate) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT id FROM tax_rates WHERE country = $1 AND lower(region) = lower($2) AND tax_class = $3",
        rate.country,
        rate.region.as_deref().unwrap_or_default(),
        rate.tax_class
    )
    .fetch_optional(conn)
    .await
}
