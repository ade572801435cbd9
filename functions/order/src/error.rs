//! What a use case can fail with when it is nobody's fault, and how the edge tells it.

use cartwright_runtime::chain;
use cartwright_web::Problem;
use cartwright_web::client::CallError;
use thiserror::Error;

use crate::clients::carts::CartError;
use crate::clients::payments::ProviderError;
use crate::clients::storage::StorageError;

/// A dependency failed. Every use case can be run again.
#[derive(Debug, Error)]
pub enum Failure {
    /// PostgreSQL.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// Another service.
    #[error("a call to another service failed")]
    Call(#[from] CallError),
    /// The cart's table.
    #[error("the cart could not be read or written")]
    Cart(#[from] CartError),
    /// A payment provider.
    #[error("the payment provider failed")]
    Provider(#[from] ProviderError),
    /// S3.
    #[error("the invoice could not be stored or read")]
    Storage(#[from] StorageError),
    /// A row holds what no version of this program writes.
    #[error("stored data is not what it should be: {0}")]
    Data(&'static str),
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match &failure {
            Failure::Database(sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) | sqlx::Error::PoolClosed)
            | Failure::Call(CallError::Unavailable(_))
            | Failure::Cart(_)
            | Failure::Provider(_)
            | Failure::Storage(_) => {
                tracing::warn!(error = chain(&failure), "a dependency is not available");
                Self::unavailable()
            }
            Failure::Database(_) | Failure::Call(_) | Failure::Data(_) => Self::internal(&failure),
        }
    }
}
