//! A shop whose buyers pay by Stripe.

use std::collections::HashMap;
use std::ops::Deref;

use cartwright_messaging::{Message, MessageHandler as _};
use cartwright_test_support::stripe::{Intent, SECRET_KEY, StripeStandIn, WEBHOOK_SECRET, sign};
use cartwright_test_support::{Answer, FakeClock};
use cartwright_types::{Clock as _, OrderId, PaymentId, Role, ShippingMethodId, UserId};
use order::clients::payments::stripe::StripeSettings;
use order::consumers::Commands;
use order::db::payments::{self, PaymentRow};
use order::db::refunds::{self, RefundRow};
use order::usecases::{expire_orders, reconcile};
use serde_json::{Value, json};
use sqlx::Row as _;

use crate::support::{Shop, address};
use crate::warehouse::Warehouse;

/// What an order of two cups costs: 2 × 11.90 and 4.90 for shipping.
pub const TOTAL: i64 = 2870;

pub struct StripeShop {
    shop: Shop,
    pub stripe: StripeStandIn,
    pub stock: Warehouse,
    method: ShippingMethodId,
    pub buyer: UserId,
}

impl Deref for StripeShop {
    type Target = Shop;

    fn deref(&self) -> &Shop {
        &self.shop
    }
}

pub fn settings(base_url: &str) -> StripeSettings {
    StripeSettings {
        base_url: base_url.to_owned(),
        secret_key: SECRET_KEY.to_owned(),
        webhook_secrets: vec!["whsec_old".to_owned(), WEBHOOK_SECRET.to_owned()],
        publishable_key: Some("pk_test_x".to_owned()),
        account: None,
    }
}

impl StripeShop {
    pub async fn open() -> Self {
        Self::open_with("", |_| {}).await
    }

    pub async fn open_with(prefix: &str, change: impl FnOnce(&mut StripeSettings)) -> Self {
        let (clock, stock) = (FakeClock::new(), Warehouse::of(&[("CUP", 1190, 1000)]));
        let stripe = StripeStandIn::start_under(prefix, clock.clone()).await;
        let mut settings = settings(stripe.base_url());
        change(&mut settings);
        let shop = Shop::with_stripe(clock, stock.serve().await, settings).await;
        let method = ShippingMethodId::new(&*shop.clock);
        sqlx::query("INSERT INTO shipping_methods (id, code, name, kind, price, countries) VALUES ($1, 'post', 'Post', 'flat', 490, '{DE}')")
            .bind(method.uuid())
            .execute(shop.db.pool())
            .await
            .unwrap();
        let buyer = shop.person();
        Self { shop, stripe, stock, method, buyer }
    }

    /// `POST /orders` of two cups.
    pub async fn place(&self, payment: Value) -> Answer {
        self.place_again(&uuid::Uuid::now_v7().to_string(), payment).await
    }

    pub async fn place_again(&self, key: &str, payment: Value) -> Answer {
        let mut body = json!({
            "lines": [{ "sku": "CUP", "quantity": 2 }], "shipping_address": address(), "shipping_method": self.method,
        });
        body["payment"] = payment;
        self.app.post("/orders").as_user(self.buyer).header("idempotency-key", key).json(&body).send().await
    }

    /// A placed order with a payment method.
    pub async fn order(&self, method: &str) -> (OrderId, Value) {
        self.order_with(json!({ "provider": "stripe", "payment_method": method })).await
    }

    pub async fn order_with(&self, payment: Value) -> (OrderId, Value) {
        let order = self.place(payment).await.expect(201);
        (serde_json::from_value(order["id"].clone()).unwrap(), order)
    }

    pub async fn payment(&self, order: OrderId) -> PaymentRow {
        payments::of_order(self.db.pool(), order).await.unwrap().remove(0)
    }

    /// The order's intents at Stripe.
    pub fn intents(&self, order: OrderId) -> Vec<Intent> {
        self.stripe.intents_with("order_id", &order.to_string())
    }

    /// The one intent of an order.
    #[track_caller]
    pub fn intent(&self, order: OrderId) -> Intent {
        let mut intents = self.intents(order);
        assert_eq!(intents.len(), 1, "{intents:#?}");
        intents.remove(0)
    }

    /// What Stripe sends, to the webhook's route.
    pub async fn webhook(&self, event: &Value) -> Answer {
        self.signed(WEBHOOK_SECRET, &event.to_string()).await
    }

    pub async fn signed(&self, secret: &str, body: &str) -> Answer {
        let signature = sign(secret, body, self.clock.now().timestamp());
        let call = self.app.post("/webhooks/stripe").header("stripe-signature", &signature);
        call.header("content-type", "application/json").body(body.to_owned()).send().await
    }

    /// All events so far are sent once, in order, and what they lead to is done.
    pub async fn send_events(&self) {
        for event in self.stripe.events() {
            self.webhook(&event).await.expect(200);
        }
        self.work().await;
    }

    /// Handles the commands that wait in the outbox; how many.
    pub async fn work(&self) -> usize {
        let taken = sqlx::query("DELETE FROM outbox WHERE destination = 'order-commands' RETURNING body");
        let taken = taken.fetch_all(self.db.pool()).await.unwrap();
        for row in &taken {
            let message = Message {
                id: "m-1".to_owned(),
                body: row.get("body"),
                attributes: HashMap::new(),
                receive_count: 1,
                age: None,
            };
            Commands(self.state.clone()).handle(&message).await.unwrap();
        }
        taken.len()
    }

    /// The reconciler, later.
    pub async fn reconcile(&self) {
        self.clock.advance(60);
        reconcile::reconcile(&self.state, chrono::TimeDelta::seconds(1)).await.unwrap();
    }

    /// The sweeper, once the order's time is over.
    pub async fn expire(&self, order: OrderId) {
        let wait = self.find(order).await.expires_at - self.clock.now();
        self.clock.advance(wait.num_seconds().max(0) + 1);
        expire_orders::sweep(&self.state).await.unwrap();
    }

    pub async fn staff_capture(&self, payment: PaymentId) -> Answer {
        let staff = UserId::new(&*self.clock);
        self.app.post(&format!("/payments/{payment}/capture")).as_role(staff, Role::Staff).send().await
    }

    /// `GET /orders/{id}`
    pub async fn show(&self, order: OrderId) -> Value {
        self.app.get(&format!("/orders/{order}")).as_user(self.buyer).send().await.expect(200)
    }

    /// Status of the order and of its payment, as its buyer sees them.
    pub async fn statuses(&self, order: OrderId) -> (String, String) {
        let shown = self.show(order).await;
        let text = |name: &str| shown[name].as_str().unwrap().to_owned();
        (text("status"), text("payment_status"))
    }

    #[track_caller]
    pub fn assert_is(actual: (String, String), expected: (&str, &str)) {
        let (status, payment_status) = actual;
        assert_eq!([status, payment_status], [expected.0, expected.1]);
    }

    /// How often an event of an order was told.
    pub async fn told(&self, order: OrderId, kind: &str) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM order_events WHERE order_id = $1 AND type = $2")
            .bind(order.uuid())
            .bind(kind)
            .fetch_one(self.db.pool())
            .await
            .unwrap()
    }

    /// Status, amount and actor of a payment's refunds.
    pub async fn refunds(&self, payment: PaymentId) -> Vec<(String, i64, String)> {
        sqlx::query_as(
            "SELECT status, amount, actor FROM refunds WHERE payment_id = $1 ORDER BY created_at, amount",
        )
        .bind(payment.uuid())
        .fetch_all(self.db.pool())
        .await
        .unwrap()
    }

    /// The open discrepancies of a payment.
    pub async fn discrepancies(&self, payment: PaymentId) -> Vec<String> {
        sqlx::query_scalar(
            "SELECT kind FROM payment_discrepancies WHERE payment_id = $1 AND resolved_at IS NULL ORDER BY 1",
        )
        .bind(payment.uuid())
        .fetch_all(self.db.pool())
        .await
        .unwrap()
    }

    /// A refund that is asked for, as a use case would.
    pub async fn ask_refund(&self, payment: PaymentId, amount: i64) {
        let mut conn = self.db.pool().acquire().await.unwrap();
        let id = uuid::Uuid::now_v7();
        let refund = RefundRow {
            id,
            payment_id: payment.uuid(),
            amount,
            status: "requested".to_owned(),
            reason: "test".to_owned(),
            lines: None,
            restock: false,
            actor: "system".to_owned(),
            provider_ref: None,
            created_at: self.clock.now(),
        };
        refunds::insert(&mut conn, &refund).await.unwrap();
    }

    /// What was charged and what went back, at Stripe, for an order.
    pub fn money(&self, order: OrderId) -> (i64, i64) {
        let ids: Vec<String> = self.intents(order).into_iter().map(|intent| intent.id).collect();
        self.stripe.read(|books| {
            let charges = books.charges.iter().filter(|charge| ids.contains(&charge.payment_intent));
            charges.fold((0, 0), |(collected, returned), charge| {
                (collected + charge.amount_captured, returned + charge.amount_refunded)
            })
        })
    }
}
