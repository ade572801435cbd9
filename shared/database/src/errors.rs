//! From what PostgreSQL says to what it means.

use std::error::Error;

/// Whether `error` is a violation of the named constraint or unique index.
#[must_use]
pub fn violates(error: &sqlx::Error, constraint: &str) -> bool {
    error.as_database_error().and_then(|error| error.constraint()) == Some(constraint)
}

/// Whether the transaction would succeed if it were run again: a serialisation failure (40001) or a deadlock (40P01).
#[must_use]
pub fn is_retryable(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| (*error).source())
        .filter_map(|error| error.downcast_ref::<sqlx::Error>())
        .filter_map(sqlx::Error::as_database_error)
        .any(|error| matches!(error.code().as_deref(), Some("40001" | "40P01")))
}
