//! A service with its database, a table, a bucket and a user service of its own for each test.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::SdkConfig;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::{Json, Router};
use cartwright_contracts::Envelope;
use cartwright_contracts::commands::ORDER_COMMANDS;
use cartwright_contracts::contact::Contact;
use cartwright_contracts::events::UserErased;
use cartwright_messaging::{HandlerError, Message, MessageHandler as _, QueueCheck};
use cartwright_redis::Redis;
use cartwright_runtime::secrets::RotatingKeys;
use cartwright_runtime::{Readiness, Work};
use cartwright_test_support::{FakeClock, TestApp, TestAws, TestDatabase, test_keys};
use cartwright_types::{
    CartLineId, Clock as _, Currency, EventId, OrderId, OrderLineId, PaymentId, ProductId, SharedClock,
    ShippingMethodId, UserId,
};
use cartwright_web::client::InternalClient;
use cartwright_web::identity::{IdentitySigner, IdentityVerifier};
use chrono::TimeDelta;
use order::clients::carts::{CartOwner, Carts};
use order::clients::payments::stripe::{StripeProvider, StripeSettings};
use order::clients::payments::{PaymentProvider, TestProvider};
use order::clients::product::Products;
use order::clients::storage::InvoiceStore;
use order::clients::user::Users;
use order::config;
use order::consumers::Events;
use order::db::order_events::{self, OrderEventRow};
use order::db::orders::{self, LineRow, OrderRow};
use order::db::payments::{self, PaymentRow};
use order::domain::address::Address;
use order::domain::cart::CartLine;
use order::domain::order::OrderStatus;
use order::domain::token::TokenKeys;
use order::state::{Parts, State};
use order::usecases::follow_order::{Following, announce};
use serde_json::json;
use sqlx::types::Json as Stored;
use tokio_util::sync::CancellationToken;

use crate::warehouse::Warehouse;

pub const EMAIL: &str = "ada@example.com";

pub struct Shop {
    pub app: TestApp,
    pub clock: Arc<FakeClock>,
    pub db: TestDatabase,
    pub state: State,
    people: People,
}

type People = Arc<Mutex<HashMap<UserId, Contact>>>;
type Providers = HashMap<&'static str, Arc<dyn PaymentProvider>>;

impl Shop {
    /// Without a product service and without payment providers.
    pub async fn open() -> Self {
        Self::build(FakeClock::new(), "http://127.0.0.1:9".to_owned(), false, None, HashMap::new(), None)
            .await
    }

    /// One that sells what `warehouse` has, to be paid by the test provider.
    pub async fn selling(warehouse: &Warehouse) -> Self {
        Self::build(FakeClock::new(), warehouse.serve().await, true, None, HashMap::new(), None).await
    }

    /// With a product service at `products`, and Stripe.
    pub async fn with_stripe(clock: Arc<FakeClock>, products: String, stripe: StripeSettings) -> Self {
        Self::build(clock, products, false, Some(stripe), HashMap::new(), None).await
    }

    /// With a product service at `products`, and these to pay with; orders are followed by this Redis, if there is one, and then
    /// hardly ever by looking.
    pub async fn with(
        clock: Arc<FakeClock>,
        products: String,
        providers: Providers,
        redis: Option<Redis>,
    ) -> Self {
        Self::build(clock, products, false, None, providers, redis).await
    }

    async fn build(
        clock: Arc<FakeClock>,
        products: String,
        test_payments: bool,
        stripe: Option<StripeSettings>,
        mut providers: Providers,
        redis: Option<Redis>,
    ) -> Self {
        let (db, people) = (TestDatabase::new(&order::MIGRATOR).await, People::default());
        let TestAws { sdk, prefix, .. } = TestAws::with_table("carts").await;
        create_bucket(&sdk, &format!("{prefix}invoices")).await;
        let shared: SharedClock = clock.clone();
        let client = |audience, url| {
            InternalClient::new("order", vec![url], IdentitySigner::new(audience, test_keys(), clock.clone()))
        };
        let stripe = stripe
            .map(|settings| Arc::new(StripeProvider::new(settings, "Cartwright".to_owned(), shared.clone())));
        if let Some(stripe) = &stripe {
            providers.insert("stripe", stripe.clone());
        }
        let test_provider = test_payments.then(|| TestProvider::new(db.pool().clone()));
        if let Some(test) = &test_provider {
            providers.insert("test", Arc::new(test.clone()));
        }
        let mut works: Vec<Box<dyn Work>> = Vec::new();
        let (database, following) = match redis.clone() {
            None => (db.database(), Following::new(db.pool().clone(), Readiness::default())),
            Some(redis) => {
                let (database, announcer) = announce(db.database(), redis.clone());
                let seldom = Duration::from_hours(1);
                let following = Following::every(seldom, db.pool().clone(), Readiness::default());
                works.push(Box::new(announcer));
                works.push(Box::new(following.listener(redis)));
                (database, following)
            }
        };
        for work in works {
            tokio::spawn(async move { work.run(CancellationToken::new()).await });
        }
        let state = State::new(Parts {
            database,
            redis,
            products: Products::new(client("product", products)),
            users: Users::new(client("user", user_service(people.clone()).await)),
            carts: Carts::new(&sdk, format!("{prefix}carts"), shared.clone()),
            invoices: InvoiceStore::new(&sdk, format!("{prefix}invoices")),
            providers,
            test_provider,
            stripe,
            token_keys: token_keys(),
            shop: config::Shop {
                name: "Cartwright".to_owned(),
                currency: Currency::EUR,
                time_zone: chrono_tz::Tz::UTC,
                address: "Marktplatz 1, 10115 Berlin".to_owned(),
                tax_id: "DE123456789".to_owned(),
            },
            order_expiry: TimeDelta::minutes(15),
            queue: QueueCheck::new(&sdk, &prefix, ORDER_COMMANDS),
            verifier: IdentityVerifier::new("order", test_keys(), shared.clone()),
            clock: shared.clone(),
        });
        let app = TestApp::with_clock(
            order::router(state.clone(), following, Readiness::default()),
            "order",
            shared,
        );
        Self { app, clock, db, state, people }
    }

    /// Somebody with an account.
    pub fn person(&self) -> UserId {
        self.person_with(|_| {})
    }

    pub fn person_with(&self, change: impl FnOnce(&mut Contact)) -> UserId {
        let user_id = UserId::new(&*self.clock);
        let mut contact = Contact {
            user_id,
            email: EMAIL.to_owned(),
            pending_email: None,
            email_verified: true,
            full_name: Some("Ada Lovelace".to_owned()),
            phone: None,
            locale: "de".to_owned(),
            marketing_opt_in: false,
        };
        change(&mut contact);
        self.people.lock().unwrap().insert(user_id, contact);
        user_id
    }

    /// Without the account: what the user service does before it tells.
    pub fn close_account(&self, user: UserId) -> Envelope {
        self.people.lock().unwrap().remove(&user);
        Envelope::new(&*self.clock, user, 1, "system", &UserErased { user_id: user })
    }

    /// As the queue would deliver it.
    pub async fn handle(&self, envelope: &Envelope) -> Result<(), HandlerError> {
        let body = serde_json::to_string(envelope).unwrap();
        let message =
            Message { id: "m-1".to_owned(), body, attributes: HashMap::new(), receive_count: 1, age: None };
        Events(self.state.clone()).handle(&message).await
    }

    /// An order of two cups with one payment; `order.paid` is in its history where the status says so.
    pub async fn order(&self, user: UserId, status: OrderStatus) -> OrderId {
        use OrderStatus::{Delivered, Paid, Processing, Shipped};
        let id = OrderId::new(&*self.clock);
        let row = order_row(&self.clock, id, user, status);
        let line = line_row(&self.clock, id);
        let payment = payment_row(&self.clock, &row);
        let mut conn = self.db.pool().acquire().await.unwrap();
        orders::insert(&mut conn, &row, &[line]).await.unwrap();
        payments::insert(&mut conn, &payment).await.unwrap();
        let kinds = if matches!(status, Paid | Processing | Shipped | Delivered) {
            &["order.placed", "order.paid"][..]
        } else {
            &["order.placed"]
        };
        for kind in kinds {
            // Ids sort by their millisecond.
            self.clock.advance(1);
            let event = OrderEventRow {
                id: EventId::new(&*self.clock).uuid(),
                kind: (*kind).to_owned(),
                at: self.clock.now(),
                actor: "system".to_owned(),
                data: json!({ "order_id": id }),
            };
            order_events::insert(&mut conn, id, &event).await.unwrap();
        }
        self.clock.advance(1);
        id
    }

    pub async fn find(&self, id: OrderId) -> OrderRow {
        orders::find(self.db.pool(), id).await.unwrap().unwrap()
    }

    /// Whether nothing of the person is left in an order; else all of it is.
    #[track_caller]
    pub fn is_anonymised(order: &OrderRow) -> bool {
        let addresses = [&order.shipping_address.0, &order.billing_address.0];
        if addresses.iter().all(|left| **left == address()) && order.note.is_some() {
            return false;
        }
        let erased = || "erased".to_owned();
        let expected = Address {
            name: erased(),
            line1: erased(),
            line2: None,
            city: erased(),
            state: Some("BE".to_owned()),
            postal_code: erased(),
            country: "DE".to_owned(),
            phone: None,
        };
        assert!(addresses.iter().all(|left| **left == expected) && order.note.is_none(), "half anonymised");
        true
    }

    pub async fn set_status(&self, id: OrderId, status: OrderStatus) {
        let statement = "UPDATE orders SET status = $2 WHERE id = $1";
        sqlx::query(statement).bind(id.uuid()).bind(status.as_str()).execute(self.db.pool()).await.unwrap();
    }

    pub async fn fill_cart(&self, user: UserId) {
        let id = CartLineId::new(&*self.clock);
        let line = CartLine { id, sku: "CUP".to_owned(), quantity: 3, unit_price: None };
        let filled = self.state.carts.update(CartOwner::User(user), None, true, |cart| {
            cart.lines.push(line.clone());
            Ok::<(), std::convert::Infallible>(())
        });
        filled.await.unwrap();
    }
}

fn token_keys() -> TokenKeys {
    let keys = RotatingKeys { current: cartwright_types::random::token(), previous: None };
    TokenKeys::try_from(&keys).unwrap()
}

pub fn address() -> Address {
    Address {
        name: "Ada Lovelace".to_owned(),
        line1: "Hauptstr. 1".to_owned(),
        line2: Some("c/o Byron".to_owned()),
        city: "Berlin".to_owned(),
        state: Some("BE".to_owned()),
        postal_code: "10115".to_owned(),
        country: "DE".to_owned(),
        phone: Some("+4930123456".to_owned()),
    }
}

fn order_row(clock: &FakeClock, id: OrderId, user: UserId, status: OrderStatus) -> OrderRow {
    let now = clock.now();
    OrderRow {
        id: id.uuid(),
        number: format!("C-2026-{}", id.uuid().simple()),
        user_id: Some(user.uuid()),
        status: status.as_str().to_owned(),
        fulfilment_status: "unfulfilled".to_owned(),
        currency: "EUR".to_owned(),
        lines_total: 2380,
        discount_total: 0,
        shipping_total: 490,
        tax_total: 458,
        grand_total: 2870,
        prices_include_tax: true,
        shipping_address: Stored(address()),
        billing_address: Stored(address()),
        shipping_method_id: ShippingMethodId::new(clock).uuid(),
        shipping_method_name: "Post".to_owned(),
        shipping_tax_rate_bps: 1900,
        shipping_tax: 78,
        promotion_codes: Vec::new(),
        explain: None,
        note: Some("Ring at Byron's".to_owned()),
        cart_owner: None,
        cart_version: None,
        guest_email: None,
        guest_email_normalised: None,
        guest_locale: None,
        order_token_hash: None,
        order_token_expires_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
        expires_at: now + TimeDelta::minutes(15),
    }
}

fn line_row(clock: &FakeClock, order: OrderId) -> LineRow {
    LineRow {
        id: OrderLineId::new(clock).uuid(),
        order_id: order.uuid(),
        sku: "CUP".to_owned(),
        product_id: ProductId::new(clock).uuid(),
        name: "Cup".to_owned(),
        quantity: 2,
        unit_price: 1190,
        discount: 0,
        tax_rate_bps: 1900,
        tax: 380,
        total: 2380,
    }
}

fn payment_row(clock: &FakeClock, order: &OrderRow) -> PaymentRow {
    PaymentRow {
        id: PaymentId::new(clock).uuid(),
        order_id: order.id,
        provider: "test".to_owned(),
        token: "tok_success".to_owned(),
        status: "captured".to_owned(),
        currency: order.currency.clone(),
        amount: order.grand_total,
        captured: 0,
        refunded: 0,
        client_action: None,
        provider_ref: None,
        capture_method: "automatic".to_owned(),
        disputed: 0,
        created_at: order.created_at,
        updated_at: order.created_at,
    }
}

async fn create_bucket(sdk: &SdkConfig, bucket: &str) {
    let config = aws_sdk_s3::config::Builder::from(sdk).force_path_style(true).build();
    aws_sdk_s3::Client::from_conf(config).create_bucket().bucket(bucket).send().await.unwrap();
}

/// `GET /internal/users/{id}/contact`
async fn user_service(people: People) -> String {
    let contact = move |Path(id): Path<UserId>| {
        let answer = people.lock().unwrap().get(&id).cloned().map(Json).ok_or(StatusCode::NOT_FOUND);
        async move { answer }
    };
    let router = Router::new().route("/internal/users/{id}/contact", axum::routing::get(contact));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}
