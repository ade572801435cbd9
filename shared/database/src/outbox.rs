//! The outbox: a message is a row of the transaction that made it true.

use cartwright_runtime::transport::{Destination, Outgoing};
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

use crate::Tx;

/// Adds a message to the transaction. `id` is the event's or command's own.
///
/// # Errors
/// The statement failed.
pub async fn append(tx: &mut Tx<'_>, id: Uuid, message: &Outgoing) -> Result<(), sqlx::Error> {
    let (kind, destination) = match &message.destination {
        Destination::Topic(name) => ("topic", name),
        Destination::Queue(name) => ("queue", name),
    };
    sqlx::query("INSERT INTO outbox (id, destination_kind, destination, body, attributes) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(kind)
        .bind(destination)
        .bind(&message.body)
        .bind(Json(&message.attributes))
        .execute(&mut **tx)
        .await?;
    tx.appended.push(message.event_type().to_owned());
    Ok(())
}

/// How many messages wait and for how many seconds the oldest has.
///
/// # Errors
/// The query failed.
pub async fn backlog(pool: &PgPool) -> Result<(i64, f64), sqlx::Error> {
    sqlx::query_as(
        "SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 FROM outbox",
    )
    .fetch_one(pool)
    .await
}

/// A leased row.
pub(crate) struct Leased {
    pub id: Uuid,
    pub attempts: i32,
    pub message: Outgoing,
}

type Row = (Uuid, String, String, String, Json<Vec<(String, String)>>, i32);

/// Leases up to `limit` rows for 30 seconds.
pub(crate) async fn lease(pool: &PgPool, limit: i64) -> Result<Vec<Leased>, sqlx::Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "UPDATE outbox SET claimed_until = now() + interval '30 seconds', attempts = attempts + 1
         WHERE id IN (SELECT id FROM outbox WHERE claimed_until < now() ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
         RETURNING id, destination_kind, destination, body, attributes, attempts",
    )
    .bind(limit)
    .fetch_all(pool)
    .await?;
    let mut leased: Vec<Leased> = rows.into_iter().map(Leased::from).collect();
    leased.sort_by_key(|row| row.id);
    Ok(leased)
}

impl From<Row> for Leased {
    fn from((id, kind, destination, body, Json(attributes), attempts): Row) -> Self {
        let destination =
            if kind == "topic" { Destination::Topic(destination) } else { Destination::Queue(destination) };
        Self { id, attempts, message: Outgoing { destination, body, attributes } }
    }
}

/// Removes rows that are sent.
pub(crate) async fn remove(pool: &PgPool, ids: &[Uuid]) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM outbox WHERE id = ANY($1)").bind(ids).execute(pool).await.map(drop)
}

/// Gives a row back, to be tried again after `seconds`.
pub(crate) async fn postpone(pool: &PgPool, id: Uuid, seconds: f64) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE outbox SET claimed_until = now() + make_interval(secs => $2) WHERE id = $1")
        .bind(id)
        .bind(seconds)
        .execute(pool)
        .await
        .map(drop)
}
