//! A stand-in for Stripe: an HTTP server with books of its own, for the endpoints that the order service uses. It lives in the
//! process of the test, so it outlives every service that is killed.
//!
//! Payment methods are Stripe's own test methods (`pm_card_visa`, `pm_card_chargeDeclined`, `pm_card_authenticationRequired`,
//! …; see [`outcome`]). What a buyer or staff does elsewhere is a method of [`StripeStandIn`]; how unreliable all is say the
//! [`Knobs`]. Its answers are held against Stripe's specification by `tests/stripe.rs`.

mod books;
mod cut;
mod dashboard;
mod error;
mod form;
mod keys;
mod knobs;
mod money_back;
mod objects;
pub mod outcome;
mod routes;
mod server;
mod webhooks;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cartwright_types::SharedClock;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

pub use books::Books;
pub use error::StripeError;
pub use knobs::{Knobs, Webhooks};
pub use objects::{ACCOUNT, API_VERSION, AUTHORISATION, Charge, Dispute, Intent, Refund};
pub use webhooks::sign;

/// A secret key that it takes; so is every other that begins with `sk_test_`.
pub const SECRET_KEY: &str = "sk_test_standin";
/// The secret that webhooks are signed with, unless told otherwise.
pub const WEBHOOK_SECRET: &str = "whsec_standin";

/// The server. It ends when this is dropped.
pub struct StripeStandIn {
    shared: Arc<Shared>,
    base_url: String,
    tasks: [JoinHandle<()>; 2],
}

struct Shared {
    books: Mutex<Books>,
    knobs: Mutex<Knobs>,
    keys: Mutex<keys::Keys>,
    endpoint: Mutex<Option<(String, String)>>,
    posts: std::sync::atomic::AtomicU64,
    news: Notify,
}

impl StripeStandIn {
    /// Starts one on a free port of 127.0.0.1.
    pub async fn start(clock: SharedClock) -> Self {
        Self::start_under("", clock).await
    }

    /// Starts one whose API lies below a path, as `/stripe`.
    ///
    /// # Panics
    /// No port is free.
    pub async fn start_under(prefix: &str, clock: SharedClock) -> Self {
        Self::start_at("127.0.0.1:0", prefix, clock).await
    }

    /// Starts one at an address.
    ///
    /// # Panics
    /// The address is taken.
    pub async fn start_at(address: &str, prefix: &str, clock: SharedClock) -> Self {
        let shared = Arc::new(Shared {
            books: Mutex::new(Books::new(clock)),
            knobs: Mutex::default(),
            keys: Mutex::default(),
            endpoint: Mutex::default(),
            posts: 0.into(),
            news: Notify::new(),
        });
        let listener = tokio::net::TcpListener::bind(address).await.expect("the port is free");
        let address = listener.local_addr().expect("a bound socket has an address");
        let router = server::router(prefix, shared.clone());
        let serving = tokio::spawn(async move {
            // It runs until it is aborted.
            let _ = axum::serve(listener, router).await;
        });
        let delivering = tokio::spawn(webhooks::deliver(shared.clone()));
        Self { shared, base_url: format!("http://{address}{prefix}"), tasks: [serving, delivering] }
    }

    /// For `STRIPE_BASE_URL`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Where webhooks go from now on, and what they are signed with. Until then events are only kept.
    pub fn send_webhooks_to(&self, url: &str, secret: &str) {
        *lock(&self.shared.endpoint) = Some((url.to_owned(), secret.to_owned()));
        self.shared.wake();
    }

    /// Sets the knobs.
    pub fn turn(&self, change: impl FnOnce(&mut Knobs)) {
        change(&mut lock(&self.shared.knobs));
    }

    /// Reads the books.
    pub fn read<T>(&self, look: impl FnOnce(&Books) -> T) -> T {
        look(&self.shared.books())
    }

    /// Every event so far, oldest first.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        self.shared.books().events.clone()
    }
}

impl Drop for StripeStandIn {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Shared {
    fn books(&self) -> MutexGuard<'_, Books> {
        lock(&self.books)
    }

    fn keys(&self) -> MutexGuard<'_, keys::Keys> {
        lock(&self.keys)
    }

    fn knobs(&self) -> Knobs {
        lock(&self.knobs).clone()
    }

    fn endpoint(&self) -> Option<(String, String)> {
        lock(&self.endpoint).clone()
    }

    fn wake(&self) {
        self.news.notify_one();
    }

    async fn woken(&self) {
        self.news.notified().await;
    }

    /// Whether this call is a 500.
    fn fails(&self) -> bool {
        take_one(&mut lock(&self.knobs).fail_next)
    }

    /// Whether the answer of a call that took effect is lost.
    fn loses(&self, is_read: bool) -> bool {
        self.wake();
        let knobs = &mut *lock(&self.knobs);
        if is_read {
            return take_one(&mut knobs.lose_next_reads);
        }
        let nth = self.posts.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        take_one(&mut knobs.lose_next) || (knobs.lose_every > 0 && nth.is_multiple_of(knobs.lose_every))
    }
}

fn take_one(count: &mut u64) -> bool {
    let is_left = *count > 0;
    *count = count.saturating_sub(1);
    is_left
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A test that panicked leaves nothing half done that another would mind.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
