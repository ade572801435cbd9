//! What all buyers share: what there is to buy, how fast, and what they were told.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use e2e::{Answer, Shopper};
use rand::Rng as _;
use rand::rngs::StdRng;
use serde_json::Value;
use tokio::time::{Interval, MissedTickBehavior};

use crate::staff::Shelves;
use crate::till::Till;
use crate::told::{Order, Saying, Told};

/// How long somebody tries to get an answer. A request that died holds its key for a minute.
const PATIENCE: Duration = Duration::from_mins(3);
/// The first pause between two tries, and the longest that they grow to.
const SHORTEST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(4);

/// Everybody who buys.
pub struct Crowd {
    /// What they may choose from.
    pub shelves: Shelves,
    /// Where they pay.
    pub till: Arc<Till>,
    /// How it is shipped.
    pub method: Value,
    pace: tokio::sync::Mutex<Interval>,
    gone: AtomicBool,
    placed: AtomicU64,
    retries: AtomicU64,
    told: Mutex<Told>,
}

/// A final answer to a request for an order, and what was special about the request.
#[derive(Debug, Clone, Copy)]
pub struct Heard<'a> {
    /// The buyer's address.
    pub buyer: &'a str,
    /// The request's key.
    pub key: &'a str,
    /// Whether it was sent together with another of the same key, whose answer is noted too.
    pub twin: bool,
    /// See [`Saying::again`].
    pub again: bool,
    /// What came back.
    pub answer: &'a Answer,
}

impl<'a> Heard<'a> {
    /// The answer to a request that nothing was special about.
    #[must_use]
    pub fn first(shopper: &'a Shopper, key: &'a str, answer: &'a Answer) -> Self {
        Self { buyer: &shopper.email, key, twin: false, again: false, answer }
    }
}

impl Crowd {
    /// A crowd that begins at most `rate` orders a second.
    #[must_use]
    pub fn new(shelves: Shelves, till: Arc<Till>, method: Value, rate: u32) -> Self {
        let mut pace = tokio::time::interval(Duration::from_secs(1) / rate.max(1));
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            shelves,
            till,
            method,
            pace: tokio::sync::Mutex::new(pace),
            gone: AtomicBool::new(false),
            placed: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            told: Mutex::default(),
        }
    }

    /// Waits for one's turn; false: it is time to go.
    pub async fn turn(&self) -> bool {
        self.pace.lock().await.tick().await;
        !self.is_gone()
    }

    /// Sends everybody home when they have what they came for.
    pub fn leave(&self) {
        self.gone.store(true, Ordering::Relaxed);
    }

    /// How many orders buyers were told of.
    #[must_use]
    pub fn placed(&self) -> u64 {
        self.placed.load(Ordering::Relaxed)
    }

    /// How many requests were sent again because there was no usable answer.
    #[must_use]
    pub fn retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }

    /// Notes an answer; the order that it tells of.
    pub fn hear(&self, heard: Heard<'_>) -> Option<Order> {
        let Heard { buyer, key, twin, again, answer } = heard;
        let order = Order::read(&answer.json());
        let saying = Saying {
            buyer: buyer.to_owned(),
            key: key.to_owned(),
            again,
            replayed: answer.header("idempotency-replayed") == Some("true"),
            status: answer.status,
            code: answer.code(),
            order: order.clone(),
        };
        let first = !again && !twin;
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.sayings.push(saying);
        self.placed.fetch_add(u64::from(first && order.is_some()), Ordering::Relaxed);
        order
    }

    /// Whether everybody was sent home.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }

    /// One of the orders that were told of; None before the first.
    pub fn some_order(&self, rng: &mut StdRng) -> Option<Order> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let saying = told.sayings.get(rng.random_range(0..told.sayings.len().max(1)))?;
        saying.order.clone()
    }

    /// Everything that was told.
    #[must_use]
    pub fn told(&self) -> Told {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a request until the answer is neither missing nor "try again".
    ///
    /// # Errors
    /// There is none in three minutes.
    pub async fn persist<F>(&self, send: impl Fn() -> F) -> Result<Answer>
    where
        F: Future<Output = Result<Answer>>,
    {
        let deadline = Instant::now() + PATIENCE;
        let mut pause = SHORTEST;
        loop {
            let in_vain = match send().await {
                Ok(answer) if is_final(&answer) => return Ok(answer),
                Ok(answer) => {
                    let seconds = answer.header("retry-after").and_then(|text| text.parse().ok());
                    pause = pause.max(Duration::from_secs(seconds.unwrap_or(0)));
                    anyhow::anyhow!("only {} {}", answer.status, answer.code())
                }
                Err(error) => error,
            };
            if Instant::now() > deadline {
                return Err(in_vain.context(format!("no usable answer in {PATIENCE:?}")));
            }
            self.retries.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(pause).await;
            // Who has nothing to do but ask again must not be what the shop is busy with.
            pause = (pause * 2).min(LONGEST);
        }
    }
}

fn is_final(answer: &Answer) -> bool {
    answer.status < 500 && answer.status != 429 && answer.code() != "idempotency_in_flight"
}
