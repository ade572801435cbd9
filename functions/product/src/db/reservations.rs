//! Reservations. What they do to stock is in the functions of the migrations `…_reservations.sql` and
//! `…_inventory_writes.sql`: a call is one round trip and one transaction.

use std::collections::{BTreeSet, HashMap};

use cartwright_contracts::stock::{ReservationStatus, Shortage, StockLine};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// A reservation to be made.
pub struct Wanted {
    pub id: Uuid,
    /// Each sku once.
    pub lines: Vec<StockLine>,
    pub expires_at: DateTime<Utc>,
}

/// What became of a try to reserve.
#[derive(Debug, PartialEq, Eq)]
pub enum Reserved {
    /// All lines are held.
    Made,
    /// The id was there already: nothing was written.
    Known,
    /// These lines are short: nothing was written.
    Short(Vec<Shortage>),
}

/// A line that is short, of the reservation with that number (from 1).
#[derive(Debug, Deserialize)]
struct ShortLine {
    at: usize,
    #[serde(flatten)]
    shortage: Shortage,
}

/// Decides `wanted` in turn, each all lines or none, in one transaction; with the types of the events it wrote.
pub async fn reserve(
    pool: &PgPool,
    wanted: &[Wanted],
    now: DateTime<Utc>,
) -> Result<(Vec<Reserved>, Vec<String>), sqlx::Error> {
    let ids: Vec<Uuid> = wanted.iter().map(|one| one.id).collect();
    let expires_at: Vec<DateTime<Utc>> = wanted.iter().map(|one| one.expires_at).collect();
    let lines = Lines::of(wanted);
    let row = sqlx::query!(
        r#"SELECT made AS "made!", known AS "known!", shortages AS "shortages: Json<Vec<ShortLine>>",
                  told_events() AS "told!"
           FROM reserve_many($1, $2, $3, $4, $5, $6, $7)"#,
        &ids,
        &expires_at,
        &lines.ends,
        &lines.skus as &[&str],
        &lines.places,
        &lines.quantities,
        now,
    )
    .fetch_one(pool)
    .await?;
    let mut reserved: Vec<Reserved> = (row.made.into_iter().zip(row.known))
        .map(|outcome| match outcome {
            (true, _) => Reserved::Made,
            (false, true) => Reserved::Known,
            (false, false) => Reserved::Short(Vec::new()),
        })
        .collect();
    for ShortLine { at, shortage } in unwrap(row.shortages) {
        if let Some(Reserved::Short(shortages)) = reserved.get_mut(at - 1) {
            shortages.push(shortage);
        }
    }
    Ok((reserved, row.told))
}

/// The lines of many reservations as columns.
struct Lines<'a> {
    /// Where the lines of each reservation end, counted from 1.
    ends: Vec<i32>,
    /// Each once, sorted.
    skus: Vec<&'a str>,
    /// Of each line: its sku's place in `skus`, counted from 1.
    places: Vec<i32>,
    quantities: Vec<i64>,
}

impl<'a> Lines<'a> {
    fn of(wanted: &'a [Wanted]) -> Self {
        let all = || wanted.iter().flat_map(|one| &one.lines);
        let unique: BTreeSet<&str> = all().map(|line| line.sku.as_str()).collect();
        let place: HashMap<&str, i32> = unique.iter().copied().zip(1..).collect();
        let mut end = 0;
        Self {
            ends: wanted
                .iter()
                .map(|one| {
                    // A batch has some hundred lines.
                    end += i32::try_from(one.lines.len()).unwrap_or(i32::MAX);
                    end
                })
                .collect(),
            skus: unique.into_iter().collect(),
            places: all().map(|line| place[line.sku.as_str()]).collect(),
            quantities: all().map(|line| line.quantity).collect(),
        }
    }
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
#[derive(Clone)]
pub struct Committed {
    /// Before.
    pub status: ReservationStatus,
    pub expires_at: DateTime<Utc>,
    /// Of a reservation whose stock had gone back: what is no longer there. Then nothing was written.
    pub shortages: Vec<Shortage>,
    /// Its order is over. Then nothing was written.
    pub ended: bool,
}

/// Turns reserved stock into sold stock, for each reservation in the name of an actor; stock that had gone back is taken
/// again if all of it is there. What became of each (none: there is no such reservation), with the types of the events
/// that were written.
pub async fn commit(
    pool: &PgPool,
    requests: &[(Uuid, String)],
    now: DateTime<Utc>,
) -> Result<(Vec<Option<Committed>>, Vec<String>), sqlx::Error> {
    let (ids, actors): (Vec<Uuid>, Vec<&str>) =
        requests.iter().map(|(id, actor)| (*id, actor.as_str())).unzip();
    let rows = sqlx::query!(
        r#"SELECT id AS "id!", status AS "status!", expires_at AS "expires_at!: DateTime<Utc>",
                  shortages AS "shortages: Json<Vec<Shortage>>", ended AS "ended!", told_events() AS "told!"
           FROM commit_many($1, $2, $3)"#,
        &ids,
        &actors as &[&str],
        now,
    )
    .fetch_all(pool)
    .await?;
    let mut told = Vec::new();
    let mut found: HashMap<Uuid, Committed> = HashMap::with_capacity(rows.len());
    for row in rows {
        told = row.told;
        let committed = Committed {
            status: status(&row.status)?,
            expires_at: row.expires_at,
            shortages: unwrap(row.shortages),
            ended: row.ended,
        };
        found.insert(row.id, committed);
    }
    Ok((ids.iter().map(|id| found.get(id).cloned()).collect(), told))
}

/// What was to be given back.
pub struct GivenBack {
    /// Before.
    pub status: ReservationStatus,
    pub expires_at: DateTime<Utc>,
    /// The types of the events that this wrote.
    pub told: Vec<String>,
}

/// Gives the stock of a reservation back when its status is one of `from`: what is held becomes available, what is sold
/// returns to the shelf with a row in the ledger. Nothing where there is no such reservation.
pub async fn give_back(
    conn: &mut PgConnection,
    id: Uuid,
    from: &[ReservationStatus],
    actor: &str,
    now: DateTime<Utc>,
) -> Result<Option<GivenBack>, sqlx::Error> {
    let from: Vec<String> = from.iter().map(|status| word(*status).to_owned()).collect();
    let row = sqlx::query!(
        r#"SELECT status, expires_at AS "expires_at: DateTime<Utc>", told_events() AS "told!"
           FROM give_back_stock($1, $2, $3, $4)"#,
        id,
        &from,
        actor,
        now,
    )
    .fetch_one(conn)
    .await?;
    let (Some(word), Some(expires_at)) = (row.status, row.expires_at) else { return Ok(None) };
    Ok(Some(GivenBack { status: status(&word)?, expires_at, told: row.told }))
}

/// Gives back whatever a reservation has, held or sold, and keeps it from ever taking stock again: its order is over.
/// Nothing where there is no such reservation.
pub async fn end(
    conn: &mut PgConnection,
    id: Uuid,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<Option<GivenBack>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT status, expires_at AS "expires_at: DateTime<Utc>", told_events() AS "told!"
           FROM end_reservation($1, $2, $3)"#,
        id,
        actor,
        now,
    )
    .fetch_one(conn)
    .await?;
    let (Some(word), Some(expires_at)) = (row.status, row.expires_at) else { return Ok(None) };
    Ok(Some(GivenBack { status: status(&word)?, expires_at, told: row.told }))
}

/// Puts pieces of a sold reservation back on the shelf, of each sku at most what has not come back yet, with a `return` in
/// the ledger; the types of the events that this wrote.
pub async fn take_back(
    conn: &mut PgConnection,
    id: Uuid,
    lines: &[StockLine],
    actor: &str,
    now: DateTime<Utc>,
) -> Result<Vec<String>, sqlx::Error> {
    let (skus, quantities): (Vec<&str>, Vec<i64>) =
        lines.iter().map(|line| (line.sku.as_str(), line.quantity)).unzip();
    sqlx::query_scalar!(
        r#"SELECT told_events() AS "told!" FROM return_stock($1, $2, $3, $4, $5)"#,
        id,
        &skus as &[&str],
        &quantities,
        actor,
        now,
    )
    .fetch_one(conn)
    .await
}

/// Gives back what up to `limit` overdue reservations hold; how many there were. Those that somebody is at are left to
/// the next round. With the types of the events that this wrote.
pub async fn expire(
    pool: &PgPool,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<(u64, Vec<String>), sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT expired AS "expired!", told_events() AS "told!" FROM expire_reservations($1, $2) AS expired"#,
        now,
        limit
    );
    let row = row.fetch_one(pool).await?;
    Ok((row.expired.unsigned_abs(), row.told))
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
