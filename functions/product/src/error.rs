//! From what PostgreSQL says to what a client hears.

use cartwright_web::Problem;

/// 503 when the database is away or busy, else 500. The log has the reason.
pub fn database(error: &sqlx::Error) -> Problem {
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => {
            tracing::error!(%error, "the database does not answer");
            Problem::unavailable()
        }
        _ => Problem::internal(error),
    }
}
