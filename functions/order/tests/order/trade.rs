//! A shop that sells: with a warehouse, a bank and staff; and short words for what the tests of an order's life do.

use std::collections::HashMap;
use std::sync::Arc;

use cartwright_contracts::events::{OrderCancelled, OrderExpired, OrderRefunded};
use cartwright_contracts::{Envelope, Event as _};
use cartwright_redis::Redis;
use cartwright_test_support::{Answer, FakeClock};
use cartwright_types::{OrderId, PaymentId, Role, SystemClock, UserId, new_uuid};
use chrono::TimeDelta;
use order::clients::payments::PaymentProvider;
use order::usecases::{observe_payment, reconcile};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::bank::Bank;
use crate::support::Shop;
use crate::warehouse::Warehouse;

/// With cups at 11.90, of which there are 1,000, and plates at 3.33.
pub struct Trade {
    pub shop: Shop,
    pub bank: Bank,
    pub warehouse: Warehouse,
    pub staff: UserId,
    pub ada: UserId,
    shipping: Uuid,
}

impl Trade {
    pub async fn open() -> Self {
        Self::with(None).await
    }

    /// One whose orders are followed by Redis alone.
    pub async fn live(redis: Redis) -> Self {
        Self::with(Some(redis)).await
    }

    async fn with(redis: Option<Redis>) -> Self {
        let (bank, warehouse) =
            (Bank::default(), Warehouse::of(&[("CUP", 1190, 1000), ("PLATE", 333, 1000)]));
        let providers: HashMap<&'static str, Arc<dyn PaymentProvider>> =
            HashMap::from([("test", Arc::new(bank.clone()) as Arc<dyn PaymentProvider>)]);
        let shop = Shop::with(FakeClock::new(), warehouse.serve().await, providers, redis).await;
        let shipping = new_uuid(&*shop.clock);
        sqlx::query(
            "INSERT INTO shipping_methods (id, code, name, kind, price, countries) VALUES ($1, 'post', 'Post', 'flat', 490, '{DE}')",
        )
        .bind(shipping)
        .execute(shop.db.pool())
        .await
        .unwrap();
        let (staff, ada) = (shop.person(), shop.person());
        Self { shop, bank, warehouse, staff, ada, shipping }
    }

    /// Ada orders, and pays with a token.
    pub async fn order(&self, token: &str, lines: &[(&str, i64)]) -> Value {
        let lines: Vec<Value> =
            lines.iter().map(|(sku, quantity)| json!({ "sku": sku, "quantity": quantity })).collect();
        let body = json!({
            "lines": lines, "shipping_method": self.shipping, "payment": { "provider": "test", "token": token },
            "shipping_address": { "name": "Ada", "line1": "Hauptstr. 1", "city": "Berlin", "postal_code": "10115", "country": "DE" },
        });
        let call = self.shop.app.post("/orders").as_user(self.ada).json(&body);
        call.header("idempotency-key", &key()).send().await.expect(201)
    }

    pub async fn get(&self, path: &str) -> Value {
        self.shop.app.get(path).as_role(self.staff, Role::Staff).send().await.expect(200)
    }

    pub async fn show(&self, order: &Value) -> Value {
        self.get(&format!("/orders/{}", id(order))).await
    }

    /// As its buyer.
    pub async fn cancel(&self, order: &Value) -> Answer {
        self.shop.app.post(&format!("/orders/{}/cancel", id(order))).as_user(self.ada).send().await
    }

    pub async fn set_status(&self, order: &Value, body: &Value) -> Answer {
        let call = self.shop.app.post(&format!("/orders/{}/status", id(order)));
        call.as_role(self.staff, Role::Staff).json(body).send().await
    }

    pub async fn refund(&self, order: &Value, body: &Value) -> Answer {
        self.refund_with(&key(), order, body).await
    }

    pub async fn refund_with(&self, key: &str, order: &Value, body: &Value) -> Answer {
        let call = self.shop.app.post(&format!("/orders/{}/refunds", id(order)));
        call.as_role(self.staff, Role::Staff).header("idempotency-key", key).json(body).send().await
    }

    /// A webhook came.
    pub async fn observe(&self, order: &Value) {
        observe_payment::observe(&self.shop.state, payment(order)).await.unwrap();
    }

    /// The reconciler's round, some time later.
    pub async fn reconcile(&self) {
        self.shop.clock.advance(60);
        reconcile::reconcile(&self.shop.state, TimeDelta::seconds(30)).await.unwrap();
    }

    pub async fn discrepancies(&self) -> Vec<(String, Value)> {
        let page = self.get("/payments/discrepancies").await;
        let rows = page["data"].as_array().unwrap();
        rows.iter().map(|row| (row["kind"].as_str().unwrap().to_owned(), row["payment_id"].clone())).collect()
    }

    /// The types of an order's events.
    pub async fn history(&self, order: &Value) -> Vec<String> {
        let page = self.get(&format!("/orders/{}/events", id(order))).await;
        let events = page["data"].as_array().unwrap();
        events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }

    /// Delivers what was told to the warehouse, as the queue would.
    pub async fn deliver(&self) {
        let told: Vec<(String,)> =
            sqlx::query_as("DELETE FROM outbox RETURNING body").fetch_all(self.shop.db.pool()).await.unwrap();
        for (body,) in told {
            // Commands are no envelopes.
            let Ok(event) = Envelope::parse(&body) else { continue };
            match event.event_type.as_str() {
                OrderCancelled::TYPE => self.warehouse.end(event.data::<OrderCancelled>().unwrap().order_id),
                OrderExpired::TYPE => self.warehouse.end(event.data::<OrderExpired>().unwrap().order_id),
                OrderRefunded::TYPE => {
                    let event = event.data::<OrderRefunded>().unwrap();
                    for line in event.lines.iter().filter(|_| event.restock) {
                        self.warehouse.take_back(&line.sku, line.quantity.into());
                    }
                }
                _ => {}
            }
        }
    }
}

pub fn key() -> String {
    new_uuid(&SystemClock).to_string()
}

pub fn id(order: &Value) -> OrderId {
    order["id"].as_str().unwrap().parse().unwrap()
}

pub fn payment(order: &Value) -> PaymentId {
    order["payment"]["id"].as_str().unwrap().parse().unwrap()
}

pub fn eur(amount: i64) -> Value {
    json!({ "amount": amount, "currency": "EUR" })
}

/// `status`, `payment_status` and `fulfilment_status`.
pub fn axes(order: &Value) -> (&str, &str, &str) {
    let word = |name: &str| order[name].as_str().unwrap();
    (word("status"), word("payment_status"), word("fulfilment_status"))
}
