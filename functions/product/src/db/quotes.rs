//! Prices and stock of many skus at once.

use sqlx::PgPool;
use uuid::Uuid;

pub struct QuoteRow {
    pub sku: String,
    pub product_id: Uuid,
    pub name: String,
    pub price: i64,
    pub currency: String,
    pub tax_class: String,
    pub weight_grams: Option<i32>,
    pub available: i64,
}

/// What of `skus` is for sale.
pub async fn find(pool: &PgPool, skus: &[String]) -> Result<Vec<QuoteRow>, sqlx::Error> {
    // The variant is named only where there are several to tell apart.
    sqlx::query_as!(
        QuoteRow,
        r#"SELECT v.sku, p.id AS product_id, coalesce(v.price, p.price) AS "price!", p.currency, p.tax_class,
                  v.weight_grams, i.available AS "available!",
                  CASE WHEN v.name <> '' AND EXISTS (SELECT 1 FROM variants o WHERE o.product_id = p.id AND o.id <> v.id)
                       THEN p.name || ' – ' || v.name ELSE p.name END AS "name!"
           FROM variants v JOIN products p ON p.id = v.product_id JOIN inventory i ON i.sku = v.sku
           WHERE v.sku = ANY($1) AND p.status = 'active'"#,
        skus
    )
    .fetch_all(pool)
    .await
}
