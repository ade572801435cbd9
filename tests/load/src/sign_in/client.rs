//! People who sign in and read.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use cartwright_types::{SystemClock, new_uuid};
use futures::future::try_join_all;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::Tries;
use crate::rate::{Counter, WARM_UP};

/// Everybody's password.
const PASSWORD: &str = "a quiet wagon by the river";

/// The API through the gateway.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
}

/// Somebody with an account.
#[derive(Debug, Clone)]
pub struct Account {
    email: String,
}

/// Sign-ins that were done.
#[derive(Debug, Clone, Copy)]
pub struct Done {
    /// All of them.
    pub all: f64,
    /// A second, after the warm-up.
    pub per_second: f64,
    /// Tries that the rate limit refused: there should be none.
    pub refused: u32,
}

impl Client {
    /// The API at `base`.
    ///
    /// # Errors
    /// There is no HTTP client to be had.
    pub fn new(base: &str) -> Result<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(1)).build()?;
        Ok(Self { http, base: base.to_owned() })
    }

    /// New accounts.
    ///
    /// # Errors
    /// One is refused.
    pub async fn register(&self, number: usize) -> Result<Vec<Account>> {
        let mut accounts = Vec::with_capacity(number);
        for _ in 0..number {
            let email = format!("bench.{}@example.com", new_uuid(&SystemClock).simple());
            let status =
                self.post("/auth/register", &json!({ "email": email, "password": PASSWORD })).await?;
            ensure!(status == 202, "registering answered {status}");
            accounts.push(Account { email });
        }
        Ok(accounts)
    }

    /// The id of a product.
    ///
    /// # Errors
    /// There is none.
    pub async fn some_product(&self) -> Result<String> {
        let answer = self.http.get(format!("{}/products?limit=1", self.base)).send().await?;
        let list: Value = answer.error_for_status()?.json().await?;
        list["data"][0]["id"].as_str().map(str::to_owned).context("the catalogue is empty")
    }

    /// Each account signs in again and again, all at once, for so long after the warm-up.
    ///
    /// # Errors
    /// One is refused.
    pub async fn sign_in(&self, accounts: &[Account], time: Duration) -> Result<Done> {
        let (counter, refused) = (Counter::default(), AtomicU32::new(0));
        let people = accounts.iter().map(|account| async {
            while counter.goes_on() {
                match self.login(&account.email, PASSWORD).await? {
                    200 => counter.count(),
                    429 => drop(refused.fetch_add(1, Ordering::Relaxed)),
                    status => bail!("a sign-in answered {status}"),
                }
            }
            Ok(())
        });
        let watch = async { Ok(counter.per_second(time).await) };
        let (per_second, _) = tokio::try_join!(watch, try_join_all(people))?;
        Ok(Done { all: f64::from(counter.done()), per_second, refused: refused.into_inner() })
    }

    /// Reads a product so often a second, whether or not the ones before are answered; milliseconds from the moment that
    /// each was due.
    ///
    /// # Errors
    /// One is not answered with 200.
    pub async fn read(&self, product: &str, per_second: u32, time: Duration) -> Result<Vec<f64>> {
        let url = format!("{}/products/{product}", self.base);
        let period = Duration::from_secs(1) / per_second;
        let start = Instant::now() + WARM_UP;
        let number = u32::try_from(time.as_millis() / period.as_millis().max(1))?;
        let reads = (0..number).map(|at| {
            let (client, url, due) = (self.http.clone(), url.clone(), start + period * at);
            tokio::spawn(async move {
                sleep_until(due).await;
                let answer = client.get(url).send().await?;
                let status = answer.status();
                answer.bytes().await?;
                ensure!(status == 200, "a read answered {status}");
                Ok(due.elapsed().as_secs_f64() * 1e3)
            })
        });
        let mut took = Vec::new();
        for read in reads.collect::<Vec<_>>() {
            took.push(read.await??);
        }
        Ok(took)
    }

    /// Signs in with unknown addresses and as often with wrong passwords, in turn and one at a time.
    ///
    /// # Errors
    /// One is not answered with 401.
    pub async fn unknown_and_wrong(&self, accounts: &[Account], pairs: usize) -> Result<Tries> {
        let mut found = Tries { unknown: Vec::with_capacity(pairs), wrong: Vec::with_capacity(pairs) };
        for number in 0..pairs {
            let nobody = format!("bench.{}@example.com", new_uuid(&SystemClock).simple());
            let somebody = &accounts[number % accounts.len()].email;
            // Whoever comes second may find something warm: they take turns in that, too.
            for first in [true, false] {
                let is_unknown = first == (number % 2 == 0);
                let email = if is_unknown { &nobody } else { somebody };
                let started = Instant::now();
                let status = self.login(email, "a wrong one of theirs").await?;
                let took = started.elapsed().as_secs_f64() * 1e3;
                ensure!(status == 401, "a wrong sign-in answered {status}");
                if is_unknown { found.unknown.push(took) } else { found.wrong.push(took) }
            }
        }
        Ok(found)
    }

    async fn login(&self, email: &str, password: &str) -> Result<u16> {
        self.post("/auth/login", &json!({ "email": email, "password": password })).await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<u16> {
        let answer = self.http.post(format!("{}{path}", self.base)).json(body).send().await?;
        let status = answer.status().as_u16();
        // Read to its end, so that the connection serves the next one too.
        answer.bytes().await?;
        Ok(status)
    }
}
