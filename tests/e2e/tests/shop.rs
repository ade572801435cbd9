//! The shop from outside, on real parts: one stack for all that follows, since starting it takes seconds.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashMap;
use std::time::{Duration, Instant};

use e2e::{Api, PASSWORD, Shopper, guest_purchase, purchase, token_in};
use futures::future::join_all;
use localstack::databases::Database;
use localstack::mail::{Mail, Mailbox, wait_for};
use localstack::{Options, Service, Stack};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

async fn pool(stack: &Stack, database: Database) -> PgPool {
    PgPool::connect(&stack.database_url(database)).await.unwrap()
}

/// A variant with exactly `on_hand` pieces and nothing reserved.
async fn stocked(stack: &Stack, on_hand: i64) -> String {
    let products = pool(stack, Database::Products).await;
    let sku: String = sqlx::query_scalar(
        "SELECT sku FROM inventory WHERE reserved = 0 AND on_hand > 0 ORDER BY sku DESC LIMIT 1",
    )
    .fetch_one(&products)
    .await
    .unwrap();
    let before: i64 = sqlx::query_scalar("SELECT on_hand FROM inventory WHERE sku = $1")
        .bind(&sku)
        .fetch_one(&products)
        .await
        .unwrap();
    adjust(&products, &sku, on_hand - before).await;
    sku
}

/// As a stock count would: the ledger and the stock in one transaction.
async fn adjust(products: &PgPool, sku: &str, by: i64) {
    let mut tx = products.begin().await.unwrap();
    sqlx::query("UPDATE inventory SET on_hand = on_hand + $2 WHERE sku = $1")
        .bind(sku)
        .bind(by)
        .execute(&mut *tx)
        .await
        .unwrap();
    let movement = "INSERT INTO inventory_movements (sku, quantity, cause, reason, actor, occurred_at) VALUES ($1, $2, 'adjust', 'a test', 'test', now())";
    sqlx::query(movement).bind(sku).bind(by).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

async fn wait<F: Future<Output = bool>>(what: &str, check: impl Fn() -> F) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !check().await {
        assert!(Instant::now() < deadline, "not within 30 s: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn tally(statuses: impl IntoIterator<Item = u16>) -> HashMap<u16, usize> {
    statuses.into_iter().fold(HashMap::new(), |mut counts, status| {
        *counts.entry(status).or_default() += 1;
        counts
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purchase_works_from_end_to_end_and_the_race_for_the_last_pieces_is_fair() {
    let options =
        Options::from_env().unwrap().set("ORDER_EXPIRY_SECONDS", "20").set("RECONCILE_INTERVAL_SECONDS", "2");
    let mut stack = Stack::start(options).await.unwrap();
    let mailbox = stack.mailbox().await.unwrap();
    let api = Api::new(&stack.base_url());

    purchase(&api, mailbox.as_ref(), &mut |_| ()).await.unwrap();
    let shopper = Shopper::join(&api, mailbox.as_ref()).await.unwrap();

    let sku = stocked(&stack, 10).await;
    guest_purchase(&api, mailbox.as_ref(), &sku).await.unwrap();
    fifty_buyers_race_for_ten_pieces(&stack, &shopper).await;
    the_same_order_sent_twenty_times_at_once_is_one_order_and_one_charge(&stack, &shopper).await;
    a_declined_payment_leaves_an_order_that_can_be_paid_again(&shopper).await;
    an_action_that_is_required_is_taken(&shopper).await;
    a_lost_webhook_is_found_by_the_reconciler(&shopper).await;
    an_unpaid_order_expires_and_its_stock_goes_back(&stack, &shopper).await;
    rubbish_gets_a_problem(&shopper).await;
    a_key_whose_request_did_not_fit_serves_another(&shopper).await;
    the_rest_of_the_api_answers_too(&stack, &shopper).await;
    an_account_is_exported_and_erased_everywhere(&stack, &api, mailbox.as_ref()).await;
    a_new_address_is_proven_by_mail(&api, mailbox.as_ref()).await;
    staff_have_mail_sent(&stack, &api, mailbox.as_ref()).await;
    an_order_placed_while_notification_is_down_is_confirmed_later(&mut stack, &shopper).await;

    stack.stop().await.unwrap();
}

/// Orders as a good client does: 503 is tried again with the same key.
async fn order_until_decided(shopper: &Shopper, key: &str, body: &Value) -> e2e::Answer {
    for _ in 0..30 {
        let answer = shopper.order(key, body).await.unwrap();
        if answer.status != 503 {
            return answer;
        }
        assert!(answer.header("retry-after").is_some(), "a 503 says when to try again");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("nothing but 503");
}

async fn fifty_buyers_race_for_ten_pieces(stack: &Stack, shopper: &Shopper) {
    let sku = stocked(stack, 10).await;
    let body = shopper.order_body(Some(json!([{ "sku": sku, "quantity": 1 }])), "tok_success").await.unwrap();
    let answers = join_all((0..50).map(|_| {
        let (shopper, body) = (shopper.clone(), body.clone());
        async move { order_until_decided(&shopper, &Uuid::now_v7().to_string(), &body).await }
    }))
    .await;
    assert_eq!(tally(answers.iter().map(|answer| answer.status)), HashMap::from([(201, 10), (409, 40)]));
    for refused in answers.iter().filter(|answer| answer.status == 409) {
        let problem = refused.json();
        assert_eq!(
            (problem["code"].as_str(), problem["lines"][0]["sku"].as_str()),
            (Some("insufficient_stock"), Some(&*sku))
        );
    }
    let products = pool(stack, Database::Products).await;
    wait("all ten are sold", async || {
        let left: (i64, i64) = sqlx::query_as("SELECT on_hand, reserved FROM inventory WHERE sku = $1")
            .bind(&sku)
            .fetch_one(&products)
            .await
            .unwrap();
        left == (0, 0)
    })
    .await;
}

async fn the_same_order_sent_twenty_times_at_once_is_one_order_and_one_charge(
    stack: &Stack,
    shopper: &Shopper,
) {
    let sku = stocked(stack, 30).await;
    let body = shopper.order_body(Some(json!([{ "sku": sku, "quantity": 1 }])), "tok_success").await.unwrap();
    let key = Uuid::now_v7().to_string();
    let orders = pool(stack, Database::Orders).await;
    let charges = async || -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM test_provider_payments").fetch_one(&orders).await.unwrap()
    };
    let before = charges().await;
    let answers = join_all((0..20).map(|_| order_until_decided(shopper, &key, &body))).await;
    let mut ids: Vec<Value> = Vec::new();
    for answer in answers {
        match answer.status {
            201 => ids.push(answer.json()["id"].clone()),
            409 => assert_eq!(answer.code(), "idempotency_in_flight"),
            other => panic!("unexpected status {other}"),
        }
    }
    ids.dedup();
    assert_eq!((ids.len(), charges().await - before), (1, 1));
    let replayed = shopper.order(&key, &body).await.unwrap();
    assert_eq!((replayed.status, replayed.header("idempotency-replayed")), (201, Some("true")));
    assert_eq!(replayed.json()["id"], ids[0]);
    let mut other = body.clone();
    other["note"] = json!("something else");
    let reused = shopper.order(&key, &other).await.unwrap();
    assert_eq!((reused.status, reused.code().as_str()), (422, "idempotency_key_reused"));
}

async fn place(shopper: &Shopper, token: &str) -> Value {
    let some = shopper.get("/products?in_stock=true&limit=1").await.unwrap().expect(200).unwrap();
    let id = some["data"][0]["id"].as_str().unwrap();
    let product = shopper.get(&format!("/products/{id}")).await.unwrap().expect(200).unwrap();
    let variants = product["variants"].as_array().unwrap();
    let sku = &variants.iter().find(|variant| variant["availability"] != "out").unwrap()["sku"];
    let body = shopper.order_body(Some(json!([{ "sku": sku, "quantity": 1 }])), token).await.unwrap();
    shopper.order(&Uuid::now_v7().to_string(), &body).await.unwrap().expect(201).unwrap()
}

async fn until_status(shopper: &Shopper, order: &Value, status: &str) {
    let path = format!("/orders/{}", order["id"].as_str().unwrap());
    wait(status, async || shopper.get(&path).await.unwrap().json()["status"] == status).await;
}

async fn a_declined_payment_leaves_an_order_that_can_be_paid_again(shopper: &Shopper) {
    let order = place(shopper, "tok_decline").await;
    assert_eq!(
        (order["status"].as_str(), order["payment_status"].as_str()),
        (Some("pending_payment"), Some("failed"))
    );
    let path = format!("/orders/{}/pay", order["id"].as_str().unwrap());
    let body = json!({ "payment": { "provider": "test", "token": "tok_success" } });
    let paid = shopper.post(&path, &body).await.unwrap().expect(200).unwrap();
    assert_eq!((paid["status"].as_str(), paid["payment_status"].as_str()), (Some("paid"), Some("captured")));
    let again = shopper.post(&path, &body).await.unwrap();
    assert_eq!((again.status, again.code().as_str()), (409, "already_paid"));
}

async fn an_action_that_is_required_is_taken(shopper: &Shopper) {
    let order = place(shopper, "tok_action_required").await;
    assert_eq!(order["payment_status"], "requires_action");
    let path = order["payment"]["client_action"]["path"].as_str().unwrap();
    shopper.post(path, &json!({ "outcome": "success" })).await.unwrap().expect(200).unwrap();
    until_status(shopper, &order, "paid").await;
}

async fn a_lost_webhook_is_found_by_the_reconciler(shopper: &Shopper) {
    let order = place(shopper, "tok_lost_webhook").await;
    assert_eq!(
        (order["status"].as_str(), order["payment_status"].as_str()),
        (Some("pending_payment"), Some("processing"))
    );
    until_status(shopper, &order, "paid").await;
}

async fn an_unpaid_order_expires_and_its_stock_goes_back(stack: &Stack, shopper: &Shopper) {
    let order = place(shopper, "tok_action_required").await;
    let id: Uuid = order["id"].as_str().unwrap().parse().unwrap();
    // Nobody waits twenty seconds in a test.
    let orders = pool(stack, Database::Orders).await;
    sqlx::query("UPDATE orders SET expires_at = now() - interval '1 second' WHERE id = $1")
        .bind(id)
        .execute(&orders)
        .await
        .unwrap();
    until_status(shopper, &order, "expired").await;
    let products = pool(stack, Database::Products).await;
    wait("the reservation is released", async || {
        let status: String = sqlx::query_scalar("SELECT status FROM reservations WHERE id = $1")
            .bind(id)
            .fetch_one(&products)
            .await
            .unwrap();
        status == "released"
    })
    .await;
    let body = json!({ "payment": { "provider": "test", "token": "tok_success" } });
    let late = shopper.post(&format!("/orders/{id}/pay"), &body).await.unwrap();
    assert_eq!(late.code(), "order_closed");
}

async fn rubbish_gets_a_problem(shopper: &Shopper) {
    let order = async |body: &Value| {
        let answer = shopper.order(&Uuid::now_v7().to_string(), body).await.unwrap();
        (answer.status, answer.code())
    };
    let good =
        shopper.order_body(Some(json!([{ "sku": "NO-SUCH", "quantity": 1 }])), "tok_success").await.unwrap();
    assert_eq!(order(&good).await, (422, "validation_failed".to_owned()));
    for (pointer, bad) in [
        ("/lines/0/quantity", json!(0)),
        ("/lines/0/quantity", json!(-1)),
        ("/lines/0/quantity", json!(1.5)),
        ("/lines/0/quantity", json!("1")),
        ("/lines/0/quantity", json!(1_u64 << 63)),
        ("/payment/token", json!("tok_free")),
        ("/payment/provider", json!("cash")),
        ("/shipping_address/country", json!("Germany")),
    ] {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = bad;
        let answer = shopper.order(&Uuid::now_v7().to_string(), &body).await.unwrap();
        assert_eq!((answer.status, answer.json()["errors"][0]["pointer"].as_str()), (422, Some(pointer)));
    }
    for extra in ["total", "status", "user_id", "price"] {
        let mut body = good.clone();
        body[extra] = json!(1);
        assert_eq!(shopper.order("k1", &body).await.unwrap().json()["errors"][0]["code"], "unknown_field");
    }
    let without_key = shopper.post("/orders", &good).await.unwrap();
    assert_eq!((without_key.status, without_key.code().as_str()), (400, "idempotency_key_required"));
    let foreign = shopper.get(&format!("/orders/{}", Uuid::now_v7())).await.unwrap();
    assert_eq!((foreign.status, foreign.header("content-type")), (404, Some("application/problem+json")));
    assert_eq!(shopper.get("/internal/quotes").await.unwrap().status, 404);
    let forged = Shopper { token: Some("forged.token.here".to_owned()), ..shopper.clone() };
    assert_eq!(forged.get("/cart").await.unwrap().status, 401);
    let anonymous = Shopper { token: None, ..shopper.clone() };
    assert_eq!(anonymous.get("/orders").await.unwrap().status, 401);
}

async fn a_key_whose_request_did_not_fit_serves_another(shopper: &Shopper) {
    let key = Uuid::now_v7().to_string();
    let body = async |sku: &str| {
        shopper.order_body(Some(json!([{ "sku": sku, "quantity": 1 }])), "tok_success").await.unwrap()
    };
    let (unknown, another) = (body("NO-SUCH").await, body("NOR-THIS").await);
    for body in [&unknown, &another, &unknown] {
        let refused = shopper.order(&key, body).await.unwrap();
        assert_eq!((refused.status, refused.code().as_str()), (422, "validation_failed"));
    }
}

/// Each operation that no other test calls, once and with success: `make contract-check` wants that.
async fn the_rest_of_the_api_answers_too(stack: &Stack, shopper: &Shopper) {
    let ok = async |path: &str| shopper.get(path).await.unwrap().expect(200).unwrap();
    for path in
        ["/", "/health", "/health/live", "/health/ready", "/openapi.json", "/docs", "/.well-known/jwks.json"]
    {
        ok(path).await;
    }
    ok("/users/me").await;
    let categories = ok("/categories").await;
    ok(&format!("/categories/{}", categories["data"][0]["id"].as_str().unwrap())).await;

    let sku = stocked(stack, 5).await;
    let cart = shopper
        .post("/cart/items", &json!({ "sku": sku, "quantity": 1 }))
        .await
        .unwrap()
        .expect(200)
        .unwrap();
    let line = format!("/cart/items/{}", cart["lines"][0]["id"].as_str().unwrap());
    let call = async |method, path: &str, body| {
        shopper.call(method, path, &body).await.unwrap().expect(200).unwrap()
    };
    let cart = call(Method::PATCH, &line, json!({ "quantity": 2 })).await;
    assert_eq!(cart["lines"][0]["quantity"], 2);
    let cart = call(Method::DELETE, &line, Value::Null).await;
    assert_eq!(cart["lines"], json!([]));
    call(Method::DELETE, "/cart", Value::Null).await;

    let orders = ok("/orders").await;
    let order = format!("/orders/{}", orders["data"][0]["id"].as_str().unwrap());
    let order = (ok(&format!("{order}/events")).await, ok(&order).await).1;
    ok(&format!("/payments/{}", order["payment"]["id"].as_str().unwrap())).await;
    let history = ok("/notifications/history").await;
    ok(&format!("/notifications/{}", history["data"][0]["id"].as_str().unwrap())).await;
}

/// A token that was good a moment ago is refused everywhere within the time that the contract names.
async fn until_refused(shopper: &Shopper) {
    let ended = Instant::now();
    while shopper.get("/users/me").await.unwrap().code() != "invalid_token" {
        assert!(ended.elapsed() < Duration::from_secs(5), "the access token still works");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// So many seconds from now, as the API writes a time.
fn soon(seconds: i64) -> chrono::DateTime<chrono::Utc> {
    cartwright_types::Clock::now(&cartwright_types::SystemClock) + chrono::TimeDelta::seconds(seconds)
}

/// Now, later and again, with a file of the shop's; a push message to somebody without a device goes nowhere.
async fn staff_have_mail_sent(stack: &Stack, api: &Api, mailbox: &dyn Mailbox) {
    let mut staff = Shopper::new(api);
    stack.run_role(Service::User, "create-admin", &[("ADMIN_EMAIL", &staff.email)]).await.unwrap();
    let arrives = async |address: &str, text: &str| {
        let fits = |mail: &Mail| mail.text.contains(text);
        wait_for(mailbox, address, Duration::from_secs(30), fits).await.unwrap()
    };
    let invitation = arrives(&staff.email, "/auth/password/reset?token=").await;
    let body = json!({ "token": token_in(&invitation.text).unwrap(), "password": PASSWORD });
    staff.post("/auth/password/reset", &body).await.unwrap().expect(204).unwrap();
    let account = staff.login().await.unwrap();

    let put =
        stack.aws().s3.put_object().bucket(stack.names().of("attachments")).key("attachments/terms.pdf");
    put.body(b"Terms".to_vec().into()).send().await.unwrap();
    let accepted = async |path: &str, body: &Value| {
        let answer = staff.post(path, body).await.unwrap().expect(202).unwrap();
        format!("/notifications/{}", answer["id"].as_str().unwrap())
    };
    let becomes = async |path: &str, status: &str| {
        wait(status, || async { staff.get(path).await.unwrap().expect(200).unwrap()["status"] == status })
            .await;
    };
    let address = format!("{}@example.com", Uuid::now_v7().simple());
    let mut mail = json!({
        "to": address, "subject": "Your parcel", "text": "It waits for you.",
        "attachments": [{ "filename": "terms.pdf", "s3_key": "attachments/terms.pdf" }],
    });
    let first = accepted("/notifications/email", &mail).await;
    arrives(&address, "It waits for you.").await;
    becomes(&first, "delivered").await;
    becomes(&accepted(&format!("{first}/resend"), &Value::Null).await, "delivered").await;
    // Due in a moment: the sweep tells the queue.
    mail["text"] = json!("It waits no longer.");
    mail["send_at"] = json!(soon(2));
    becomes(&accepted("/notifications/email", &mail).await, "delivered").await;
    arrives(&address, "It waits no longer.").await;
    mail["send_at"] = json!(soon(3_600));
    let later = accepted("/notifications/email", &mail).await;
    let cancelled = staff.post(&format!("{later}/cancel"), &json!({})).await.unwrap().expect(200).unwrap();
    assert_eq!(cancelled["status"], "cancelled");
    let user = &account["user"]["id"];
    let push = json!({ "user_id": user, "subject": "Your parcel", "text": "It waits for you." });
    becomes(&accepted("/notifications/push", &push).await, "suppressed").await;
    mail["kind"] = json!("marketing");
    mail["send_at"] = Value::Null;
    becomes(&accepted("/notifications/email", &mail).await, "suppressed").await;
}

async fn an_account_is_exported_and_erased_everywhere(stack: &Stack, api: &Api, mailbox: &dyn Mailbox) {
    let mut eve = Shopper::join(api, mailbox).await.unwrap();
    let address = json!({
        "name": "Eve Wagner", "line1": "Uferweg 8", "city": "Berlin", "postal_code": "10115", "country": "DE",
    });
    eve.post("/users/me/addresses", &address).await.unwrap().expect(201).unwrap();
    let order = place(&eve, "tok_action_required").await;
    let everything = eve.get("/users/me/export").await.unwrap().expect(200).unwrap();
    assert_eq!(everything["orders"][0]["number"], order["number"]);
    assert_eq!(everything["addresses"][0]["line1"], "Uferweg 8");
    assert_eq!(everything["profile"]["email"], eve.email.as_str());
    let sent = everything["notifications"].as_array().unwrap();
    assert!(sent.iter().any(|mail| mail["template"] == "email_verification"), "{sent:?}");

    eve.call(Method::DELETE, "/users/me", &Value::Null).await.unwrap().expect(202).unwrap();
    until_refused(&eve).await;
    let body = json!({ "email": eve.email, "password": e2e::PASSWORD });
    assert_eq!(
        api.send(Method::POST, "/auth/login", &[], &body).await.unwrap().code(),
        "invalid_credentials"
    );

    let orders = pool(stack, Database::Orders).await;
    let id: Uuid = order["id"].as_str().unwrap().parse().unwrap();
    sqlx::query("UPDATE orders SET expires_at = now() - interval '1 second' WHERE id = $1")
        .bind(id)
        .execute(&orders)
        .await
        .unwrap();
    wait("the order that expired is nobody's", async || {
        let name: String = sqlx::query_scalar("SELECT shipping_address->>'name' FROM orders WHERE id = $1")
            .bind(id)
            .fetch_one(&orders)
            .await
            .unwrap();
        name == "erased"
    })
    .await;
    // The address is free.
    eve.token = None;
    eve.register().await.unwrap();
    let users = pool(stack, Database::Users).await;
    let ids: i64 = sqlx::query_scalar("SELECT count(*) FROM users WHERE email = $1")
        .bind(&eve.email)
        .fetch_one(&users)
        .await
        .unwrap();
    assert_eq!(ids, 1);
}

async fn a_new_address_is_proven_by_mail(api: &Api, mailbox: &dyn Mailbox) {
    let ada = Shopper::join(api, mailbox).await.unwrap();
    let new = format!("new.{}", ada.email);
    let changed = ada.call(Method::PATCH, "/users/me", &json!({ "email": new })).await.unwrap();
    assert_eq!(changed.expect(202).unwrap()["pending_email"], new.as_str());
    let patience = Duration::from_mins(1);
    let has_link = |mail: &Mail| mail.text.contains("/auth/email/verify?token=");
    let link = wait_for(mailbox, &new, patience, has_link).await.unwrap();
    wait_for(mailbox, &ada.email, patience, |mail| mail.subject.contains("address") && !has_link(mail))
        .await
        .unwrap();
    let body = json!({ "token": token_in(&link.text).unwrap() });
    ada.post("/auth/email/verify", &body).await.unwrap().expect(204).unwrap();
    let me = ada.get("/users/me").await.unwrap().expect(200).unwrap();
    assert_eq!((&me["email"], &me["pending_email"]), (&json!(new), &Value::Null));
    ada.post("/auth/logout", &Value::Null).await.unwrap().expect(204).unwrap();
    until_refused(&ada).await;
}

async fn an_order_placed_while_notification_is_down_is_confirmed_later(stack: &mut Stack, shopper: &Shopper) {
    stack.kill(Service::Notification);
    let order = place(shopper, "tok_success").await;
    until_status(shopper, &order, "paid").await;
    stack.start_service(Service::Notification).await.unwrap();
    let subject = format!("Your order {}", order["number"].as_str().unwrap());
    let mailbox = stack.mailbox().await.unwrap();
    let patience = Duration::from_mins(1);
    localstack::mail::wait_for(mailbox.as_ref(), &shopper.email, patience, |mail| mail.subject == subject)
        .await
        .unwrap();
}
