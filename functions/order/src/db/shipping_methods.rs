//! Shipping methods.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::shipping::{Kind, Method, Tariff, Tier};

/// No two methods have one code.
pub const CODE_TAKEN: &str = "shipping_methods_code";

/// A shipping method as it is stored.
#[derive(Debug, Clone)]
pub struct StoredMethod {
    /// Its id.
    pub id: Uuid,
    /// What it is.
    pub method: Method,
    /// Goes up with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

struct Row {
    id: Uuid,
    code: String,
    name: String,
    kind: String,
    price: i64,
    tiers: Json<Vec<Tier>>,
    countries: Vec<String>,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Row> for StoredMethod {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let kind = Kind::parse(&row.kind)
            .ok_or_else(|| sqlx::Error::Decode(format!("{} is no kind of shipping", row.kind).into()))?;
        Ok(Self {
            id: row.id,
            method: Method {
                code: row.code,
                name: row.name,
                tariff: Tariff { kind, price: row.price, tiers: row.tiers.0 },
                countries: row.countries,
            },
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// `SELECT` of all columns, with the rest of the statement.
macro_rules! select {
    ($rest:literal, $($argument:expr),*) => {
        sqlx::query_as!(
            Row,
            r#"SELECT id, code, name, kind, price, tiers AS "tiers: Json<Vec<Tier>>", countries, version, created_at,
                    updated_at
             FROM shipping_methods "# + $rest,
            $($argument),*
        )
    };
}

/// Some, by code, after the one with a code.
pub async fn list(
    executor: impl PgExecutor<'_>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<StoredMethod>, sqlx::Error> {
    let rows = select!(
        r#"WHERE $1::text IS NULL OR lower(code COLLATE "C") > lower($1 COLLATE "C")
           ORDER BY lower(code COLLATE "C") LIMIT $2"#,
        after,
        limit
    );
    rows.fetch_all(executor).await?.into_iter().map(StoredMethod::try_from).collect()
}

/// One of them.
pub async fn get(executor: impl PgExecutor<'_>, id: Uuid) -> Result<Option<StoredMethod>, sqlx::Error> {
    select!("WHERE id = $1", id).fetch_optional(executor).await?.map(StoredMethod::try_from).transpose()
}

/// One of them, locked until the transaction ends.
pub async fn lock(conn: &mut PgConnection, id: Uuid) -> Result<Option<StoredMethod>, sqlx::Error> {
    select!("WHERE id = $1 FOR UPDATE", id)
        .fetch_optional(conn)
        .await?
        .map(StoredMethod::try_from)
        .transpose()
}

/// Adds one.
pub async fn insert(
    conn: &mut PgConnection,
    id: Uuid,
    method: &Method,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO shipping_methods (id, code, name, kind, price, tiers, countries, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
        id,
        method.code,
        method.name,
        method.tariff.kind.as_str(),
        method.tariff.price,
        Json(&method.tariff.tiers) as _,
        &method.countries,
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
    method: &Method,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE shipping_methods SET code = $2, name = $3, kind = $4, price = $5, tiers = $6, countries = $7,
             version = version + 1, updated_at = greatest(updated_at, $8)
         WHERE id = $1",
        id,
        method.code,
        method.name,
        method.tariff.kind.as_str(),
        method.tariff.price,
        Json(&method.tariff.tiers) as _,
        &method.countries,
        now
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Removes one; orders have a copy of its name.
pub async fn delete(conn: &mut PgConnection, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM shipping_methods WHERE id = $1", id).execute(conn).await.map(drop)
}

/// The id of the method with a code.
pub async fn by_code(conn: &mut PgConnection, code: &str) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT id FROM shipping_methods WHERE lower(code COLLATE "C") = lower($1 COLLATE "C")"#,
        code
    )
    .fetch_optional(conn)
    .await
}
