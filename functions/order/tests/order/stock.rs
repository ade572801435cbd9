//! A product service that sells a few things: quotes, and reservations that hold stock as the real one does.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use cartwright_contracts::stock::{Quote, QuoteRequest, ReserveRequest, StockLine};
use cartwright_types::{Clock as _, Currency, Money, ProductId, ReservationId, SystemClock};
use serde_json::{Value, json};
use tokio::sync::Barrier;

#[derive(Clone, Default)]
pub struct Stock(Arc<Mutex<Shelf>>);

#[derive(Default)]
struct Shelf {
    /// Where reservations wait for each other.
    meeting: Option<Arc<Barrier>>,
    goods: BTreeMap<String, Quote>,
    reservations: HashMap<ReservationId, (Vec<StockLine>, &'static str)>,
}

type Answer = (StatusCode, Json<Value>);

impl Stock {
    /// With a thing more: its price, its weight and how many there are.
    pub fn with(self, sku: &str, price: i64, tax_class: &str, grams: Option<i32>, available: i64) -> Self {
        let quote = Quote {
            sku: sku.to_owned(),
            product_id: ProductId::new(&SystemClock),
            name: format!("The {sku}"),
            unit_price: Money::new(price, Currency::EUR),
            tax_class: tax_class.to_owned(),
            weight_grams: grams,
            available,
        };
        self.0.lock().unwrap().goods.insert(sku.to_owned(), quote);
        self
    }

    /// Answers reservations only once so many have come: then all of their orders are as far as that.
    pub fn meeting_of(self, buyers: usize) -> Self {
        self.0.lock().unwrap().meeting = Some(Arc::new(Barrier::new(buyers)));
        self
    }

    /// How many reservations are in a state.
    pub fn count(&self, status: &str) -> usize {
        self.0.lock().unwrap().reservations.values().filter(|(_, own)| *own == status).count()
    }

    /// How many can be had of a thing.
    pub fn available(&self, sku: &str) -> i64 {
        self.0.lock().unwrap().goods[sku].available
    }

    /// Where it answers.
    pub async fn serve(&self) -> String {
        let router = Router::new()
            .route("/internal/quotes", post(quotes))
            .route("/internal/reservations", post(reserve))
            .route("/internal/reservations/{id}/commit", post(commit))
            .route("/internal/reservations/{id}/release", post(release))
            .with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        url
    }
}

async fn quotes(State(stock): State<Stock>, Json(request): Json<QuoteRequest>) -> Json<Value> {
    let shelf = stock.0.lock().unwrap();
    let quotes: Vec<&Quote> = request.skus.iter().filter_map(|sku| shelf.goods.get(sku)).collect();
    Json(json!({ "quotes": quotes }))
}

async fn reserve(State(stock): State<Stock>, Json(request): Json<ReserveRequest>) -> Answer {
    let meeting = stock.0.lock().unwrap().meeting.clone();
    if let Some(meeting) = meeting {
        meeting.wait().await;
    }
    let mut shelf = stock.0.lock().unwrap();
    let id = request.reservation_id;
    if let Some((_, status)) = shelf.reservations.get(&id) {
        return (StatusCode::OK, reservation(id, status));
    }
    let short: Vec<Value> = request
        .lines
        .iter()
        .filter(|line| shelf.goods[&line.sku].available < line.quantity)
        .map(|line| json!({ "sku": line.sku, "requested": line.quantity, "available": shelf.goods[&line.sku].available }))
        .collect();
    if !short.is_empty() {
        return (StatusCode::CONFLICT, Json(json!({ "code": "insufficient_stock", "lines": short })));
    }
    for line in &request.lines {
        shelf.goods.get_mut(&line.sku).unwrap().available -= line.quantity;
    }
    shelf.reservations.insert(id, (request.lines, "held"));
    (StatusCode::CREATED, reservation(id, "held"))
}

async fn commit(stock: State<Stock>, id: Path<ReservationId>) -> Answer {
    end(&stock, *id, "committed")
}

async fn release(stock: State<Stock>, id: Path<ReservationId>) -> Answer {
    end(&stock, *id, "released")
}

fn end(stock: &Stock, id: ReservationId, how: &'static str) -> Answer {
    let mut shelf = stock.0.lock().unwrap();
    let Some((lines, status)) = shelf.reservations.get_mut(&id) else {
        return (StatusCode::NOT_FOUND, Json(json!({ "code": "not_found" })));
    };
    let goes_back = *status == "held" && how == "released";
    if *status == "held" {
        *status = how;
    }
    let (lines, status) = (if goes_back { lines.clone() } else { Vec::new() }, *status);
    for line in lines {
        shelf.goods.get_mut(&line.sku).unwrap().available += line.quantity;
    }
    (StatusCode::OK, reservation(id, status))
}

fn reservation(id: ReservationId, status: &str) -> Json<Value> {
    Json(json!({ "reservation_id": id, "status": status, "expires_at": SystemClock.now() }))
}
