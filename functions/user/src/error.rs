//! From what went wrong inside to what a client hears.

use cartwright_web::Problem;
use thiserror::Error;

use crate::crypto::hasher::Busy;

/// What can go wrong anywhere and is not the client's doing.
#[derive(Debug, Error)]
pub enum Failure {
    /// PostgreSQL said no, or nothing.
    #[error("database")]
    Database(#[from] sqlx::Error),
    /// Too many passwords are being hashed.
    #[error("password hashing is saturated")]
    Busy(#[from] Busy),
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Busy(_) => {
                tracing::warn!("password hashing is saturated");
                Self::unavailable()
            }
            Failure::Database(
                error @ (sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_)),
            ) => {
                tracing::error!(%error, "the database does not answer");
                Self::unavailable()
            }
            Failure::Database(error) => Self::internal(&error),
        }
    }
}

/// A mailed token that cannot be spent. Unknown, used, superseded, expired: nobody is told which.
pub fn invalid_token() -> Problem {
    Problem::bad_request("invalid_token").detail("This link is not valid any more. Ask for a new one.")
}
