//! A statement that is a transaction of its own, run again when PostgreSQL asks for it.

use std::time::Duration;

use cartwright_database::is_retryable;
use cartwright_types::random;

/// How often it is tried before its failure is the caller's.
const ATTEMPTS: u32 = 5;

/// Runs `statement` until it succeeds or fails for another reason than a deadlock or a serialisation failure.
///
/// # Errors
/// The last one's.
pub async fn retried<T, F>(name: &'static str, statement: impl Fn() -> F) -> Result<T, sqlx::Error>
where
    F: Future<Output = Result<T, sqlx::Error>>,
{
    let mut attempt = 1;
    loop {
        match statement().await {
            Err(error) if attempt < ATTEMPTS && is_retryable(&error) => {
                tracing::info!(statement = name, attempt, "statement is run again");
                tokio::time::sleep(Duration::from_millis(1 + random::below(5_u64 << attempt))).await;
                attempt += 1;
            }
            result => return result,
        }
    }
}
