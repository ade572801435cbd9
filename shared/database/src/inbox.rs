//! The inbox: a message's id is written in the transaction of its effect.

use sqlx::PgConnection;
use uuid::Uuid;

/// True when `consumer` sees the message for the first time; on false there is nothing left to do.
///
/// A concurrent transaction with the same message waits here until the first has ended.
///
/// # Errors
/// The statement failed.
pub async fn is_first(
    conn: &mut PgConnection,
    consumer: &str,
    message_id: Uuid,
) -> Result<bool, sqlx::Error> {
    let result =
        sqlx::query("INSERT INTO inbox (consumer, message_id) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(consumer)
            .bind(message_id)
            .execute(conn)
            .await?;
    Ok(result.rows_affected() == 1)
}
