//! Promotions, and which orders have them.

use std::collections::HashMap;

use cartwright_types::{OrderId, UserId};
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::promotion::{Effect, Promotion};

/// No two promotions have one code.
pub const CODE_TAKEN: &str = "promotions_code";
/// Not more redemptions than the promotion allows.
pub const LIMIT: &str = "promotions_limit";

/// A promotion as it is stored.
#[derive(Debug, Clone)]
pub struct StoredPromotion {
    /// Its id.
    pub id: Uuid,
    /// What it is.
    pub promotion: Promotion,
    /// How many orders have it.
    pub redeemed: i32,
    /// Goes up with every change that staff make.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When staff changed it last.
    pub updated_at: DateTime<Utc>,
}

/// Whose redemptions are counted together.
#[derive(Debug, Clone, Copy)]
pub enum Holder<'a> {
    /// An account's.
    User(UserId),
    /// Those of guests with one address, normalised.
    Guest(&'a str),
}

struct Row {
    id: Uuid,
    code: String,
    kind: String,
    percent_off: Option<i32>,
    amount_off: Option<i64>,
    max_redemptions: Option<i32>,
    max_per_customer: Option<i32>,
    starts_at: Option<DateTime<Utc>>,
    ends_at: Option<DateTime<Utc>>,
    redeemed: i32,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Row> for StoredPromotion {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let effect = match (row.kind.as_str(), row.percent_off, row.amount_off) {
            ("percent", Some(percent), None) => Effect::Percent(percent),
            ("fixed", None, Some(amount)) => Effect::Fixed(amount),
            ("free_shipping", None, None) => Effect::FreeShipping,
            (kind, ..) => return Err(sqlx::Error::Decode(format!("{kind} is no kind of promotion").into())),
        };
        Ok(Self {
            id: row.id,
            promotion: Promotion {
                code: row.code,
                effect,
                max_redemptions: row.max_redemptions,
                max_per_customer: row.max_per_customer,
                starts_at: row.starts_at,
                ends_at: row.ends_at,
            },
            redeemed: row.redeemed,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// `SELECT` of all columns, with the rest of the statement.
macro_rules! select {
    ($rest:literal, $($argument:expr),*) => {
        sqlx::query_as!(
            Row,
            "SELECT id, code, kind, percent_off, amount_off, max_redemptions, max_per_customer, starts_at, ends_at, redeemed,
                    version, created_at, updated_at
             FROM promotions " + $rest,
            $($argument),*
        )
    };
}

fn stored(rows: Vec<Row>) -> Result<Vec<StoredPromotion>, sqlx::Error> {
    rows.into_iter().map(StoredPromotion::try_from).collect()
}

/// Some, by code, after the one with a code.
pub async fn list(
    executor: impl PgExecutor<'_>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<StoredPromotion>, sqlx::Error> {
    let rows = select!(
        r#"WHERE $1::text IS NULL OR lower(code COLLATE "C") > lower($1 COLLATE "C")
           ORDER BY lower(code COLLATE "C") LIMIT $2"#,
        after,
        limit
    );
    stored(rows.fetch_all(executor).await?)
}

/// One of them.
pub async fn get(executor: impl PgExecutor<'_>, id: Uuid) -> Result<Option<StoredPromotion>, sqlx::Error> {
    select!("WHERE id = $1", id).fetch_optional(executor).await?.map(StoredPromotion::try_from).transpose()
}

/// One of them, locked until the transaction ends.
pub async fn lock(conn: &mut PgConnection, id: Uuid) -> Result<Option<StoredPromotion>, sqlx::Error> {
    select!("WHERE id = $1 FOR UPDATE", id)
        .fetch_optional(conn)
        .await?
        .map(StoredPromotion::try_from)
        .transpose()
}

/// Those with these codes, in any case.
pub async fn by_codes(
    executor: impl PgExecutor<'_>,
    codes: &[String],
) -> Result<Vec<StoredPromotion>, sqlx::Error> {
    let rows = select!(
        r#"WHERE lower(code COLLATE "C") IN (SELECT lower(wanted COLLATE "C") FROM unnest($1::text[]) AS w (wanted))"#,
        codes
    );
    stored(rows.fetch_all(executor).await?)
}

/// Adds one.
pub async fn insert(
    conn: &mut PgConnection,
    id: Uuid,
    promotion: &Promotion,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let (percent_off, amount_off) = columns(promotion.effect);
    sqlx::query!(
        "INSERT INTO promotions (id, code, kind, percent_off, amount_off, max_redemptions, max_per_customer, starts_at,
             ends_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
        id,
        promotion.code,
        promotion.effect.kind(),
        percent_off,
        amount_off,
        promotion.max_redemptions,
        promotion.max_per_customer,
        promotion.starts_at,
        promotion.ends_at,
        now
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Replaces one.
pub async fn update(
    conn: &mut PgConnection,
    id: Uuid,
    promotion: &Promotion,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let (percent_off, amount_off) = columns(promotion.effect);
    sqlx::query!(
        "UPDATE promotions SET code = $2, kind = $3, percent_off = $4, amount_off = $5, max_redemptions = $6,
             max_per_customer = $7, starts_at = $8, ends_at = $9, version = version + 1,
             updated_at = greatest(updated_at, $10)
         WHERE id = $1",
        id,
        promotion.code,
        promotion.effect.kind(),
        percent_off,
        amount_off,
        promotion.max_redemptions,
        promotion.max_per_customer,
        promotion.starts_at,
        promotion.ends_at,
        now
    )
    .execute(conn)
    .await
    .map(drop)
}

const fn columns(effect: Effect) -> (Option<i32>, Option<i64>) {
    match effect {
        Effect::Percent(percent) => (Some(percent), None),
        Effect::Fixed(amount) => (None, Some(amount)),
        Effect::FreeShipping => (None, None),
    }
}

/// Removes one, with the list of orders that have it; those have a copy of its code and of what it took off.
pub async fn delete(conn: &mut PgConnection, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM promotions WHERE id = $1", id).execute(conn).await.map(drop)
}

/// The first of these promotions that a buyer cannot have once more. Whose an order is says the order alone, so that one
/// which changes hands counts for its new owner.
pub async fn used_up<'p>(
    executor: impl PgExecutor<'_>,
    promotions: &'p [StoredPromotion],
    holder: Holder<'_>,
) -> Result<Option<&'p StoredPromotion>, sqlx::Error> {
    let limited: Vec<Uuid> = promotions
        .iter()
        .filter(|stored| stored.promotion.max_per_customer.is_some())
        .map(|stored| stored.id)
        .collect();
    let (user, email) = match holder {
        Holder::User(id) => (Some(id.uuid()), None),
        Holder::Guest(email) => (None, Some(email)),
    };
    let mut held = HashMap::new();
    if !limited.is_empty() {
        let rows = sqlx::query!(
            r#"SELECT r.promotion_id, count(*) AS "orders!"
               FROM orders o JOIN promotion_redemptions r ON r.order_id = o.id
               WHERE (o.user_id = $2 OR o.user_id IS NULL AND o.guest_email_normalised = $3)
                 AND r.promotion_id = ANY($1) GROUP BY r.promotion_id"#,
            &limited,
            user,
            email
        );
        held.extend(rows.fetch_all(executor).await?.into_iter().map(|row| (row.promotion_id, row.orders)));
    }
    let has_room = |stored: &StoredPromotion| {
        let own = held.get(&stored.id).copied().unwrap_or(0);
        stored.promotion.max_redemptions.is_none_or(|most| stored.redeemed < most)
            && stored.promotion.max_per_customer.is_none_or(|most| own < i64::from(most))
    };
    Ok(promotions.iter().find(|stored| !has_room(stored)))
}

/// Redeems promotions for an order that is new in this transaction; false, and nothing is redeemed, when one of them is used
/// up or gone. Their rows are locked in the order of their ids: nobody else redeems them until the transaction ends.
pub async fn redeem(
    conn: &mut PgConnection,
    order: OrderId,
    holder: Holder<'_>,
    ids: &[Uuid],
) -> Result<bool, sqlx::Error> {
    if ids.is_empty() {
        return Ok(true);
    }
    let rows = select!("WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE", ids).fetch_all(&mut *conn).await?;
    let promotions = stored(rows)?;
    // Looked at under the locks, by a statement of its own: it sees what was committed before them.
    if promotions.len() < ids.len() || used_up(&mut *conn, &promotions, holder).await?.is_some() {
        return Ok(false);
    }
    sqlx::query!(
        "WITH redeemed AS (
             INSERT INTO promotion_redemptions (order_id, promotion_id) SELECT $1, unnest($2::uuid[]) RETURNING promotion_id
         )
         UPDATE promotions SET redeemed = redeemed + 1 FROM redeemed WHERE id = redeemed.promotion_id",
        order.uuid(),
        ids
    )
    .execute(conn)
    .await?;
    Ok(true)
}

/// Frees the promotions of an order that is cancelled or expires in this transaction, which holds the order's lock. Once
/// they are free there is nothing left to do.
pub async fn free(conn: &mut PgConnection, order: OrderId) -> Result<(), sqlx::Error> {
    let locked = sqlx::query_scalar!(
        "SELECT p.id FROM promotions p JOIN promotion_redemptions r ON r.promotion_id = p.id
         WHERE r.order_id = $1 ORDER BY p.id FOR NO KEY UPDATE OF p",
        order.uuid()
    );
    if locked.fetch_all(&mut *conn).await?.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "WITH freed AS (DELETE FROM promotion_redemptions WHERE order_id = $1 RETURNING promotion_id)
         UPDATE promotions SET redeemed = redeemed - 1 FROM freed WHERE id = freed.promotion_id",
        order.uuid()
    )
    .execute(conn)
    .await
    .map(drop)
}
