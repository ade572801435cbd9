//! A product service with a few things on its shelves: quotes, and reservations as the real one has them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use cartwright_contracts::stock::{Quote, QuoteRequest, ReserveRequest, StockLine};
use cartwright_types::{Clock as _, Currency, Money, OrderId, ProductId, SystemClock};
use serde_json::{Value, json};
use uuid::Uuid;

#[derive(Clone, Default)]
pub struct Warehouse(Arc<Mutex<Shelves>>);

#[derive(Default)]
struct Shelves {
    goods: BTreeMap<String, Value>,
    left: BTreeMap<String, i64>,
    reservations: HashMap<Uuid, (Vec<StockLine>, &'static str)>,
    ended: HashSet<Uuid>,
}

type Answer = (StatusCode, Json<Value>);

impl Warehouse {
    /// With a thing more: its price and how many there are.
    pub fn with(self, sku: &str, price: i64, left: i64) -> Self {
        let product_id = ProductId::new(&SystemClock);
        let quote = json!({
            "sku": sku, "product_id": product_id, "name": format!("The {sku}"), "weight_grams": 100,
            "unit_price": Money::new(price, Currency::EUR), "tax_class": "standard", "available": left,
        });
        assert!(serde_json::from_value::<Quote>(quote.clone()).is_ok());
        self.shelves().goods.insert(sku.to_owned(), quote);
        self.shelves().left.insert(sku.to_owned(), left);
        self
    }

    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.0.lock().unwrap()
    }

    /// How many can be had of a thing.
    pub fn left(&self, sku: &str) -> i64 {
        self.shelves().left[sku]
    }

    /// Where the reservation of an order stands.
    pub fn reservation(&self, order: OrderId) -> Option<&'static str> {
        self.shelves().reservations.get(&order.uuid()).map(|(_, status)| *status)
    }

    /// `order.cancelled`, `order.expired`: whatever it has goes back, for good.
    pub fn end(&self, order: OrderId) {
        let mut shelves = self.shelves();
        if shelves.ended.insert(order.uuid()) {
            shelves.give_back(order.uuid(), &["held", "committed"]);
        }
    }

    /// `order.refunded` with `restock`.
    pub fn take_back(&self, sku: &str, quantity: i64) {
        *self.shelves().left.get_mut(sku).unwrap() += quantity;
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
    fn give_back(&mut self, id: Uuid, from: &[&str]) {
        let Some((lines, status)) = self.reservations.get_mut(&id) else { return };
        if from.contains(status) {
            *status = "released";
            for line in lines {
                *self.left.get_mut(&line.sku).unwrap() += line.quantity;
            }
        }
    }

    fn answer(&self, id: Uuid, status: StatusCode) -> Answer {
        let stands = self.reservations[&id].1;
        (status, Json(json!({ "reservation_id": id, "status": stands, "expires_at": SystemClock.now() })))
    }
}

fn refused(status: StatusCode, code: &str) -> Answer {
    (status, Json(json!({ "code": code })))
}

async fn quotes(State(warehouse): State<Warehouse>, Json(request): Json<QuoteRequest>) -> Json<Value> {
    let shelves = warehouse.shelves();
    let quotes: Vec<&Value> = request.skus.iter().filter_map(|sku| shelves.goods.get(sku)).collect();
    Json(json!({ "quotes": quotes }))
}

async fn reserve(State(warehouse): State<Warehouse>, Json(request): Json<ReserveRequest>) -> Answer {
    let (mut shelves, id) = (warehouse.shelves(), request.reservation_id.uuid());
    if shelves.reservations.contains_key(&id) {
        return shelves.answer(id, StatusCode::OK);
    }
    if request.lines.iter().any(|line| shelves.left[&line.sku] < line.quantity) {
        return refused(StatusCode::CONFLICT, "insufficient_stock");
    }
    for line in &request.lines {
        *shelves.left.get_mut(&line.sku).unwrap() -= line.quantity;
    }
    shelves.reservations.insert(id, (request.lines, "held"));
    shelves.answer(id, StatusCode::CREATED)
}

async fn commit(State(warehouse): State<Warehouse>, Path(id): Path<Uuid>) -> Answer {
    let mut shelves = warehouse.shelves();
    if shelves.ended.contains(&id) {
        return refused(StatusCode::CONFLICT, "reservation_ended");
    }
    match shelves.reservations.get_mut(&id) {
        Some((_, status @ ("held" | "committed"))) => *status = "committed",
        Some(_) => return refused(StatusCode::CONFLICT, "insufficient_stock"),
        None => return refused(StatusCode::NOT_FOUND, "not_found"),
    }
    shelves.answer(id, StatusCode::OK)
}

async fn release(State(warehouse): State<Warehouse>, Path(id): Path<Uuid>) -> Answer {
    let mut shelves = warehouse.shelves();
    shelves.give_back(id, &["held"]);
    shelves.answer(id, StatusCode::OK)
}
