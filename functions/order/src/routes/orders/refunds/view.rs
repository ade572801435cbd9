//! A refund as staff see it.

use cartwright_types::{Currency, Money};
use cartwright_web::openapi::words;
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::refunds::RefundRow;
use crate::domain::refund::RefundState;
use crate::error::Failure;

/// Money that goes back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Refund)]
pub struct RefundView {
    /// Its id.
    pub id: Uuid,
    /// Of which payment.
    pub payment_id: Uuid,
    /// How much.
    pub amount: Money,
    /// `pending`: it counts until it fails.
    #[schema(schema_with = statuses)]
    pub status: &'static str,
    /// Why.
    pub reason: String,
    /// For which lines; empty when it names none.
    pub lines: Vec<RefundLineView>,
    /// The lines' goods go back on the shelf when the money is back.
    pub restock: bool,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
}

/// A line of a refund.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RefundLine)]
pub struct RefundLineView {
    /// Which line of the order.
    pub line_id: Uuid,
    /// How many of it.
    #[schema(minimum = 1, maximum = 9999)]
    pub quantity: i32,
}

fn statuses() -> utoipa::openapi::Object {
    words("`pending`: it counts until it fails.", &["pending", "succeeded", "failed"])
}

pub(super) fn view(refund: RefundRow, currency: &str) -> Result<RefundView, Failure> {
    let currency: Currency = currency.parse().map_err(|_| Failure::Data("unknown currency"))?;
    let status: RefundState = refund.status.parse().map_err(|_| Failure::Data("unknown refund status"))?;
    let lines = refund.lines.map(|Json(lines)| lines).unwrap_or_default();
    Ok(RefundView {
        id: refund.id,
        payment_id: refund.payment_id,
        amount: Money::new(refund.amount, currency),
        status: status.public(),
        reason: refund.reason,
        lines: lines
            .into_iter()
            .map(|line| RefundLineView { line_id: line.line_id, quantity: line.quantity })
            .collect(),
        restock: refund.restock,
        created_at: refund.created_at,
    })
}
