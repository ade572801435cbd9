//! Reservations. What they do to stock is in the functions of the migration `…_reservations.sql`: a call is one round
//! trip and one transaction.

use cartwright_contracts::stock::{ReservationStatus, Shortage, StockLine};
use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// What became of a try to reserve.
pub enum Reserved {
    /// All lines are held.
    Made,
    /// Nothing was written: these lines are short, or (none) the reservation was there already.
    Not(Vec<Shortage>),
}

/// Holds all lines or none.
pub async fn reserve(
    pool: &PgPool,
    id: Uuid,
    lines: &[StockLine],
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Reserved, sqlx::Error> {
    let skus: Vec<String> = lines.iter().map(|line| line.sku.clone()).collect();
    let quantities: Vec<i64> = lines.iter().map(|line| line.quantity).collect();
    let row = sqlx::query!(
        r#"SELECT made AS "made!", shortages AS "shortages: Json<Vec<Shortage>>" FROM reserve_stock($1, $2, $3, $4, $5)"#,
        id,
        &skus,
        &quantities,
        expires_at,
        now,
    )
    .fetch_one(pool)
    .await?;
    if row.made { Ok(Reserved::Made) } else { Ok(Reserved::Not(unwrap(row.shortages))) }
}

/// A reservation with its lines.
pub struct Stored {
    pub status: ReservationStatus,
    pub expires_at: DateTime<Utc>,
    /// By sku.
    pub lines: Vec<StockLine>,
}

/// The reservation of that id.
pub async fn find(pool: &PgPool, id: Uuid) -> Result<Option<Stored>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT r.status, r.expires_at,
                  (SELECT json_agg(json_build_object('sku', l.sku, 'quantity', l.quantity) ORDER BY l.sku)
                   FROM reservation_lines l WHERE l.reservation_id = r.id) AS "lines: Json<Vec<StockLine>>"
           FROM reservations r WHERE r.id = $1"#,
        id
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        Ok(Stored { status: status(&row.status)?, expires_at: row.expires_at, lines: unwrap(row.lines) })
    })
    .transpose()
}

/// What a commit found and did.
pub struct Committed {
    /// Before.
    pub status: ReservationStatus,
    pub expires_at: DateTime<Utc>,
    /// Of a reservation whose stock had gone back: what is no longer there. Then nothing was written.
    pub shortages: Vec<Shortage>,
}

/// Turns reserved stock into sold stock; stock that had gone back is taken again if all of it is there.
pub async fn commit(
    pool: &PgPool,
    id: Uuid,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<Option<Committed>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT status, expires_at AS "expires_at: DateTime<Utc>", shortages AS "shortages: Json<Vec<Shortage>>"
           FROM commit_stock($1, $2, $3)"#,
        id,
        actor,
        now,
    )
    .fetch_one(pool)
    .await?;
    let (Some(word), Some(expires_at)) = (row.status, row.expires_at) else { return Ok(None) };
    Ok(Some(Committed { status: status(&word)?, expires_at, shortages: unwrap(row.shortages) }))
}

/// Gives the stock of a reservation back when its status is one of `from`: what is held becomes available, what is sold
/// returns to the shelf with a row in the ledger. The answer is the status before.
pub async fn give_back(
    conn: &mut PgConnection,
    id: Uuid,
    from: &[ReservationStatus],
    actor: &str,
    now: DateTime<Utc>,
) -> Result<Option<(ReservationStatus, DateTime<Utc>)>, sqlx::Error> {
    let from: Vec<String> = from.iter().map(|status| word(*status).to_owned()).collect();
    let row = sqlx::query!(
        r#"SELECT status, expires_at AS "expires_at: DateTime<Utc>" FROM give_back_stock($1, $2, $3, $4)"#,
        id,
        &from,
        actor,
        now,
    )
    .fetch_one(conn)
    .await?;
    let (Some(word), Some(expires_at)) = (row.status, row.expires_at) else { return Ok(None) };
    Ok(Some((status(&word)?, expires_at)))
}

/// Gives back what up to `limit` overdue reservations hold; how many there were. Those that somebody is at are left to
/// the next round.
pub async fn expire(pool: &PgPool, now: DateTime<Utc>, limit: i64) -> Result<u64, sqlx::Error> {
    let expired = sqlx::query_scalar!(r#"SELECT expire_reservations($1, $2) AS "expired!""#, now, limit);
    Ok(expired.fetch_one(pool).await?.unsigned_abs())
}

fn unwrap<T>(list: Option<Json<Vec<T>>>) -> Vec<T> {
    list.map(|Json(list)| list).unwrap_or_default()
}

const fn word(status: ReservationStatus) -> &'static str {
    match status {
        ReservationStatus::Held => "held",
        ReservationStatus::Committed => "committed",
        ReservationStatus::Released => "released",
        ReservationStatus::Expired => "expired",
    }
}

fn status(word: &str) -> Result<ReservationStatus, sqlx::Error> {
    match word {
        "held" => Ok(ReservationStatus::Held),
        "committed" => Ok(ReservationStatus::Committed),
        "released" => Ok(ReservationStatus::Released),
        "expired" => Ok(ReservationStatus::Expired),
        // The column's CHECK rules it out.
        _ => Err(sqlx::Error::Decode("a reservation has an unknown status".into())),
    }
}
