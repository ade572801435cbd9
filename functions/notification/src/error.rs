//! From what DynamoDB says to what a client hears.

use cartwright_web::Problem;

use crate::db::StoreError;

/// 503 when the table does not answer, 500 when a row cannot be read. The log has the reason.
pub fn store(error: &StoreError) -> Problem {
    match error {
        StoreError::Unavailable(cause) => {
            tracing::error!(%error, cause, "the notifications table does not answer");
            Problem::unavailable()
        }
        StoreError::Malformed(_) => Problem::internal(error),
    }
}
