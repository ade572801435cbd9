//! Everybody who buys, past the gateway: `POST /orders` of two lines.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use cartwright_types::{Role, SessionId, SystemClock, UserId, new_uuid};
use cartwright_web::identity::{IdentitySigner, Subject};
use futures::future::try_join_all;
use localstack::databases::Database;
use localstack::{Service, Stack};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::pgbench::PgBench;
use crate::rate::Counter;
use crate::signer::{signer, staff};

/// More than anybody can want.
const PLENTY: i64 = 1_000_000_000;
/// So many different people.
const PEOPLE: usize = 1_000;

/// What becomes of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payment {
    /// It is placed, and its buyer has something to do.
    Waits,
    /// It is paid when the request is answered.
    Succeeds,
}

/// What was done.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// A second, after the warm-up.
    pub per_second: f64,
    /// In all.
    pub done: u32,
}

/// The people and what they may buy.
pub struct Buyers {
    http: reqwest::Client,
    base: String,
    signer: IdentitySigner,
    people: Vec<Subject>,
    skus: Vec<String>,
    method: String,
    orders: AtomicU64,
}

impl Buyers {
    /// Of a stack whose catalogue has more than enough of everything from now on.
    ///
    /// # Errors
    /// A service does not answer as it should.
    pub async fn of(stack: &Stack) -> Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(1)).build()?;
        let product = signer(stack, "product").await?;
        let products = stack.url(Service::Product);
        let list = format!("{products}/inventory?limit=100");
        let page = call(&http, &product, &staff(), reqwest::Method::GET, &list, &Value::Null).await?;
        let mut skus = Vec::new();
        for item in page["data"].as_array().into_iter().flatten() {
            let sku = item["sku"].as_str().context("a row without a sku")?;
            let change =
                json!({ "set": PLENTY, "count_version": item["count_version"], "reason": "bench-checkout" });
            let url = format!("{products}/inventory/{sku}");
            call(&http, &product, &staff(), reqwest::Method::PATCH, &url, &change).await?;
            skus.push(sku.to_owned());
        }
        ensure!(skus.len() > 2, "the catalogue is empty");
        let people = (0..PEOPLE).map(|_| customer()).collect();
        let (signer, base) = (signer(stack, "order").await?, stack.url(Service::Order));
        let list = format!("{base}/shipping-methods");
        let methods = call(&http, &signer, &customer(), reqwest::Method::GET, &list, &Value::Null).await?;
        let flat = methods["data"].as_array().into_iter().flatten().find(|method| method["kind"] == "flat");
        let method = flat.and_then(|method| method["id"].as_str()).context("no shipping method")?.to_owned();
        Ok(Self { http, base, signer, people, skus, method, orders: AtomicU64::new(0) })
    }

    /// How many orders `people` at once place a second, for so long after the warm-up.
    ///
    /// # Errors
    /// One is refused.
    pub async fn rate(&self, payment: Payment, people: usize, time: Duration) -> Result<Rate> {
        let counter = Counter::default();
        let everybody = (0..people).map(|_| async {
            while counter.goes_on() {
                self.once(payment).await?;
                counter.count();
            }
            anyhow::Ok(())
        });
        let watch = async { Ok(counter.per_second(time).await) };
        let (per_second, _) = tokio::try_join!(watch, try_join_all(everybody))?;
        Ok(Rate { per_second, done: counter.done() })
    }

    /// Holds the database against what was answered: as many orders, each with its two lines.
    ///
    /// # Errors
    /// They differ.
    pub async fn compare(&self, pgbench: &PgBench, stack: &Stack) -> Result<()> {
        let placed = self.orders.load(Ordering::Relaxed);
        let url = stack.database_url(Database::Orders);
        let equal = |count: &str, number: u64| format!("SELECT 1 / (({count}) = {number})::int");
        let orders = equal("SELECT count(*) FROM orders", placed);
        let lines = equal("SELECT count(*) FROM order_lines", placed * 2);
        let compared = pgbench.run(&url, &format!("{orders}; {lines}")).await;
        compared.with_context(|| format!("{placed} orders were answered and the database has others"))
    }

    async fn once(&self, payment: Payment) -> Result<()> {
        let number = self.orders.fetch_add(1, Ordering::Relaxed);
        let at = usize::try_from(number).unwrap_or_default();
        // Two different skus, other ones for each of those who come at the same time.
        let first = at % self.skus.len();
        let second = (first + 1 + at / self.skus.len() % (self.skus.len() - 1)) % self.skus.len();
        let token = if payment == Payment::Succeeds { "tok_success" } else { "tok_action_required" };
        let body = json!({
            "lines": [{ "sku": self.skus[first], "quantity": 1 }, { "sku": self.skus[second], "quantity": 2 }],
            "shipping_address": {
                "name": "Ada Wagner", "line1": "Uferweg 7", "city": "Berlin", "postal_code": "10115", "country": "DE",
            },
            "shipping_method": self.method, "payment": { "provider": "test", "token": token },
        });
        let request = self.http.post(format!("{}/orders", self.base)).json(&body);
        let request = request.header("idempotency-key", new_uuid(&SystemClock).to_string());
        let person = &self.people[at % self.people.len()];
        let answer = request.bearer_auth(self.signer.token(person)).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        let wanted = if payment == Payment::Succeeds { r#""status":"paid""# } else { "requires_action" };
        ensure!(status == 201 && text.contains(wanted), "POST /orders answered {status} {text}");
        Ok(())
    }
}

fn customer() -> Subject {
    let id = UserId::new(&SystemClock);
    Subject::User { id, roles: vec![Role::Customer], session: SessionId(id.uuid()) }
}

async fn call(
    http: &reqwest::Client,
    signer: &IdentitySigner,
    subject: &Subject,
    method: reqwest::Method,
    url: &str,
    body: &Value,
) -> Result<Value> {
    let mut request = http.request(method, url);
    if !body.is_null() {
        request = request.json(body);
    }
    let answer = request.bearer_auth(signer.token(subject)).send().await?;
    let (status, text) = (answer.status(), answer.text().await?);
    ensure!(status.is_success(), "{url} answered {status} {text}");
    Ok(serde_json::from_str(&text)?)
}
