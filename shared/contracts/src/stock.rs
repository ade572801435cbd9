//! Quotes and reservations: `/internal/quotes` and `/internal/reservations` of the product service.

use cartwright_types::{Money, ProductId, ReservationId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// `POST /internal/quotes`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct QuoteRequest {
    /// At most 100.
    pub skus: Vec<String>,
}

/// The answer, in no order; a sku that is unknown or not for sale is missing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct QuoteResponse {
    /// What is for sale.
    pub quotes: Vec<Quote>,
}

/// What one sku costs now and how much there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Which.
    pub sku: String,
    /// Its product.
    pub product_id: ProductId,
    /// The product's name, with the variant's where there are several.
    pub name: String,
    /// For one.
    pub unit_price: Money,
    /// `standard`, `reduced`, …
    pub tax_class: String,
    /// One weighs so much; nothing is known if absent.
    #[serde(default)]
    pub weight_grams: Option<i32>,
    /// How many can be reserved now.
    pub available: i64,
}

/// A quantity of one sku.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockLine {
    /// Which.
    pub sku: String,
    /// How many, 1 or more.
    pub quantity: i64,
}

/// `POST /internal/reservations`: all lines or none; idempotent by `reservation_id` (200 with what is reserved).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReserveRequest {
    /// Equal to the order's id.
    pub reservation_id: ReservationId,
    /// Each sku once.
    pub lines: Vec<StockLine>,
    /// Seconds.
    pub expires_in: u32,
}

/// A reservation's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReservationStatus {
    /// The stock waits for its payment.
    Held,
    /// The stock is sold.
    Committed,
    /// The stock went back because somebody said so.
    Released,
    /// The stock went back because nobody came.
    Expired,
}

/// The answer of reserve (201, or 200 when it was there), `commit` and `release` (200).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// Equal to the order's id.
    pub reservation_id: ReservationId,
    /// Where it stands.
    pub status: ReservationStatus,
    /// When a held one ends.
    pub expires_at: DateTime<Utc>,
}

/// A line that cannot be had: the `lines` of the problem `insufficient_stock` (409).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortage {
    /// Which.
    pub sku: String,
    /// How many were asked for.
    pub requested: i64,
    /// How many there are; 0 for a sku that is not known or not for sale.
    pub available: i64,
}
