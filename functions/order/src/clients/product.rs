//! The product service: quotes and reservations.

use axum::http::{Method, StatusCode};
use cartwright_contracts::stock::{
    Quote, QuoteRequest, QuoteResponse, Reservation, ReserveRequest, Shortage, StockLine,
};
use cartwright_types::{OrderId, ReservationId};
use cartwright_web::client::{CallError, InternalClient};

/// The product service.
pub struct Products {
    client: InternalClient,
}

/// How a reservation or its commit ended.
#[derive(Debug)]
pub enum StockOutcome {
    /// The stock is the order's.
    Ok,
    /// These lines are short.
    Short(Vec<Shortage>),
    /// The order's reservation holds other lines: the cart changed between two tries of one request.
    Mismatch,
    /// The order is over, and its stock went back for good.
    Ended,
}

/// A held reservation ends by itself after this many seconds; the order releases it before.
const SAFETY_NET_SECONDS: u32 = 1800;

impl Products {
    /// A client.
    #[must_use]
    pub const fn new(client: InternalClient) -> Self {
        Self { client }
    }

    /// Prices, tax classes and availability; what is not for sale is missing.
    ///
    /// # Errors
    /// The service did not answer.
    pub async fn quotes(&self, skus: Vec<String>) -> Result<Vec<Quote>, CallError> {
        if skus.is_empty() {
            return Ok(Vec::new());
        }
        let request = QuoteRequest { skus };
        let answer: QuoteResponse =
            self.client.call(Method::POST, "/internal/quotes", "quotes", Some(&request)).await?;
        Ok(answer.quotes)
    }

    /// Reserves all lines or none; the order's id makes it idempotent.
    ///
    /// # Errors
    /// The service did not answer.
    pub async fn reserve(&self, order: OrderId, lines: Vec<StockLine>) -> Result<StockOutcome, CallError> {
        let request = ReserveRequest {
            reservation_id: ReservationId(order.uuid()),
            lines,
            expires_in: SAFETY_NET_SECONDS,
        };
        let answer =
            self.client.call(Method::POST, "/internal/reservations", "reservations", Some(&request)).await;
        outcome(answer)
    }

    /// Makes the reservation final; an expired one is taken again if there is stock.
    ///
    /// # Errors
    /// The service did not answer.
    pub async fn commit(&self, order: OrderId) -> Result<StockOutcome, CallError> {
        self.end(order, "commit").await
    }

    /// Gives the stock back, if any was reserved.
    ///
    /// # Errors
    /// The service did not answer.
    pub async fn release(&self, order: OrderId) -> Result<StockOutcome, CallError> {
        match self.end(order, "release").await {
            Err(CallError::Refused { status: StatusCode::NOT_FOUND, .. }) => Ok(StockOutcome::Ok),
            other => other,
        }
    }

    async fn end(&self, order: OrderId, how: &str) -> Result<StockOutcome, CallError> {
        let path = format!("/internal/reservations/{order}/{how}");
        outcome(self.client.call::<(), _>(Method::POST, &path, "reservations", None).await)
    }
}

fn outcome(answer: Result<Reservation, CallError>) -> Result<StockOutcome, CallError> {
    match answer {
        Ok(_) => Ok(StockOutcome::Ok),
        Err(CallError::Refused { status: StatusCode::CONFLICT, code, problem })
            if code == "insufficient_stock" =>
        {
            let lines = problem.get("lines").cloned().unwrap_or_default();
            Ok(StockOutcome::Short(serde_json::from_value(lines).unwrap_or_default()))
        }
        Err(CallError::Refused { code, .. }) if code == "reservation_mismatch" => Ok(StockOutcome::Mismatch),
        Err(CallError::Refused { code, .. }) if code == "reservation_ended" => Ok(StockOutcome::Ended),
        Err(error) => Err(error),
    }
}
