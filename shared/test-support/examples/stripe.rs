//! The stand-in for Stripe as a program: `cargo run -p cartwright-test-support --example stripe -- 127.0.0.1:12111
//! [http://127.0.0.1:8000/webhooks/stripe]`. What a buyer does in the browser is done with `pk_test_…` and the intent's
//! `client_secret`: `POST /v1/payment_intents/{id}/confirm` and `…/authenticate`.

use cartwright_test_support::stripe::{SECRET_KEY, StripeStandIn, WEBHOOK_SECRET};
use cartwright_types::SystemClock;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:12111".to_owned());
    let stripe = StripeStandIn::start_at(&address, "", SystemClock::shared()).await;
    if let Some(url) = arguments.next() {
        stripe.send_webhooks_to(&url, WEBHOOK_SECRET);
    }
    println!(
        "STRIPE_BASE_URL={} STRIPE_SECRET_KEY={SECRET_KEY} STRIPE_WEBHOOK_SECRET={WEBHOOK_SECRET}",
        stripe.base_url()
    );
    // Until somebody ends the process.
    std::future::pending::<()>().await;
}
