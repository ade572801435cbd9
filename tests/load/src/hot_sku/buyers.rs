//! Everybody who wants the same sku, past the order service: its calls to the product service alone.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use cartwright_types::{SystemClock, new_uuid};
use cartwright_web::identity::{IdentitySigner, Subject};
use futures::future::try_join_all;
use localstack::{Service, Stack};
use serde_json::{Value, json};

use crate::rate::Counter;
use crate::signer::{signer, staff};

/// More than anybody can want.
const PLENTY: i64 = 1_000_000_000;

/// What each buyer does, again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Reserves.
    Reserve,
    /// Reserves and, paid, commits.
    Buy,
}

/// The order service's side of the product service.
pub struct Buyers {
    http: reqwest::Client,
    base: String,
    signer: IdentitySigner,
    sku: String,
}

impl Buyers {
    /// Of some sku of the catalogue, of which there is more than enough from now on.
    ///
    /// # Errors
    /// The service does not answer as it should.
    pub async fn of(stack: &Stack) -> Result<Self> {
        let signer = signer(stack, "product").await?;
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(1)).build()?;
        let mut buyers = Self { http, base: stack.url(Service::Product), signer, sku: String::new() };
        let page = buyers.staff(reqwest::Method::GET, "/inventory?limit=1", &Value::Null).await?;
        let sku = page["data"][0]["sku"].as_str().context("the catalogue is empty")?;
        sku.clone_into(&mut buyers.sku);
        let change = json!({ "set": PLENTY, "count_version": page["data"][0]["count_version"], "reason": "bench-hot-sku" });
        buyers.staff(reqwest::Method::PATCH, &format!("/inventory/{}", buyers.sku), &change).await?;
        Ok(buyers)
    }

    /// How many `people` get a second, all at once, for so long after the warm-up.
    ///
    /// # Errors
    /// One is refused, or the books do not show as many.
    pub async fn rate(&self, wish: Wish, people: usize, time: Duration) -> Result<f64> {
        let counter = Counter::default();
        let before = self.gone().await?;
        let everybody = (0..people).map(|_| async {
            while counter.goes_on() {
                self.once(wish).await?;
                counter.count();
            }
            anyhow::Ok(())
        });
        let watch = async { Ok(counter.per_second(time).await) };
        let (per_second, _) = tokio::try_join!(watch, try_join_all(everybody))?;
        let (gone, count) = (self.gone().await? - before, counter.done());
        ensure!(gone == i64::from(count), "{count} were told that they have one, the books say {gone}");
        Ok(per_second)
    }

    async fn once(&self, wish: Wish) -> Result<()> {
        let id = new_uuid(&SystemClock);
        let lines = json!([{ "sku": self.sku, "quantity": 1 }]);
        let body = json!({ "reservation_id": id, "lines": lines, "expires_in": 3600 });
        self.service("/internal/reservations", &body).await?;
        if wish == Wish::Buy {
            self.service(&format!("/internal/reservations/{id}/commit"), &json!({})).await?;
        }
        Ok(())
    }

    /// Pieces that are reserved or sold.
    async fn gone(&self) -> Result<i64> {
        let item =
            self.staff(reqwest::Method::GET, &format!("/inventory/{}", self.sku), &Value::Null).await?;
        Ok(PLENTY - item["available"].as_i64().context("no available")?)
    }

    async fn service(&self, path: &str, body: &Value) -> Result<()> {
        let subject = Subject::Service { name: "order".to_owned(), scope: "reservations".to_owned() };
        let request = self.http.post(format!("{}{path}", self.base)).json(body);
        let answer = request.bearer_auth(self.signer.token(&subject)).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "{path} answered {status} {text}");
        Ok(())
    }

    async fn staff(&self, method: reqwest::Method, path: &str, body: &Value) -> Result<Value> {
        let subject = staff();
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = request.bearer_auth(self.signer.token(&subject)).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{path} answered {status} {text}");
        Ok(serde_json::from_str(&text)?)
    }
}
