//! People who buy: they send again what nobody answered, and sometimes what somebody did.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use cartwright_types::{SystemClock, new_uuid};
use e2e::Shopper;
use rand::Rng as _;
use rand::rngs::StdRng;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::crowd::{Crowd, Heard};
use crate::till::{Afterwards, Payment, Till};

/// A buyer whose order is not there after this long begins another one meanwhile.
const BORED: Duration = Duration::from_secs(2);
/// And waits for the first when so many are under way.
const UNDER_WAY: usize = 10;

/// Somebody's wish, with all that they will do about it.
#[derive(Debug, Clone)]
struct Wish {
    lines: Value,
    payment: Payment,
    /// The request is sent twice at once.
    twice: bool,
    /// It is sent again this long after it was answered.
    again: Option<Duration>,
}

/// Buys until it is time to go, and goes when every request has its answer.
///
/// # Errors
/// A request has none.
pub async fn buy(shopper: Shopper, mut rng: StdRng, crowd: Arc<Crowd>) -> Result<()> {
    let mut under_way: Vec<JoinHandle<Result<()>>> = Vec::new();
    while crowd.turn().await {
        let wish = Wish::think_up(&mut rng, &crowd);
        let mut order = tokio::spawn(fulfil(wish, shopper.clone(), Arc::clone(&crowd)));
        match tokio::time::timeout(BORED, &mut order).await {
            Ok(ended) => ended.context("a buyer panicked")??,
            Err(_) => under_way.push(order),
        }
        if under_way.len() >= UNDER_WAY {
            under_way.remove(0).await.context("a buyer panicked")??;
        }
    }
    for order in under_way {
        order.await.context("a buyer panicked")??;
    }
    Ok(())
}

impl Wish {
    fn think_up(rng: &mut StdRng, crowd: &Crowd) -> Self {
        let lines = (0..rng.random_range(1..4)).map(|_| {
            let from = if rng.random_ratio(1, 20) { &crowd.shelves.scarce } else { &crowd.shelves.plenty };
            json!({ "sku": from[rng.random_range(0..from.len())], "quantity": rng.random_range(1..3) })
        });
        let lines = lines.collect();
        let payment = crowd.till.choose(rng);
        let twice = rng.random_ratio(1, 10);
        let pause = Duration::from_millis(rng.random_range(0..1500));
        Self { lines, payment, twice, again: rng.random_ratio(1, 20).then_some(pause) }
    }
}

async fn fulfil(wish: Wish, shopper: Shopper, crowd: Arc<Crowd>) -> Result<()> {
    let key = new_uuid(&SystemClock).to_string();
    let body = json!({
        "lines": wish.lines, "shipping_method": crowd.method, "payment": wish.payment.choice,
        "shipping_address": {
            "name": "Ada Wagner", "line1": "Uferweg 7", "city": "Berlin", "postal_code": "10115", "country": "DE",
        },
    });
    let request = async || crowd.persist(async || shopper.order(&key, &body).await).await;
    let answer = if wish.twice {
        let (one, other) = futures::try_join!(request(), request())?;
        crowd.hear(Heard { twin: true, ..Heard::first(&shopper, &key, &other) });
        one
    } else {
        request().await?
    };
    if let Some(order) = crowd.hear(Heard::first(&shopper, &key, &answer)) {
        afterwards(wish.payment.afterwards, order.id, &answer.json()["payment"], &shopper, &crowd).await?;
    }
    if let Some(pause) = wish.again {
        tokio::time::sleep(pause).await;
        crowd.hear(Heard { again: true, ..Heard::first(&shopper, &key, &request().await?) });
    }
    Ok(())
}

/// Whatever is answered: the order may have ended meanwhile, or what was lost was done.
async fn afterwards(
    deed: Afterwards,
    order: uuid::Uuid,
    payment: &Value,
    shopper: &Shopper,
    crowd: &Crowd,
) -> Result<()> {
    let id = payment["id"].as_str().unwrap_or_default();
    match deed {
        Afterwards::Nothing => {}
        Afterwards::Act(succeeds) if payment["provider"] == "stripe" => crowd.till.act(id, succeeds),
        Afterwards::Act(succeeds) => {
            let outcome = if succeeds { "success" } else { "fail" };
            let (path, body) = (format!("/payments/{id}/test-action"), json!({ "outcome": outcome }));
            crowd.persist(async || shopper.post(&path, &body).await).await?;
        }
        Afterwards::PayAgain => {
            let (path, body) = (format!("/orders/{order}/pay"), json!({ "payment": Till::another_way() }));
            let key = new_uuid(&SystemClock).to_string();
            let key = [("idempotency-key", key.as_str())];
            crowd.persist(async || shopper.call_with(Method::POST, &path, &key, &body).await).await?;
        }
    }
    Ok(())
}
