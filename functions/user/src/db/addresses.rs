//! `addresses`

use cartwright_types::UserId;
use cartwright_web::Address;
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::address::{BookAddress, Entry};

struct Row {
    id: Uuid,
    name: String,
    line1: String,
    line2: Option<String>,
    city: String,
    state: Option<String>,
    postal_code: String,
    country: String,
    phone: Option<String>,
    default_shipping: bool,
    default_billing: bool,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Row> for Entry {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            book: BookAddress {
                address: Address {
                    name: row.name,
                    line1: row.line1,
                    line2: row.line2,
                    city: row.city,
                    state: row.state,
                    postal_code: row.postal_code,
                    country: row.country,
                    phone: row.phone,
                },
                default_shipping: row.default_shipping,
                default_billing: row.default_billing,
            },
        }
    }
}

/// `SELECT` of all columns, with the rest of the statement.
macro_rules! select {
    ($rest:literal, $($argument:expr),*) => {
        sqlx::query_as!(
            Row,
            "SELECT id, name, line1, line2, city, state, postal_code, country, phone, default_shipping, default_billing,
                    version, created_at, updated_at
             FROM addresses " + $rest,
            $($argument),*
        )
    };
}

/// A user's addresses, oldest first, after the one with an id.
pub async fn list(
    executor: impl PgExecutor<'_>,
    user: UserId,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Entry>, sqlx::Error> {
    let after = after.unwrap_or(Uuid::nil());
    let rows = select!("WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT $3", user.uuid(), after, limit);
    Ok(rows.fetch_all(executor).await?.into_iter().map(Entry::from).collect())
}

/// One of a user's addresses.
pub async fn get(
    executor: impl PgExecutor<'_>,
    user: UserId,
    id: Uuid,
) -> Result<Option<Entry>, sqlx::Error> {
    let row = select!("WHERE user_id = $1 AND id = $2", user.uuid(), id);
    Ok(row.fetch_optional(executor).await?.map(Entry::from))
}

/// How many addresses a user has.
pub async fn count(conn: &mut PgConnection, user: UserId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM addresses WHERE user_id = $1"#, user.uuid())
        .fetch_one(conn)
        .await
}

/// Takes the defaults from the others that `book` is to have.
pub async fn give_up_defaults(
    conn: &mut PgConnection,
    user: UserId,
    id: Uuid,
    book: &BookAddress,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE addresses SET default_shipping = default_shipping AND NOT $3, default_billing = default_billing AND NOT $4,
                version = version + 1, updated_at = greatest(updated_at, $5)
         WHERE user_id = $1 AND id <> $2 AND ((default_shipping AND $3) OR (default_billing AND $4))",
        user.uuid(),
        id,
        book.default_shipping,
        book.default_billing,
        now
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Adds an address.
pub async fn insert(
    conn: &mut PgConnection,
    user: UserId,
    id: Uuid,
    book: &BookAddress,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let address = &book.address;
    sqlx::query!(
        "INSERT INTO addresses (id, user_id, name, line1, line2, city, state, postal_code, country, phone,
                                default_shipping, default_billing, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)",
        id,
        user.uuid(),
        address.name,
        address.line1,
        address.line2,
        address.city,
        address.state,
        address.postal_code,
        address.country,
        address.phone,
        book.default_shipping,
        book.default_billing,
        now
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Replaces an address.
pub async fn update(
    conn: &mut PgConnection,
    user: UserId,
    id: Uuid,
    book: &BookAddress,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let address = &book.address;
    sqlx::query!(
        "UPDATE addresses SET name = $3, line1 = $4, line2 = $5, city = $6, state = $7, postal_code = $8, country = $9,
                phone = $10, default_shipping = $11, default_billing = $12, version = version + 1,
                updated_at = greatest(updated_at, $13)
         WHERE user_id = $1 AND id = $2",
        user.uuid(),
        id,
        address.name,
        address.line1,
        address.line2,
        address.city,
        address.state,
        address.postal_code,
        address.country,
        address.phone,
        book.default_shipping,
        book.default_billing,
        now
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Removes an address.
pub async fn delete(conn: &mut PgConnection, user: UserId, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM addresses WHERE user_id = $1 AND id = $2", user.uuid(), id)
        .execute(conn)
        .await
        .map(drop)
}
