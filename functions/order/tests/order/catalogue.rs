//! A product service that sells a few things: quotes, and reservations that are always to be had while there is stock.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use cartwright_contracts::stock::{QuoteRequest, ReserveRequest};
use cartwright_types::{Clock as _, Currency, Money, ProductId, SystemClock};
use serde_json::{Value, json};
use uuid::Uuid;

#[derive(Clone, Default)]
pub struct Catalogue(Arc<Mutex<BTreeMap<String, Value>>>);

impl Catalogue {
    /// What sells for so many cents, and how many there are.
    pub fn of(goods: &[(&str, i64, i64)]) -> Self {
        let catalogue = Self::default();
        for (sku, price, available) in goods {
            catalogue.set(sku, *price, *available);
        }
        catalogue
    }

    pub fn set(&self, sku: &str, price: i64, available: i64) {
        let quote = json!({
            "sku": sku, "product_id": ProductId::new(&SystemClock), "name": format!("The {sku}"), "weight_grams": 100,
            "unit_price": Money::new(price, Currency::EUR), "tax_class": "standard", "available": available,
        });
        self.goods().insert(sku.to_owned(), quote);
    }

    pub fn withdraw(&self, sku: &str) {
        self.goods().remove(sku);
    }

    fn goods(&self) -> MutexGuard<'_, BTreeMap<String, Value>> {
        self.0.lock().unwrap()
    }

    /// Where it answers.
    pub async fn serve(&self) -> String {
        let router = Router::new()
            .route("/internal/quotes", post(quotes))
            .route("/internal/reservations", post(reserve))
            .route("/internal/reservations/{id}/commit", post(end))
            .route("/internal/reservations/{id}/release", post(end))
            .with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        url
    }
}

async fn quotes(State(catalogue): State<Catalogue>, Json(request): Json<QuoteRequest>) -> Json<Value> {
    assert!(request.skus.len() <= 100, "the product service answers for 100 at a time");
    let goods = catalogue.goods();
    let quotes: Vec<&Value> = request.skus.iter().filter_map(|sku| goods.get(sku)).collect();
    Json(json!({ "quotes": quotes }))
}

async fn reserve(
    State(catalogue): State<Catalogue>,
    Json(request): Json<ReserveRequest>,
) -> (StatusCode, Json<Value>) {
    let goods = catalogue.goods();
    let short = |sku: &str, quantity| goods[sku]["available"].as_i64().unwrap() < quantity;
    if request.lines.iter().any(|line| short(&line.sku, line.quantity)) {
        return (StatusCode::CONFLICT, Json(json!({ "code": "insufficient_stock", "lines": [] })));
    }
    (StatusCode::CREATED, reservation(request.reservation_id.uuid()))
}

async fn end(Path(id): Path<Uuid>) -> Json<Value> {
    reservation(id)
}

fn reservation(id: Uuid) -> Json<Value> {
    Json(json!({ "reservation_id": id, "status": "held", "expires_at": SystemClock.now() }))
}
