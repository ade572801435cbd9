//! A product service with one product and books in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use cartwright_contracts::stock::{
    Quote, QuoteRequest, QuoteResponse, Reservation, ReservationStatus, ReserveRequest,
};
use cartwright_types::{Clock as _, Currency, Money, ProductId, ReservationId, SystemClock};
use serde_json::json;

/// The price of a cup.
pub const PRICE: i64 = 1190;

#[derive(Clone, Default)]
pub struct Stock {
    reservations: Arc<Mutex<HashMap<ReservationId, ReservationStatus>>>,
    is_gone: Arc<Mutex<bool>>,
}

impl Stock {
    pub async fn serve(&self) -> String {
        let router = Router::new()
            .route("/internal/quotes", post(quotes))
            .route("/internal/reservations", post(reserve))
            .route("/internal/reservations/{id}/{how}", post(end))
            .with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        url
    }

    /// From now on no reservation can be committed.
    pub fn sell_out(&self) {
        *self.is_gone.lock().unwrap() = true;
    }

    pub fn status(&self, id: ReservationId) -> Option<ReservationStatus> {
        self.reservations.lock().unwrap().get(&id).copied()
    }
}

async fn quotes(Json(request): Json<QuoteRequest>) -> Json<QuoteResponse> {
    let quote = |sku| Quote {
        sku,
        product_id: ProductId::new(&SystemClock),
        name: "Cup".to_owned(),
        unit_price: Money::new(PRICE, Currency::EUR),
        tax_class: "standard".to_owned(),
        weight_grams: None,
        available: 1000,
    };
    Json(QuoteResponse { quotes: request.skus.into_iter().map(quote).collect() })
}

fn reservation(reservation_id: ReservationId, status: ReservationStatus) -> Response {
    Json(Reservation { reservation_id, status, expires_at: SystemClock.now() }).into_response()
}

async fn reserve(State(stock): State<Stock>, Json(request): Json<ReserveRequest>) -> Response {
    let mut all = stock.reservations.lock().unwrap();
    let status = *all.entry(request.reservation_id).or_insert(ReservationStatus::Held);
    reservation(request.reservation_id, status)
}

async fn end(State(stock): State<Stock>, Path((id, how)): Path<(ReservationId, String)>) -> Response {
    if how == "commit" && *stock.is_gone.lock().unwrap() {
        let problem = json!({ "code": "insufficient_stock", "lines": [] });
        return (StatusCode::CONFLICT, Json(problem)).into_response();
    }
    let status = if how == "commit" { ReservationStatus::Committed } else { ReservationStatus::Released };
    stock.reservations.lock().unwrap().insert(id, status);
    reservation(id, status)
}
