//! A service with its database, and short words for what the tests do.

use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use cartwright_database::Database;
use cartwright_test_support::{Answer, FakeClock, TestApp, TestDatabase, test_keys};
use cartwright_types::{Clock as _, Currency, SharedClock};
use cartwright_web::health::Health;
use cartwright_web::identity::IdentityVerifier;
use chrono::TimeDelta;
use product::clients::pictures::Pictures;
use product::read_cache::{KEPT, ReadCache};
use product::state::{State, postgres_search};
use product::usecases::{LoadError, Stock, load_catalogue};
use serde_json::{Value, json};
use uuid::Uuid;

/// Most tests look at what they changed a moment ago, and by other ways than this process.
const NOT_KEPT: TimeDelta = TimeDelta::zero();

pub struct Shop {
    pub app: TestApp,
    pub db: TestDatabase,
    pub clock: Arc<FakeClock>,
}

impl Shop {
    pub async fn open() -> Self {
        let db = TestDatabase::new(&product::MIGRATOR).await;
        let clock = FakeClock::new();
        let app = app(db.database(), &clock, nowhere(), NOT_KEPT);
        Self { app, db, clock }
    }

    /// The same shop with pictures that are kept somewhere.
    pub fn with_pictures(self, pictures: Pictures) -> Self {
        Self { app: app(self.db.database(), &self.clock, pictures, NOT_KEPT), ..self }
    }

    /// The same shop, where public answers are kept for a moment.
    pub fn with_kept_answers(self) -> Self {
        Self { app: app(self.db.database(), &self.clock, nowhere(), KEPT), ..self }
    }

    /// The same shop in another process.
    pub fn another_process(&self) -> TestApp {
        app(Database::from_pool(self.db.another_pool()), &self.clock, nowhere(), NOT_KEPT)
    }

    /// With skus `A`, `B`, … of which there are so many.
    pub async fn with_stock(on_hand: &[i64]) -> Self {
        let shop = Self::open().await;
        for (at, on_hand) in on_hand.iter().enumerate() {
            let sku = char::from(b'A' + u8::try_from(at).unwrap()).to_string();
            let mut line = product(&format!("thing-{}", sku.to_lowercase()), &format!("Thing {sku}"), 1000);
            line["variants"] = json!([variant(&sku, *on_hand)]);
            shop.load(&[line]).await.unwrap();
        }
        shop
    }

    pub async fn load(&self, lines: &[Value]) -> Result<usize, LoadError> {
        let text: Vec<String> = lines.iter().map(ToString::to_string).collect();
        let (database, currency) = (self.db.database(), Currency::EUR);
        load_catalogue(&database, self.clock.as_ref(), currency, text.join("\n").as_bytes()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.app.get(path).send().await
    }

    pub async fn internal(&self, path: &str, body: &Value) -> Answer {
        let scope = if path.ends_with("quotes") { "quotes" } else { "reservations" };
        self.app.post(path).as_service("order", scope).json(body).send().await
    }

    pub async fn reserve(&self, id: Uuid, lines: &[(&str, i64)]) -> Answer {
        self.internal("/internal/reservations", &reservation(id, lines)).await
    }

    pub async fn commit(&self, id: Uuid) -> Answer {
        self.internal(&format!("/internal/reservations/{id}/commit"), &json!({})).await
    }

    pub async fn release(&self, id: Uuid) -> Answer {
        self.internal(&format!("/internal/reservations/{id}/release"), &json!({})).await
    }

    pub async fn expire(&self) -> u64 {
        product::usecases::expire(&self.db.database(), self.clock.as_ref()).await.unwrap()
    }

    /// `on_hand` and `reserved`.
    pub async fn stock(&self, sku: &str) -> (i64, i64) {
        sqlx::query_as("SELECT on_hand, reserved FROM inventory WHERE sku = $1")
            .bind(sku)
            .fetch_one(self.db.pool())
            .await
            .unwrap()
    }

    /// The ledger's sum is `on_hand`, and `reserved` is what held reservations have, for every sku.
    #[track_caller]
    pub fn invariants(&self) -> impl Future<Output = ()> + '_ {
        let caller = std::panic::Location::caller();
        async move {
            let wrong: Vec<(String, i64, i64, i64, i64)> = sqlx::query_as(
                "SELECT * FROM (
                     SELECT i.sku, i.on_hand, i.reserved,
                            coalesce((SELECT sum(m.quantity) FROM inventory_movements m WHERE m.sku = i.sku), 0)::bigint AS ledger,
                            coalesce((SELECT sum(l.quantity) FROM reservation_lines l JOIN reservations r ON r.id = l.reservation_id
                                      WHERE l.sku = i.sku AND r.status = 'held'), 0)::bigint AS held
                     FROM inventory i) AS book
                 WHERE on_hand <> ledger OR reserved <> held OR reserved > on_hand OR reserved < 0",
            )
            .fetch_all(self.db.pool())
            .await
            .unwrap();
            assert!(wrong.is_empty(), "at {caller}: (sku, on_hand, reserved, ledger, held) {wrong:?}");
        }
    }

    pub fn id(&self) -> Uuid {
        Uuid::new_v7(uuid::Timestamp::from_unix(
            uuid::NoContext,
            self.clock.now().timestamp().unsigned_abs(),
            self.clock.now().timestamp_subsec_nanos(),
        ))
    }
}

fn app(database: Database, clock: &Arc<FakeClock>, pictures: Pictures, kept: TimeDelta) -> TestApp {
    let shared: SharedClock = clock.clone();
    let state = State {
        stock: Stock::new(&database, &shared),
        clock: shared.clone(),
        pictures,
        currency: Currency::EUR,
        search: postgres_search(&database),
        reads: ReadCache::new(shared.clone(), kept),
        images_base_url: "http://images.test/shop".into(),
        database,
    };
    let verifier = IdentityVerifier::new("product", test_keys(), shared.clone());
    TestApp::with_clock(product::router(state, verifier, Health::default()), "product", shared)
}

/// Where no pictures are.
fn nowhere() -> Pictures {
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .build();
    Pictures::new(&config, "uploads", "images")
}

pub fn reservation(id: Uuid, lines: &[(&str, i64)]) -> Value {
    let lines: Vec<Value> =
        lines.iter().map(|(sku, quantity)| json!({ "sku": sku, "quantity": quantity })).collect();
    json!({ "reservation_id": id, "lines": lines, "expires_in": 1800 })
}

pub fn category(slug: &str, parent: Option<&str>, position: i32) -> Value {
    json!({ "kind": "category", "slug": slug, "name": slug.to_uppercase(), "parent_slug": parent, "position": position })
}

pub fn variant(sku: &str, on_hand: i64) -> Value {
    json!({ "sku": sku, "name": "", "attributes": {}, "price": null, "barcode": null, "weight_grams": 250, "on_hand": on_hand })
}

/// An active product with one variant, its sku the slug in capitals, and ten of it.
pub fn product(slug: &str, name: &str, price: i64) -> Value {
    json!({
        "kind": "product", "slug": slug, "name": name, "description": format!("{name}, made to last."),
        "status": "active", "tax_class": "standard", "price": { "amount": price, "currency": "EUR" },
        "compare_at_price": null, "attributes": { "color": "red" }, "category_slugs": [],
        "images": [{ "key": format!("{slug}/1.png"), "alt": name, "width": 800, "height": 600, "content_type": "image/png" }],
        "variants": [variant(&slug.to_uppercase(), 10)],
    })
}

pub fn names(answer: &Value) -> Vec<&str> {
    answer["data"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect()
}
