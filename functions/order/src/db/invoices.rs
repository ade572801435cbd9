//! Invoices and their gap-free numbers.

use cartwright_types::OrderId;
use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::invoice::InvoiceDocument;

/// An invoice's row.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the columns of the table, described in its migration")]
pub struct InvoiceRow {
    pub id: Uuid,
    pub number: String,
    pub document: Json<InvoiceDocument>,
    pub s3_key: String,
    pub issued_at: Option<DateTime<Utc>>,
}

/// An order's invoice.
pub async fn of_order(pool: &PgPool, order: OrderId) -> Result<Option<InvoiceRow>, sqlx::Error> {
    sqlx::query_as!(
        InvoiceRow,
        r#"SELECT id, number, document AS "document: Json<InvoiceDocument>", s3_key, issued_at
           FROM invoices WHERE order_id = $1"#,
        order.uuid()
    )
    .fetch_optional(pool)
    .await
}

/// What the invoices of some orders say, with their order's id.
pub async fn of_orders(pool: &PgPool, orders: &[Uuid]) -> Result<Vec<(Uuid, InvoiceDocument)>, sqlx::Error> {
    sqlx::query!(
        r#"SELECT order_id, document AS "document: Json<InvoiceDocument>" FROM invoices WHERE order_id = ANY($1)"#,
        orders
    )
    .map(|row| (row.order_id, row.document.0))
    .fetch_all(pool)
    .await
}

/// Takes the next number of a series and year. Whoever takes it writes the invoice in the same transaction, or nobody has
/// it: the row stays locked until then.
pub async fn next_number(conn: &mut PgConnection, series: &str, year: i32) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        "INSERT INTO invoice_series AS s (series, year, last_number) VALUES ($1, $2, 1)
         ON CONFLICT (series, year) DO UPDATE SET last_number = s.last_number + 1 RETURNING last_number",
        series,
        year
    )
    .fetch_one(conn)
    .await
}

/// Where a new invoice goes.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the columns of the table, described in its migration")]
pub struct NewInvoice {
    pub id: Uuid,
    pub order_id: OrderId,
    pub series: &'static str,
    pub year: i32,
    pub sequence: i64,
    pub document: InvoiceDocument,
    pub s3_key: String,
    pub created_at: DateTime<Utc>,
}

/// Whether the order has an invoice; the caller holds the order's lock.
pub async fn exists(conn: &mut PgConnection, order: OrderId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM invoices WHERE order_id = $1) AS "exists!""#,
        order.uuid()
    )
    .fetch_one(conn)
    .await
}

/// Adds an invoice.
pub async fn insert(conn: &mut PgConnection, invoice: &NewInvoice) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO invoices (id, order_id, series, year, sequence, number, document, s3_key, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        invoice.id,
        invoice.order_id.uuid(),
        invoice.series,
        invoice.year,
        invoice.sequence,
        invoice.document.number,
        Json(&invoice.document) as _,
        invoice.s3_key,
        invoice.created_at
    )
    .execute(conn)
    .await
    .map(drop)
}

/// Marks it as issued; false: it was.
pub async fn mark_issued(conn: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let result =
        sqlx::query!("UPDATE invoices SET issued_at = $2 WHERE id = $1 AND issued_at IS NULL", id, now)
            .execute(conn)
            .await?;
    Ok(result.rows_affected() == 1)
}
