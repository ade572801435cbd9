//! Who runs the shop: fills the shelves before anybody comes, cancels orders and gives money back while they buy.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use cartwright_types::{SystemClock, new_uuid};
use e2e::{Api, PASSWORD, Shopper, token_in};
use localstack::mail::{Mailbox, wait_for};
use localstack::{Service, Stack};
use rand::Rng as _;
use rand::rngs::StdRng;
use reqwest::Method;
use serde_json::json;

use crate::crowd::Crowd;

/// What there is to buy.
#[derive(Debug, Clone)]
pub struct Shelves {
    /// Enough of each for everybody.
    pub plenty: Vec<String>,
    /// Soon gone.
    pub scarce: Vec<String>,
}

/// How many skus are scarce.
const SCARCE: usize = 5;

/// Makes an administrator, who may do what staff may.
///
/// # Errors
/// A step of it failed.
pub async fn hire(stack: &Stack, api: &Api, mailbox: &dyn Mailbox) -> Result<Shopper> {
    let mut staff = Shopper::new(api);
    stack.run_role(Service::User, "create-admin", &[("ADMIN_EMAIL", &staff.email)]).await?;
    let link = |mail: &localstack::mail::Mail| mail.text.contains("/auth/password/reset?token=");
    let mail = wait_for(mailbox, &staff.email, Duration::from_mins(1), link).await?;
    let body = json!({ "token": token_in(&mail.text)?, "password": PASSWORD });
    staff.post("/auth/password/reset", &body).await?.expect(204)?;
    staff.login().await?;
    Ok(staff)
}

/// Puts `plenty` of some skus on the shelves and `few` of others.
///
/// # Errors
/// The stock cannot be changed.
pub async fn fill_shelves(staff: &Shopper, plenty: u64, few: u64) -> Result<Shelves> {
    let products = staff.get("/products?in_stock=true&limit=40").await?.expect(200)?;
    let sku = |product: &serde_json::Value| product["variants"][0]["sku"].as_str().map(str::to_owned);
    let mut scarce: Vec<String> = products["data"].as_array().into_iter().flatten().filter_map(sku).collect();
    anyhow::ensure!(scarce.len() > 2 * SCARCE, "the catalogue is too small");
    let shelves = Shelves { plenty: scarce.split_off(SCARCE), scarce };
    for (skus, count) in [(&shelves.plenty, plenty), (&shelves.scarce, few)] {
        for sku in skus {
            let path = format!("/inventory/{sku}");
            let item = staff.get(&path).await?.expect(200)?;
            let body = json!({ "set": count, "reason": "Delivery", "count_version": item["count_version"] });
            let answer = staff.call(Method::PATCH, &path, &body).await?;
            answer.expect(200).with_context(|| format!("stocking {sku}"))?;
        }
    }
    Ok(shelves)
}

/// Cancels an order now and then, or gives a part of its money back, until everybody has gone. Whatever is answered: it may
/// have been cancelled or refunded before, or not be paid.
///
/// # Errors
/// A request has no answer.
pub async fn meddle(staff: Shopper, mut rng: StdRng, crowd: Arc<Crowd>) -> Result<()> {
    while !crowd.is_gone() {
        tokio::time::sleep(Duration::from_millis(rng.random_range(200..1200))).await;
        let Some(order) = crowd.some_order(&mut rng) else { continue };
        let (path, body) = if rng.random_bool(0.5) {
            (format!("/orders/{}/cancel", order.id), json!({}))
        } else {
            let amount = json!({ "amount": rng.random_range(1..=order.total), "currency": "EUR" });
            (format!("/orders/{}/refunds", order.id), json!({ "amount": amount, "reason": "Goodwill" }))
        };
        let key = new_uuid(&SystemClock).to_string();
        let key = [("idempotency-key", key.as_str())];
        crowd.persist(async || staff.call_with(Method::POST, &path, &key, &body).await).await?;
    }
    Ok(())
}
