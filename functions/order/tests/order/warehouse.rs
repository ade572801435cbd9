//! A product service with a few things on its shelves: quotes, and reservations as the real one has them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use cartwright_contracts::stock::{
    Quote, QuoteRequest, QuoteResponse, Reservation, ReservationStatus, ReserveRequest, Shortage, StockLine,
};
use cartwright_types::{Clock as _, Currency, Money, OrderId, ProductId, ReservationId, SystemClock};
use serde_json::{Value, json};
use tokio::sync::Barrier;

use ReservationStatus::{Committed, Held, Released};

#[derive(Clone, Default)]
pub struct Warehouse(Arc<Mutex<Shelves>>);

#[derive(Default)]
struct Shelves {
    /// By sku; `available` is how many are left.
    goods: BTreeMap<String, Quote>,
    reservations: HashMap<ReservationId, (Vec<StockLine>, ReservationStatus)>,
    /// Of orders that are off for good.
    ended: HashSet<ReservationId>,
    /// Where reservations wait for each other.
    meeting: Option<Arc<Barrier>>,
    is_sold_out: bool,
}

type Answer = (StatusCode, Json<Value>);

impl Warehouse {
    /// With things at so many cents, and how many there are of each.
    pub fn of(goods: &[(&str, i64, i64)]) -> Self {
        let warehouse = Self::default();
        for (sku, price, left) in goods {
            warehouse.set(sku, *price, *left);
        }
        warehouse
    }

    /// With a thing more, of a tax class and a weight.
    pub fn with(self, sku: &str, price: i64, tax_class: &str, grams: Option<i32>, left: i64) -> Self {
        let quote = Quote {
            sku: sku.to_owned(),
            product_id: ProductId::new(&SystemClock),
            name: format!("The {sku}"),
            unit_price: Money::new(price, Currency::EUR),
            tax_class: tax_class.to_owned(),
            weight_grams: grams,
            available: left,
        };
        self.shelves().goods.insert(sku.to_owned(), quote);
        self
    }

    /// Answers reservations only once so many have come: then all of their orders are as far as that.
    pub fn meeting_of(self, buyers: usize) -> Self {
        self.shelves().meeting = Some(Arc::new(Barrier::new(buyers)));
        self
    }

    /// A thing at another price, and how many there are now.
    pub fn set(&self, sku: &str, price: i64, left: i64) {
        let _ = self.clone().with(sku, price, "standard", Some(100), left);
    }

    /// It is not for sale any more.
    pub fn withdraw(&self, sku: &str) {
        self.shelves().goods.remove(sku);
    }

    /// From now on no reservation can be committed.
    pub fn sell_out(&self) {
        self.shelves().is_sold_out = true;
    }

    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.0.lock().unwrap()
    }

    /// How many can be had of a thing.
    pub fn left(&self, sku: &str) -> i64 {
        self.shelves().goods[sku].available
    }

    /// How many reservations are in a state.
    pub fn count(&self, status: ReservationStatus) -> usize {
        self.shelves().reservations.values().filter(|(_, own)| *own == status).count()
    }

    /// Where the reservation of an order stands.
    pub fn reservation(&self, order: OrderId) -> Option<ReservationStatus> {
        self.shelves().reservations.get(&ReservationId(order.uuid())).map(|(_, status)| *status)
    }

    /// `order.cancelled`, `order.expired`: whatever it has goes back, for good.
    pub fn end(&self, order: OrderId) {
        let (mut shelves, id) = (self.shelves(), ReservationId(order.uuid()));
        if shelves.ended.insert(id) {
            shelves.give_back(id, &[Held, Committed]);
        }
    }

    /// `order.refunded` with `restock`.
    pub fn take_back(&self, sku: &str, quantity: i64) {
        self.shelves().goods.get_mut(sku).unwrap().available += quantity;
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

impl Shelves {
    fn give_back(&mut self, id: ReservationId, from: &[ReservationStatus]) {
        let Some((lines, status)) = self.reservations.get_mut(&id) else { return };
        if from.contains(status) {
            *status = Released;
            for line in lines {
                self.goods.get_mut(&line.sku).unwrap().available += line.quantity;
            }
        }
    }

    fn answer(&self, id: ReservationId, status: StatusCode) -> Answer {
        let stands = self.reservations[&id].1;
        let body = Reservation { reservation_id: id, status: stands, expires_at: SystemClock.now() };
        (status, Json(serde_json::to_value(body).unwrap()))
    }
}

fn refused(status: StatusCode, code: &str) -> Answer {
    (status, Json(json!({ "code": code, "lines": [] })))
}

async fn quotes(
    State(warehouse): State<Warehouse>,
    Json(request): Json<QuoteRequest>,
) -> Json<QuoteResponse> {
    assert!(request.skus.len() <= 100, "the product service answers for 100 at a time");
    let shelves = warehouse.shelves();
    let quotes = request.skus.iter().filter_map(|sku| shelves.goods.get(sku)).cloned().collect();
    Json(QuoteResponse { quotes })
}

async fn reserve(State(warehouse): State<Warehouse>, Json(request): Json<ReserveRequest>) -> Answer {
    let meeting = warehouse.shelves().meeting.clone();
    if let Some(meeting) = meeting {
        meeting.wait().await;
    }
    let (mut shelves, id) = (warehouse.shelves(), request.reservation_id);
    if shelves.reservations.contains_key(&id) {
        return shelves.answer(id, StatusCode::OK);
    }
    let left = |sku: &str| shelves.goods.get(sku).map_or(0, |quote| quote.available);
    let short: Vec<Shortage> = request
        .lines
        .iter()
        .filter(|line| left(&line.sku) < line.quantity)
        .map(|line| Shortage { sku: line.sku.clone(), requested: line.quantity, available: left(&line.sku) })
        .collect();
    if !short.is_empty() {
        return (StatusCode::CONFLICT, Json(json!({ "code": "insufficient_stock", "lines": short })));
    }
    for line in &request.lines {
        shelves.goods.get_mut(&line.sku).unwrap().available -= line.quantity;
    }
    shelves.reservations.insert(id, (request.lines, Held));
    shelves.answer(id, StatusCode::CREATED)
}

async fn commit(State(warehouse): State<Warehouse>, Path(id): Path<ReservationId>) -> Answer {
    let mut shelves = warehouse.shelves();
    if shelves.ended.contains(&id) {
        return refused(StatusCode::CONFLICT, "reservation_ended");
    }
    let is_sold_out = shelves.is_sold_out;
    match shelves.reservations.get_mut(&id) {
        Some((_, status @ (Held | Committed))) if !is_sold_out => *status = Committed,
        Some(_) => return refused(StatusCode::CONFLICT, "insufficient_stock"),
        None => return refused(StatusCode::NOT_FOUND, "not_found"),
    }
    shelves.answer(id, StatusCode::OK)
}

async fn release(State(warehouse): State<Warehouse>, Path(id): Path<ReservationId>) -> Answer {
    let mut shelves = warehouse.shelves();
    if !shelves.reservations.contains_key(&id) {
        return refused(StatusCode::NOT_FOUND, "not_found");
    }
    shelves.give_back(id, &[Held]);
    shelves.answer(id, StatusCode::OK)
}
