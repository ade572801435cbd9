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
    sqlx::query_as!(
        QuoteRow,
        r#"SELECT sku AS "sku!", product_id AS "product_id!", name AS "name!", price AS "price!", currency AS "currency!",
                  tax_class AS "tax_class!", weight_grams, available AS "available!" FROM quotes($1)"#,
        skus
    )
    .fetch_all(pool)
    .await
}
