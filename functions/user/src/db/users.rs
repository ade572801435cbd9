//! `users`

use cartwright_types::{EmailAddress, Role, UserId};
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor, PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::domain::email_problem::EmailProblem;
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

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    email: String,
    pending_email: Option<String>,
    email_verified_at: Option<DateTime<Utc>>,
    email_problem: Option<String>,
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
        // Whatever else a later version writes: it does not sign in here.
        let status = self.status.parse().unwrap_or(Status::Suspended);
        Ok(User {
            id: self.id.into(),
            email: self.email,
            pending_email: self.pending_email,
            email_verified_at: self.email_verified_at,
            // A word of a later version says nothing here.
            email_problem: self.email_problem.and_then(|word| word.parse().ok()),
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

/// `SELECT` of all columns, with the rest of the statement.
macro_rules! select {
    ($rest:literal, $($argument:expr),*) => {
        sqlx::query_as!(
            Row,
            "SELECT id, email, pending_email, email_verified_at, email_problem, password_hash, full_name, phone,
                    locale, marketing_opt_in, role, status, version, created_at, updated_at
             FROM users " + $rest,
            $($argument),*
        )
    };
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
    let row = select!("WHERE id = $1", id.uuid()).fetch_optional(executor).await?;
    row.map(Row::user).transpose()
}

/// The user with an address.
pub async fn by_email(
    executor: impl PgExecutor<'_>,
    email: &EmailAddress,
) -> Result<Option<User>, sqlx::Error> {
    let row = select!("WHERE email_normalised = $1", email.normalised()).fetch_optional(executor).await?;
    row.map(Row::user).transpose()
}

/// The user, kept as it is until the transaction ends.
pub async fn lock(conn: &mut PgConnection, id: UserId) -> Result<Option<User>, sqlx::Error> {
    let row = select!("WHERE id = $1 FOR NO KEY UPDATE", id.uuid()).fetch_optional(conn).await?;
    row.map(Row::user).transpose()
}

/// Marks the address as proven, and so as one that mail arrives at; the new version.
pub async fn mark_verified(
    conn: &mut PgConnection,
    id: UserId,
    now: DateTime<Utc>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        "UPDATE users SET email_verified_at = $2, email_problem = NULL, version = version + 1,
                updated_at = greatest(updated_at, $2)
         WHERE id = $1 RETURNING version",
        id.uuid(),
        now
    )
    .fetch_one(conn)
    .await
}

/// Notes why mail to the address is of no use.
pub async fn set_email_problem(
    conn: &mut PgConnection,
    id: UserId,
    problem: EmailProblem,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE users SET email_problem = $2, version = version + 1, updated_at = greatest(updated_at, $3)
         WHERE id = $1",
        id.uuid(),
        problem.as_str(),
        now
    )
    .execute(conn)
    .await
    .map(drop)
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

/// What a profile is to be.
pub struct Profile<'a> {
    /// As mail is sent to it; the same address as before, in other letters.
    pub email: &'a str,
    pub full_name: Option<&'a str>,
    pub phone: Option<&'a str>,
    pub locale: &'a str,
    pub marketing_opt_in: bool,
    pub role: Role,
    pub status: Status,
    /// None: the address stays.
    pub pending: Option<&'a EmailAddress>,
}

/// Replaces what may be changed of a user.
pub async fn update(
    conn: &mut PgConnection,
    id: UserId,
    profile: &Profile<'_>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE users SET email = $2, full_name = $3, phone = $4, locale = $5, marketing_opt_in = $6, role = $7,
                status = $8, pending_email = $9, pending_email_normalised = $10, version = version + 1,
                updated_at = greatest(updated_at, $11)
         WHERE id = $1",
        id.uuid(),
        profile.email,
        profile.full_name,
        profile.phone,
        profile.locale,
        profile.marketing_opt_in,
        profile.role.as_str(),
        profile.status.as_str(),
        profile.pending.map(EmailAddress::written),
        profile.pending.map(EmailAddress::normalised),
        now
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Puts the pending address in the place of the present one, proven. The new version; None when none is pending. A unique
/// violation when another account has it by now.
pub async fn take_pending_email(
    conn: &mut PgConnection,
    id: UserId,
    now: DateTime<Utc>,
) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar!(
        "UPDATE users SET email = pending_email, email_normalised = pending_email_normalised, email_verified_at = $2,
                email_problem = NULL, pending_email = NULL, pending_email_normalised = NULL, version = version + 1,
                updated_at = greatest(updated_at, $2)
         WHERE id = $1 AND pending_email IS NOT NULL RETURNING version",
        id.uuid(),
        now
    )
    .fetch_optional(conn)
    .await
}

/// Stores the same password under stronger parameters, unless it was changed meanwhile.
pub async fn rehash(
    executor: impl PgExecutor<'_>,
    id: UserId,
    before: &str,
    after: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2",
        id.uuid(),
        before,
        after
    )
    .execute(executor)
    .await
    .map(drop)
}

/// Removes a user, with all that refers to them.
pub async fn delete(conn: &mut PgConnection, id: UserId) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM users WHERE id = $1", id.uuid()).execute(conn).await.map(drop)
}

/// Which users staff look for.
pub struct UserFilter {
    pub email: Option<EmailAddress>,
    pub role: Option<Role>,
    pub status: Option<Status>,
    pub email_problem: Option<EmailProblem>,
    /// Part of address or name, in any case.
    pub part: Option<String>,
    pub created_from: Option<DateTime<Utc>>,
    pub created_to: Option<DateTime<Utc>>,
    pub oldest_first: bool,
    pub after: Option<(DateTime<Utc>, Uuid)>,
}

/// Users, by when they registered. Put together from the filters that are set, so that each has its own plan.
pub async fn list(pool: &PgPool, filter: &UserFilter, limit: i64) -> Result<Vec<User>, sqlx::Error> {
    let mut query = QueryBuilder::<Postgres>::new(
        "SELECT id, email, pending_email, email_verified_at, email_problem, password_hash, full_name, phone,
                locale, marketing_opt_in, role, status, version, created_at, updated_at
         FROM users WHERE true",
    );
    if let Some(email) = &filter.email {
        query.push(" AND email_normalised = ").push_bind(email.normalised());
    }
    if let Some(role) = filter.role {
        query.push(" AND role = ").push_bind(role.as_str());
    }
    if let Some(status) = filter.status {
        query.push(" AND status = ").push_bind(status.as_str());
    }
    if let Some(problem) = filter.email_problem {
        query.push(" AND email_problem = ").push_bind(problem.as_str());
    }
    if let Some(part) = &filter.part {
        query
            .push(" AND (email_normalised || ' ' || lower(coalesce(full_name, ''))) LIKE ")
            .push_bind(containing(part));
    }
    if let Some(from) = filter.created_from {
        query.push(" AND created_at >= ").push_bind(from);
    }
    if let Some(to) = filter.created_to {
        query.push(" AND created_at < ").push_bind(to);
    }
    let (comparison, order) =
        if filter.oldest_first { (">", "created_at, id") } else { ("<", "created_at DESC, id DESC") };
    if let Some((created_at, id)) = filter.after {
        query.push(format!(" AND (created_at, id) {comparison} ("));
        query.push_bind(created_at).push(", ").push_bind(id).push(")");
    }
    query.push(format!(" ORDER BY {order} LIMIT ")).push_bind(limit);
    let rows: Vec<Row> = query.build_query_as().fetch_all(pool).await?;
    rows.into_iter().map(Row::user).collect()
}

/// A LIKE pattern for any text that contains `part`.
fn containing(part: &str) -> String {
    let mut pattern = String::from("%");
    for character in part.to_lowercase().chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_in_a_search_are_letters() {
        assert_eq!(containing(r"50%_\Ada"), r"%50\%\_\\ada%");
    }
}
