//! People buy, services die.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use cartwright_types::{SystemClock, new_uuid};
use e2e::{Api, Shopper};
use localstack::{Options, Service, Stack};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::books::Books;
use crate::checker::{Violation, check};

/// What to do to the shop.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// How many SIGKILLs.
    pub kills: u32,
    /// Decides whom and when.
    pub seed: u64,
    /// How many people buy at the same time.
    pub buyers: u32,
    /// How long the shop has to settle at the end.
    pub settle: Duration,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// Orders that a buyer was told of.
    pub acknowledged: u64,
    /// Requests that were sent again because there was no usable answer.
    pub retries: u64,
    /// Mails beyond one for a notification, of at most one for each send in flight at a kill.
    pub doubled: usize,
    /// What must never be.
    pub violations: Vec<Violation>,
}

#[derive(Debug, Default)]
struct Counters {
    acknowledged: AtomicU64,
    retries: AtomicU64,
    stop: AtomicBool,
}

/// Starts a shop, lets people buy while services are killed, lets it settle and checks; `tell` hears what happens.
///
/// # Errors
/// The shop does not start, or a service does not come back.
pub async fn run(plan: Plan, mut tell: impl FnMut(&str)) -> Result<(Outcome, Stack, Books)> {
    let options = Options::from_env()?
        .set("ORDER_EXPIRY_SECONDS", "15")
        .set("RECONCILE_INTERVAL_SECONDS", "2")
        .set("SENDING_LEASE_SECONDS", "10")
        .set("RATE_LIMIT_SCALE", "1000");
    let mut stack = Stack::start(options).await?;
    let books = Books::of(&stack).await?;
    let api = Api::new(&stack.base_url());
    let mailbox = stack.mailbox().await?;
    let counters = Arc::new(Counters::default());
    let mut buyers = JoinSet::new();
    let mut emails = Vec::new();
    for buyer in 0..plan.buyers {
        let shopper =
            Shopper::join(&api, mailbox.as_ref()).await.context("a buyer joins before the chaos")?;
        emails.push(shopper.email.clone());
        let rng = StdRng::seed_from_u64(plan.seed.wrapping_mul(1000) + u64::from(buyer));
        buyers.spawn(buy(shopper, rng, Arc::clone(&counters)));
    }
    let mut rng = StdRng::seed_from_u64(plan.seed);
    for kill in 1..=plan.kills {
        tokio::time::sleep(Duration::from_millis(rng.random_range(200..2000))).await;
        let service = Service::ALL[rng.random_range(0..Service::ALL.len())];
        stack.kill(service);
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..800))).await;
        stack.start_service(service).await.with_context(|| format!("{service} after kill {kill}"))?;
        tell(&format!("kill {kill} of {}: {service}", plan.kills));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    counters.stop.store(true, Ordering::Relaxed);
    while let Some(buyer) = buyers.join_next().await {
        buyer.context("a buyer panicked")??;
    }
    let acknowledged = counters.acknowledged.load(Ordering::Relaxed);
    tell(&format!("{acknowledged} orders acknowledged; the shop settles"));
    let violations = settle(&books, plan.settle).await?;
    let doubled = doubled(&mailbox.all().await?, &emails);
    let retries = counters.retries.load(Ordering::Relaxed);
    Ok((Outcome { acknowledged, retries, doubled, violations }, stack, books))
}

/// Waits until nothing is wrong, or the time is over; what is still wrong then.
async fn settle(books: &Books, patience: Duration) -> Result<Vec<Violation>> {
    let deadline = Instant::now() + patience;
    loop {
        let waiting: i64 = sqlx::query_scalar("SELECT count(*) FROM orders WHERE status = 'pending_payment'")
            .fetch_one(&books.orders)
            .await?;
        let violations = check(books).await?;
        if (waiting == 0 && violations.is_empty()) || Instant::now() > deadline {
            return Ok(violations);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Subjects carry the order's or invoice's number, so the same subject to the same address is the same notification.
fn doubled(mails: &[localstack::mail::Mail], emails: &[String]) -> usize {
    let ours =
        mails.iter().filter(|mail| mail.to.iter().any(|to| emails.iter().any(|email| to.contains(email))));
    let mut subjects: Vec<(&[String], &str)> = ours
        .filter(|mail| mail.subject.starts_with("Your order") || mail.subject.starts_with("Invoice"))
        .map(|mail| (mail.to.as_slice(), mail.subject.as_str()))
        .collect();
    subjects.sort_unstable();
    subjects.windows(2).filter(|pair| pair[0] == pair[1]).count()
}

/// Buys until told to stop; every request is sent until it has a usable answer.
async fn buy(shopper: Shopper, mut rng: StdRng, counters: Arc<Counters>) -> Result<()> {
    let products = persist(&counters, async || shopper.get("/products?in_stock=true&limit=50").await).await?;
    let skus: Vec<Value> = products["data"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|product| Some(product["variants"].get(0)?["sku"].clone()))
        .collect();
    let methods = persist(&counters, async || shopper.get("/shipping-methods").await).await?;
    let method = methods["data"][0]["id"].clone();
    while !counters.stop.load(Ordering::Relaxed) {
        let token = [
            "tok_success",
            "tok_success",
            "tok_success",
            "tok_lost_webhook",
            "tok_decline",
            "tok_action_required",
        ][rng.random_range(0..6)];
        let lines: Vec<Value> = (0..rng.random_range(1..4))
            .map(|_| json!({ "sku": skus[rng.random_range(0..skus.len())], "quantity": 1 }))
            .collect();
        let body = json!({
            "lines": lines, "shipping_method": method, "payment": { "provider": "test", "token": token },
            "shipping_address": {
                "name": "Ada Wagner", "line1": "Uferweg 7", "city": "Berlin", "postal_code": "10115", "country": "DE",
            },
        });
        let key = new_uuid(&SystemClock).to_string();
        let order = persist(&counters, async || shopper.order(&key, &body).await).await?;
        if order["id"].is_string() {
            counters.acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    }
    Ok(())
}

/// Sends a request until the answer is neither missing nor "try again".
async fn persist<F>(counters: &Counters, send: impl Fn() -> F) -> Result<Value>
where
    F: Future<Output = Result<e2e::Answer>>,
{
    let deadline = Instant::now() + Duration::from_mins(2);
    loop {
        match send().await {
            Ok(answer)
                if answer.status < 500
                    && answer.status != 429
                    && answer.code() != "idempotency_in_flight" =>
            {
                return Ok(answer.json());
            }
            Ok(answer) if Instant::now() > deadline => {
                anyhow::bail!("only {} for two minutes", answer.status)
            }
            Err(error) if Instant::now() > deadline => return Err(error),
            _ => {}
        }
        counters.retries.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
