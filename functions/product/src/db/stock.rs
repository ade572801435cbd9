//! Stock that comes in.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// Begins the inventory of skus that have none, each with its row in the ledger; stock that is there stays as it is.
pub async fn begin(
    conn: &mut PgConnection,
    skus: &[String],
    on_hand: &[i64],
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "WITH fresh AS (
             INSERT INTO inventory (sku, on_hand)
             SELECT * FROM unnest($1::text[], $2::bigint[]) ON CONFLICT (sku) DO NOTHING RETURNING sku, on_hand
         )
         INSERT INTO inventory_movements (sku, quantity, cause, actor, occurred_at)
         SELECT sku, on_hand, 'load', $3, $4 FROM fresh WHERE on_hand > 0",
        skus,
        on_hand,
        actor,
        now,
    )
    .execute(conn)
    .await
    .map(drop)
}
