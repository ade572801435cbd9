//! An order's life after its payment, through the gateway: followed live, sent, cancelled, refunded; its stock and its mails.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::{Duration, Instant};

use e2e::{Api, Shopper};
use localstack::databases::Database;
use localstack::mail::wait_for;
use localstack::{Options, Stack};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_mins(1);

async fn staff(stack: &Stack, api: &Api) -> Shopper {
    let mailbox = stack.mailbox().await.unwrap();
    let mut staff = Shopper::join(api, mailbox.as_ref()).await.unwrap();
    let users = PgPool::connect(&stack.database_url(Database::Users)).await.unwrap();
    let statement = "UPDATE users SET role = 'staff' WHERE email = $1";
    sqlx::query(statement).bind(&staff.email).execute(&users).await.unwrap();
    staff.login().await.unwrap();
    staff
}

async fn place(shopper: &Shopper, sku: &str, quantity: i64) -> Value {
    let lines = json!([{ "sku": sku, "quantity": quantity }]);
    let body = shopper.order_body(Some(lines), "tok_success").await.unwrap();
    let order = shopper.order(&Uuid::now_v7().to_string(), &body).await.unwrap().expect(201).unwrap();
    assert_eq!(order["status"], "paid");
    order
}

/// Events as they come, with when; until the stream ends.
async fn follow(base: &str, shopper: &Shopper, order: &Value) -> Vec<(String, Instant)> {
    let url = format!("{base}/orders/{}/events", order["id"].as_str().unwrap());
    let request = reqwest::Client::new().get(url).header("accept", "text/event-stream");
    let mut answer = request.bearer_auth(shopper.token.as_ref().unwrap()).send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()),
        (200, "text/event-stream")
    );
    let (mut heard, mut text) = (Vec::new(), String::new());
    while let Some(chunk) = answer.chunk().await.unwrap() {
        text.push_str(std::str::from_utf8(&chunk).unwrap());
        while let Some((event, rest)) = text.split_once("\n\n") {
            let name = event.lines().find_map(|line| line.strip_prefix("event: "));
            heard.extend(name.map(|name| (name.to_owned(), Instant::now())));
            text = rest.to_owned();
        }
    }
    heard
}

async fn available(products: &PgPool, sku: &str) -> i64 {
    let statement = "SELECT available FROM inventory WHERE sku = $1";
    sqlx::query_scalar(statement).bind(sku).fetch_one(products).await.unwrap()
}

async fn until_available(products: &PgPool, sku: &str, expected: i64) {
    let deadline = Instant::now() + PATIENCE;
    while available(products, sku).await != expected {
        assert!(Instant::now() < deadline, "{sku}: {} and not {expected}", available(products, sku).await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_followed_sent_refunded_and_another_is_cancelled() {
    let options = Options::from_env().unwrap().set("RECONCILE_INTERVAL_SECONDS", "2");
    let stack = Stack::start(options).await.unwrap();
    let (base, mailbox) = (stack.base_url(), stack.mailbox().await.unwrap());
    let api = Api::new(&base);
    let (ada, staff) = (Shopper::join(&api, mailbox.as_ref()).await.unwrap(), staff(&stack, &api).await);
    let products = PgPool::connect(&stack.database_url(Database::Products)).await.unwrap();
    let sku: String =
        sqlx::query_scalar("SELECT sku FROM inventory WHERE available > 5 ORDER BY sku LIMIT 1")
            .fetch_one(&products)
            .await
            .unwrap();
    let before = available(&products, &sku).await;

    let order = place(&ada, &sku, 2).await;
    let number = order["number"].as_str().unwrap();
    let path = format!("/orders/{}", order["id"].as_str().unwrap());
    let moving = async {
        let mut moved = Vec::new();
        for body in [
            json!({ "status": "processing" }),
            json!({ "status": "shipped", "tracking": { "carrier": "DHL", "tracking_number": "4711" } }),
            json!({ "status": "delivered" }),
        ] {
            tokio::time::sleep(Duration::from_millis(1500)).await;
            staff.post(&format!("{path}/status"), &body).await.unwrap().expect(200).unwrap();
            moved.push(Instant::now());
        }
        moved
    };
    let (heard, moved) = tokio::join!(follow(&base, &ada, &order), moving);
    let names: Vec<&str> =
        heard.iter().map(|(name, _)| name.as_str()).filter(|name| *name != "invoice.issued").collect();
    assert_eq!(names[..2], ["order.placed", "order.paid"]);
    let changes: Vec<Instant> =
        heard.iter().filter(|(name, _)| name == "order.status_changed").map(|(_, at)| *at).collect();
    assert_eq!(changes.len(), 3, "{names:?}");
    for (heard, moved) in changes.iter().zip(&moved) {
        let late = heard.saturating_duration_since(*moved);
        assert!(late < Duration::from_millis(1500), "an event came {late:?} after the answer");
    }
    for (subject, part) in [
        (format!("Your order {number} is on its way"), "4711"),
        (format!("Your order {number} was delivered"), number),
    ] {
        let fits = |mail: &localstack::mail::Mail| mail.subject == subject && mail.text.contains(part);
        wait_for(mailbox.as_ref(), &ada.email, PATIENCE, fits).await.unwrap();
    }

    let refund = json!({ "lines": [{ "line_id": order["lines"][0]["id"], "quantity": 1 }], "reason": "Broken", "restock": true });
    let key = Uuid::now_v7().to_string();
    let headers = [("idempotency-key", key.as_str())];
    let answer =
        staff.call_with(reqwest::Method::POST, &format!("{path}/refunds"), &headers, &refund).await.unwrap();
    assert_eq!(answer.expect(201).unwrap()["status"], "succeeded");
    let subject = format!("Money for your order {number} is on its way back");
    wait_for(mailbox.as_ref(), &ada.email, PATIENCE, |mail| mail.subject == subject).await.unwrap();
    until_available(&products, &sku, before - 1).await;
    let refunds = staff.get(&format!("{path}/refunds")).await.unwrap().expect(200).unwrap();
    assert_eq!(refunds["data"].as_array().unwrap().len(), 1);

    let other = place(&ada, &sku, 3).await;
    let path = format!("/orders/{}/cancel", other["id"].as_str().unwrap());
    let cancelled = ada.post(&path, &Value::Null).await.unwrap().expect(200).unwrap();
    assert_eq!(
        (&cancelled["status"], &cancelled["payment_status"]),
        (&json!("cancelled"), &json!("refunded"))
    );
    until_available(&products, &sku, before - 1).await;
    let listed =
        staff.get("/orders?payment_status=refunded&status=cancelled").await.unwrap().expect(200).unwrap();
    assert_eq!(listed["data"][0]["id"], other["id"]);
    let discrepancies = staff.get("/payments/discrepancies").await.unwrap().expect(200).unwrap();
    assert_eq!(discrepancies["data"], json!([]));
    stack.stop().await.unwrap();
}
