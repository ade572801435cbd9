//! `users`

use cartwright_types::{Role, UserId};
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::email::EmailAddress;
use crate::domain::user::{Status, User};

/// What a new user starts with; active, at version 1.
pub struct NewUser<'a> {
    pub id: UserId,
    pub email: &'a EmailAddress,
    pub password_hash: Option<&'a str>,
    pub full_name: Option<&'a str>,
    pub phone: Option<&'a str>,
    pub locale: &'a str,
    pub role: Role,
}

struct Row {
    id: Uuid,
    email: String,
    email_verified_at: Option<DateTime<Utc>>,
    password_hash: Option<String>,
    full_name: Option<String>,
    phone: Option<String>,
    locale: String,
    marketing_opt_in: bool,
    role: String,
    status: String,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Row {
    fn user(self) -> Result<User, sqlx::Error> {
        let role = self.role.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        let status = match self.status.as_str() {
            "active" => Status::Active,
            // Whatever else a later version writes: it does not sign in here.
            _ => Status::Suspended,
        };
        Ok(User {
            id: self.id.into(),
            email: self.email,
            email_verified_at: self.email_verified_at,
            password_hash: self.password_hash,
            full_name: self.full_name,
            phone: self.phone,
            locale: self.locale,
            marketing_opt_in: self.marketing_opt_in,
            role,
            status,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// False when the address has an account.
pub async fn insert(
    conn: &mut PgConnection,
    user: &NewUser<'_>,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "INSERT INTO users (id, email, email_normalised, password_hash, full_name, phone, locale, role, status,
                            created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'active', $9, $9)
         ON CONFLICT (email_normalised) DO NOTHING",
        user.id.uuid(),
        user.email.written(),
        user.email.normalised(),
        user.password_hash,
        user.full_name,
        user.phone,
        user.locale,
        user.role.as_str(),
        now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The user with an id.
pub async fn by_id(executor: impl PgExecutor<'_>, id: UserId) -> Result<Option<User>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, email, email_verified_at, password_hash, full_name, phone, locale, marketing_opt_in, role, status,
                version, created_at, updated_at
         FROM users WHERE id = $1",
        id.uuid()
    )
    .fetch_optional(executor)
    .await?;
    row.map(Row::user).transpose()
}

/// The user with an address.
pub async fn by_email(
    executor: impl PgExecutor<'_>,
    email: &EmailAddress,
) -> Result<Option<User>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, email, email_verified_at, password_hash, full_name, phone, locale, marketing_opt_in, role, status,
                version, created_at, updated_at
         FROM users WHERE email_normalised = $1",
        email.normalised()
    )
    .fetch_optional(executor)
    .await?;
    row.map(Row::user).transpose()
}

/// The user, kept as it is until the transaction ends.
pub async fn lock(conn: &mut PgConnection, id: UserId) -> Result<Option<User>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, email, email_verified_at, password_hash, full_name, phone, locale, marketing_opt_in, role, status,
                version, created_at, updated_at
         FROM users WHERE id = $1 FOR NO KEY UPDATE",
        id.uuid()
    )
    .fetch_optional(conn)
    .await?;
    row.map(Row::user).transpose()
}

/// Marks the address as proven; the new version, or None when it was before.
pub async fn mark_verified(
    conn: &mut PgConnection,
    id: UserId,
    now: DateTime<Utc>,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        "UPDATE users SET email_verified_at = $2, version = version + 1, updated_at = greatest(updated_at, $2)
         WHERE id = $1 AND email_verified_at IS NULL RETURNING version",
        id.uuid(),
        now
    )
    .fetch_optional(conn)
    .await
}

/// Sets the password; the new version.
pub async fn set_password(
    conn: &mut PgConnection,
    id: UserId,
    password_hash: &str,
    now: DateTime<Utc>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        "UPDATE users SET password_hash = $2, version = version + 1, updated_at = greatest(updated_at, $3)
         WHERE id = $1 RETURNING version",
        id.uuid(),
        password_hash,
        now
    )
    .fetch_one(conn)
    .await
}

/// Makes an admin. A password that was set before the address was proven is forgotten: it may be anybody's.
pub async fn promote(conn: &mut PgConnection, id: UserId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE users SET role = 'admin', version = version + 1, updated_at = greatest(updated_at, $2),
                password_hash = CASE WHEN email_verified_at IS NULL THEN NULL ELSE password_hash END
         WHERE id = $1",
        id.uuid(),
        now
    )
    .execute(conn)
    .await
    .map(drop)
}
