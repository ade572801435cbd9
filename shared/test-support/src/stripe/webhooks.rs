//! Webhooks: signed, and sent as unreliably as the knobs say.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use cartwright_types::random;
use serde_json::Value;

use super::Shared;
use super::knobs::Webhooks;

/// A webhook that is not taken is sent again so often.
const ATTEMPTS: u32 = 12;

/// `Stripe-Signature` of a body that is sent now.
#[must_use]
pub fn sign(secret: &str, body: &str, now: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{now}.{body}").as_bytes());
    format!("t={now},v1={}", hex::encode(tag))
}

/// Sends every event that comes up, until the stand-in goes.
pub(super) async fn deliver(shared: Arc<Shared>) {
    let client =
        reqwest::Client::builder().no_proxy().tls_certs_only([]).timeout(Duration::from_secs(5)).build();
    let client = client.expect("a client without certificates or proxies of its own can be built");
    let mut sent = 0;
    loop {
        let fresh: Vec<Value> = shared.books().events.iter().skip(sent).cloned().collect();
        sent += fresh.len();
        let Some((url, secret)) = shared.endpoint() else {
            shared.woken().await;
            continue;
        };
        for event in fresh {
            let sending = Sending { client: client.clone(), url: url.clone(), secret: secret.clone(), event };
            match shared.knobs().webhooks {
                Webhooks::Silent => {}
                Webhooks::Calm => {
                    // In order, unless the receiver does not take it: the others do not wait for that one.
                    if !sending.once(&shared).await {
                        tokio::spawn(sending.again(shared.clone()));
                    }
                }
                Webhooks::Wild(most) => {
                    for _ in 0..2 {
                        let (sending, shared) = (sending.clone(), shared.clone());
                        let wait = random::below(u64::try_from(most.as_millis()).unwrap_or(1000).max(1));
                        tokio::spawn(async move {
                            tokio::time::sleep(Duration::from_millis(wait)).await;
                            sending.again(shared).await;
                        });
                    }
                }
            }
        }
        if shared.books().events.len() == sent {
            shared.woken().await;
        }
    }
}

#[derive(Clone)]
struct Sending {
    client: reqwest::Client,
    url: String,
    secret: String,
    event: Value,
}

impl Sending {
    async fn once(&self, shared: &Shared) -> bool {
        let body = self.event.to_string();
        let now = shared.books().now();
        let request = self
            .client
            .post(&self.url)
            .header("content-type", "application/json; charset=utf-8")
            .header("stripe-signature", sign(&self.secret, &body, now))
            .body(body);
        request.send().await.is_ok_and(|answer| answer.status().is_success())
    }

    async fn again(self, shared: Arc<Shared>) {
        for attempt in 0..ATTEMPTS {
            if self.once(&shared).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(250) * 2_u32.pow(attempt.min(6))).await;
        }
    }
}
