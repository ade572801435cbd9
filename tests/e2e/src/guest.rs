//! A purchase without an account, until there is one.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use cartwright_types::{SystemClock, new_uuid};
use localstack::mail::{Mailbox, wait_for};
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::Api;
use crate::shopper::Shopper;

/// How long what happens in the background may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a guest was given.
#[derive(Debug, Clone)]
pub struct Given {
    /// The cart's token.
    pub cart: String,
    /// The order's token.
    pub order: String,
}

/// Buys `sku` as a guest through the cart, reads the mails, follows the order by the link in the confirmation, and finds it
/// again after signing up with the same address, with a cart that was filled before.
///
/// # Errors
/// The first step that went wrong.
pub async fn guest_purchase(api: &Api, mailbox: &dyn Mailbox, sku: &str) -> Result<Given> {
    let mut guest = Shopper::new(api);
    let item = json!({ "sku": sku, "quantity": 1 });
    let filled = guest.post("/cart/items", &item).await?;
    filled.expect(200)?;
    let cart = filled.header("x-cart-token").context("no cart token")?.to_owned();
    let order = order(&guest, &cart).await.context("ordering")?;
    let (id, token) = (text(&order, "id")?, text(&order, "order_token")?);
    ensure!(
        guest.get(&format!("/orders/{id}")).await?.status == 404,
        "an order without its token is nobody's"
    );

    let subject = format!("Your order {}", text(&order, "number")?);
    let mail = wait_for(mailbox, &guest.email, PATIENCE, |mail| mail.subject == subject).await?;
    let link = format!("/orders/{id}?order_token={token}");
    ensure!(mail.text.contains(&link), "the confirmation has no link to the order");
    let headers = [("x-order-token", token.as_str())];
    let invoice = format!("/orders/{id}/invoice");
    until("the invoice", async || {
        let answer = guest.call_with(Method::GET, &invoice, &headers, &Value::Null).await?;
        Ok(answer.body.starts_with(b"%PDF-"))
    })
    .await?;
    ensure!(guest.get(&link).await?.expect(200)?["status"] == "paid", "the order of the link is not paid");
    wait_for(mailbox, &guest.email, PATIENCE, |mail| mail.subject.starts_with("Invoice ")).await?;
    let cart_token = [("x-cart-token", cart.as_str())];
    until("the cart is empty again", async || {
        let answer = guest.call_with(Method::GET, "/cart", &cart_token, &Value::Null).await?;
        Ok(answer.expect(200)?["lines"].as_array().is_some_and(Vec::is_empty))
    })
    .await?;

    guest.call_with(Method::POST, "/cart/items", &cart_token, &item).await?.expect(200)?;
    guest.register().await?;
    guest.verify(mailbox).await?;
    guest.login().await?;
    until("the order is the account's", async || {
        Ok(guest.get("/orders").await?.expect(200)?["data"][0]["id"] == order["id"])
    })
    .await?;
    for _ in 0..2 {
        let own = guest.call_with(Method::GET, "/cart", &cart_token, &Value::Null).await?.expect(200)?;
        ensure!(own["lines"][0]["quantity"] == 1, "the guest's cart was not merged, or twice: {own}");
    }
    let anybody = Shopper::new(api);
    let followed = anybody.call_with(Method::GET, &format!("/orders/{id}"), &headers, &Value::Null).await?;
    followed.expect(200).context("the token no longer works")?;
    Ok(Given { cart, order: token })
}

async fn order(guest: &Shopper, cart: &str) -> Result<Value> {
    let mut body = guest.order_body(None, "tok_success").await?;
    body["email"] = json!(guest.email);
    let key = new_uuid(&SystemClock).to_string();
    let headers = [("idempotency-key", key.as_str()), ("x-cart-token", cart)];
    let order = guest.call_with(Method::POST, "/orders", &headers, &body).await?.expect(201)?;
    let again = guest.call_with(Method::POST, "/orders", &headers, &body).await?;
    ensure!(again.header("idempotency-replayed") == Some("true"), "the answer is not marked as replayed");
    ensure!(again.expect(201)?["order_token"] == order["order_token"], "the replay has another token");
    Ok(order)
}

async fn until<F: Future<Output = Result<bool>>>(what: &str, check: impl Fn() -> F) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !check().await? {
        ensure!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

fn text(value: &Value, name: &str) -> Result<String> {
    value[name].as_str().map(str::to_owned).with_context(|| format!("no {name} in the answer"))
}
