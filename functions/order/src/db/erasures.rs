//! Erased users, and what their orders lose.

use cartwright_types::UserId;
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

/// Notes that a user was erased.
pub async fn request(conn: &mut PgConnection, user: UserId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO erasures (user_id, requested_at) VALUES ($1, $2) ON CONFLICT (user_id) DO NOTHING",
        user.uuid(),
        now
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Takes the person out of orders of erased users, all of them or one; how many it were. Country and state stay: the tax
/// depends on them. An order qualifies once it has ended, and not before its invoice is written if one is owed: that
/// needs the billing address.
pub async fn anonymise_orders(
    conn: &mut PgConnection,
    user: Option<UserId>,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let result = sqlx::query!(
        "WITH ended AS (
             SELECT o.id FROM erasures e JOIN orders o ON o.user_id = e.user_id
             WHERE ($1::uuid IS NULL OR e.user_id = $1) AND o.anonymised_at IS NULL
               AND o.status IN ('delivered', 'cancelled', 'expired')
               AND (EXISTS (SELECT 1 FROM invoices i WHERE i.order_id = o.id) OR NOT EXISTS
                    (SELECT 1 FROM order_events h WHERE h.order_id = o.id AND h.type = 'order.paid'))
             ORDER BY o.id FOR UPDATE OF o
         )
         UPDATE orders o SET
             shipping_address = jsonb_strip_nulls(jsonb_build_object(
                 'name', 'erased', 'line1', 'erased', 'city', 'erased', 'postal_code', 'erased',
                 'country', shipping_address->'country', 'state', shipping_address->'state')),
             billing_address = jsonb_strip_nulls(jsonb_build_object(
                 'name', 'erased', 'line1', 'erased', 'city', 'erased', 'postal_code', 'erased',
                 'country', billing_address->'country', 'state', billing_address->'state')),
             note = NULL, guest_email = NULL, guest_email_normalised = NULL, guest_locale = NULL, order_token_hash = NULL,
             order_token_expires_at = NULL, anonymised_at = $2, updated_at = $2, version = version + 1
         FROM ended WHERE o.id = ended.id",
        user.map(UserId::uuid),
        now
    )
    .execute(conn)
    .await?;
    Ok(result.rows_affected())
}

/// Removes the answers that are kept for replays of a user's requests, and of those that placed their orders before these were
/// theirs: they hold whole orders. The idempotency key of a
/// request that is still running stays, and goes after a day as all do.
pub async fn forget_answers(conn: &mut PgConnection, user: UserId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM idempotency_keys WHERE body IS NOT NULL
           AND (scope = $1 OR resource_id IN (SELECT id FROM orders WHERE user_id = $2))",
        format!("user:{user}"),
        user.uuid()
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Forgets erasures from before `before` that have nothing left to do.
pub async fn close(pool: &PgPool, before: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM erasures e WHERE requested_at < $1
           AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.user_id = e.user_id AND o.anonymised_at IS NULL)",
        before
    )
    .execute(pool)
    .await
    .map(drop)
}
