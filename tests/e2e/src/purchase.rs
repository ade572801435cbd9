//! A purchase from end to end, step by step.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use cartwright_types::{SystemClock, new_uuid};
use localstack::mail::{Mailbox, wait_for};
use serde_json::{Value, json};

use crate::api::{Answer, Api};
use crate::shopper::Shopper;

/// A step that went right.
#[derive(Debug, Clone)]
pub struct Step {
    /// What was done.
    pub name: &'static str,
    /// What came back, in a line.
    pub result: String,
    /// How long it took.
    pub took: Duration,
}

/// How long what happens in the background may take.
const PATIENCE: Duration = Duration::from_mins(1);

struct Report<'r> {
    tell: &'r mut (dyn FnMut(Step) + Send),
    started: Instant,
}

impl Report<'_> {
    fn step(&mut self, name: &'static str, result: impl Into<String>) {
        (self.tell)(Step { name, result: result.into(), took: self.started.elapsed() });
        self.started = Instant::now();
    }
}

/// Buys something and looks at everything that follows; `tell` hears of every step that went right. The order's id.
///
/// # Errors
/// The first step that went wrong.
pub async fn purchase(
    api: &Api,
    mailbox: &dyn Mailbox,
    tell: &mut (dyn FnMut(Step) + Send),
) -> Result<String> {
    let mut report = Report { tell, started: Instant::now() };
    let mut shopper = Shopper::new(api);
    sign_up(&mut shopper, mailbox, &mut report).await.context("signing up")?;
    let sku = choose(&shopper, &mut report).await.context("choosing")?;
    fill_cart(&shopper, &sku, &mut report).await.context("the cart")?;
    let order = order(&shopper, &mut report).await.context("ordering")?;
    follow_up(&shopper, mailbox, &order, &mut report).await.context("after the order")?;
    Ok(order)
}

async fn sign_up(shopper: &mut Shopper, mailbox: &dyn Mailbox, report: &mut Report<'_>) -> Result<()> {
    let answer = shopper.register().await?;
    ensure!(answer["status"] == "verification_sent", "unexpected answer {answer}");
    report.step("POST /auth/register", "202 verification_sent");
    let refused =
        shopper.post("/auth/login", &json!({ "email": shopper.email, "password": crate::PASSWORD })).await?;
    ensure!(
        (refused.status, refused.code().as_str()) == (403, "email_unverified"),
        "login before verification"
    );
    report.step("POST /auth/login (too early)", "403 email_unverified");
    shopper.verify(mailbox).await?;
    report.step("mail, POST /auth/email/verify", "204, by the token of the mail");
    let login = shopper.login().await?;
    ensure!(login["token_type"] == "Bearer" && login["expires_in"] == 900, "unexpected answer to login");
    report.step("POST /auth/login", "200, an access token for 900 s");
    Ok(())
}

async fn choose(shopper: &Shopper, report: &mut Report<'_>) -> Result<String> {
    let some = shopper.get("/products?limit=1").await?.expect(200)?;
    let name = some["data"][0]["name"].as_str().context("the catalogue is empty")?.to_owned();
    let word = name.split_whitespace().next_back().unwrap_or_default();
    let found = shopper.get(&format!("/products?q={word}&in_stock=true&limit=100")).await?.expect(200)?;
    let products = found["data"].as_array().context("no list of products")?;
    ensure!(!products.is_empty(), "the search for {word:?} finds nothing");
    report.step("GET /products?q=", format!("200, {} found for \"{word}\"", products.len()));
    for product in products {
        let id = product["id"].as_str().context("a product without id")?;
        let product = shopper.get(&format!("/products/{id}")).await?.expect(200)?;
        let Some(sku) = product["variants"].as_array().and_then(|variants| in_stock(variants)) else {
            continue;
        };
        report.step(
            "GET /products/{id}",
            format!("200, {} ({sku})", product["name"].as_str().unwrap_or_default()),
        );
        return Ok(sku);
    }
    anyhow::bail!("nothing of what was found is in stock")
}

fn in_stock(variants: &[Value]) -> Option<String> {
    let variant = variants.iter().find(|variant| variant["availability"] != "out")?;
    variant["sku"].as_str().map(str::to_owned)
}

async fn fill_cart(shopper: &Shopper, sku: &str, report: &mut Report<'_>) -> Result<()> {
    let cart = shopper.post("/cart/items", &json!({ "sku": sku, "quantity": 1 })).await?.expect(200)?;
    ensure!(cart["lines"][0]["quantity"] == 1, "unexpected cart {cart}");
    report.step("POST /cart/items", "200, one line");
    let cart = shopper.get("/cart").await?.expect(200)?;
    ensure!(cart["lines"][0]["sku"] == sku, "the cart holds something else");
    report.step("GET /cart", format!("200, subtotal {}", money(&cart["subtotal"])));
    Ok(())
}

async fn order(shopper: &Shopper, report: &mut Report<'_>) -> Result<String> {
    let body = shopper.order_body(None, "tok_success").await?;
    report.step("GET /shipping-methods", "200");
    let key = new_uuid(&SystemClock).to_string();
    let first = shopper.order(&key, &body).await?;
    let order = first.expect(201)?;
    let (id, number) = (text(&order, "id")?, text(&order, "number")?);
    report.step("POST /orders", format!("201, {number}, {}", money(&order["totals"]["grand"])));
    let again: Answer = shopper.order(&key, &body).await?;
    ensure!(again.expect(201)?["id"] == order["id"], "the same key gave another order");
    ensure!(again.header("idempotency-replayed") == Some("true"), "the answer is not marked as replayed");
    report.step("POST /orders (same key)", "201, the same order, replayed");
    let paid = until(shopper, &format!("/orders/{id}"), |order| order["status"] == "paid").await?;
    ensure!(paid["payment_status"] == "captured", "paid but not captured");
    report.step("GET /orders/{id}", "200, paid, captured");
    Ok(id)
}

async fn follow_up(
    shopper: &Shopper,
    mailbox: &dyn Mailbox,
    order: &str,
    report: &mut Report<'_>,
) -> Result<()> {
    let number = text(&shopper.get(&format!("/orders/{order}")).await?.expect(200)?, "number")?;
    let confirmation =
        wait_for(mailbox, &shopper.email, PATIENCE, |mail| mail.subject == format!("Your order {number}"))
            .await?;
    ensure!(confirmation.text.contains("Total:"), "the confirmation has no total");
    report.step("confirmation mail", format!("\"{}\"", confirmation.subject));
    let invoice = invoice(shopper, order).await?;
    report.step("GET /orders/{id}/invoice", format!("200, a PDF of {} bytes", invoice.body.len()));
    wait_for(mailbox, &shopper.email, PATIENCE, |mail| mail.subject.starts_with("Invoice ")).await?;
    report.step("invoice mail", "with the PDF");
    until(shopper, "/cart", |cart| cart["lines"].as_array().is_some_and(Vec::is_empty)).await?;
    report.step("GET /cart", "200, empty again");
    let history = until(shopper, "/notifications/history", |page| {
        let sent = |template| {
            page["data"].as_array().is_some_and(|rows| {
                rows.iter().any(|row| row["template"] == template && row["status"] == "delivered")
            })
        };
        ["email_verification", "welcome", "order_confirmation", "invoice"].into_iter().all(sent)
    });
    let count = history.await?["data"].as_array().map_or(0, Vec::len);
    report.step("GET /notifications/history", format!("200, {count} mails, all delivered"));
    Ok(())
}

async fn invoice(shopper: &Shopper, order: &str) -> Result<Answer> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = shopper.get(&format!("/orders/{order}/invoice")).await?;
        if answer.status == 200 {
            ensure!(answer.header("content-type") == Some("application/pdf"), "the invoice is not a PDF");
            ensure!(answer.body.starts_with(b"%PDF-"), "the invoice is no PDF");
            return Ok(answer);
        }
        ensure!(answer.code() == "invoice_not_issued", "unexpected answer {}", answer.status);
        ensure!(Instant::now() < deadline, "no invoice after {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Reads `path` until it `fits`.
async fn until(shopper: &Shopper, path: &str, fits: impl Fn(&Value) -> bool) -> Result<Value> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = shopper.get(path).await?.expect(200)?;
        if fits(&answer) {
            return Ok(answer);
        }
        ensure!(Instant::now() < deadline, "{path} is not as expected after {PATIENCE:?}: {answer}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn text(value: &Value, name: &str) -> Result<String> {
    value[name].as_str().map(str::to_owned).with_context(|| format!("no {name} in the answer"))
}

fn money(value: &Value) -> String {
    format!("{} minor units of {}", value["amount"], value["currency"].as_str().unwrap_or_default())
}
