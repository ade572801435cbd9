//! From what went wrong inside to what a client hears.

use axum::http::StatusCode;
use cartwright_web::Problem;
use thiserror::Error;

use crate::clients::holders::HolderError;
use crate::crypto::hasher::Busy;
use crate::usecases::throttle::Throttled;

/// What can go wrong anywhere and is not the client's doing.
#[derive(Debug, Error)]
pub enum Failure {
    /// PostgreSQL said no, or nothing.
    #[error("database")]
    Database(#[from] sqlx::Error),
    /// Too many passwords are being hashed.
    #[error("password hashing is saturated")]
    Busy(#[from] Busy),
    /// Another service does not answer.
    #[error("another service")]
    Holder(#[from] HolderError),
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Busy(_) => {
                tracing::warn!("password hashing is saturated");
                Self::unavailable()
            }
            Failure::Holder(error) => {
                tracing::error!(error = cartwright_runtime::chain(&error), "an export is not complete");
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

impl From<Throttled> for Problem {
    fn from(throttled: Throttled) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited")
            .detail("Too many tries on this account or from this network; see Retry-After.")
            .retry_after(throttled.retry_after)
    }
}
