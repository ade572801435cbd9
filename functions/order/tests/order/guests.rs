//! Orders of guests: placed with an address, opened by a token, written about.

use cartwright_contracts::events::OrderPaid;
use cartwright_test_support::{Answer, Call};
use cartwright_types::{OrderId, Role, ShippingMethodId};
use futures::future::join_all;
use order::domain::token::Token;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::prices::post;
use crate::support::{EMAIL, Shop};
use crate::warehouse::Warehouse;

const DAY: i64 = 86_400;

pub async fn open() -> (Shop, ShippingMethodId) {
    let shop = Shop::selling(&Warehouse::of(&[("CUP", 1190, 99)])).await;
    let method = post(&shop).await.parse().unwrap();
    (shop, method)
}

pub fn wish(method: ShippingMethodId, email: Option<&str>, token: &str) -> Value {
    let mut wish = json!({
        "shipping_address": {
            "name": "Ada Lovelace", "line1": "Hauptstr. 1", "city": "Berlin", "postal_code": "10115", "country": "DE"
        },
        "payment": { "provider": "test", "token": token },
        "shipping_method": method,
        "lines": [{ "sku": "CUP", "quantity": 2 }],
    });
    if let Some(email) = email {
        wish["email"] = json!(email);
    }
    wish
}

fn order(shop: &Shop, wish: &Value) -> Call {
    shop.app.post("/orders").header("idempotency-key", &Uuid::now_v7().to_string()).json(wish)
}

pub async fn placed(shop: &Shop, method: ShippingMethodId, email: &str) -> (OrderId, String) {
    let order = order(shop, &wish(method, Some(email), "tok_success")).send().await.expect(201);
    let token = order["order_token"].as_str().unwrap().to_owned();
    (order["id"].as_str().unwrap().parse().unwrap(), token)
}

async fn count(shop: &Shop, table: &str) -> i64 {
    let statement = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    sqlx::query_scalar(statement).fetch_one(shop.db.pool()).await.unwrap()
}

#[tokio::test]
async fn a_guest_buys_what_is_in_the_cart_and_follows_the_order_with_its_token() {
    let (shop, method) = open().await;
    let item = json!({ "sku": "CUP", "quantity": 2 });
    let cart = shop.app.post("/cart/items").json(&item).send().await;
    let cart_token = cart.header("x-cart-token").unwrap();
    let mut wish = wish(method, Some(" Ada@Example.com "), "tok_success");
    wish.as_object_mut().unwrap().remove("lines");
    let call =
        order(&shop, &wish).header("x-cart-token", cart_token).header("accept-language", "de-AT, en;q=0.5");
    let order = call.send().await.expect(201);
    assert_eq!((&order["email"], &order["status"]), (&json!("Ada@Example.com"), &json!("paid")));
    assert_eq!(order["totals"]["grand"]["amount"], 2870);
    let (id, token) = (order["id"].as_str().unwrap(), order["order_token"].as_str().unwrap());
    assert!(Token::parse(token).is_some());

    // The ordered version of the cart is emptied, once it is paid.
    let paid: Value = sqlx::query_scalar("SELECT data FROM order_events WHERE type = 'order.paid'")
        .fetch_one(shop.db.pool())
        .await
        .unwrap();
    let paid: OrderPaid = serde_json::from_value(paid).unwrap();
    assert_eq!((paid.user_id, paid.cart_version), (None, Some(1)));
    shop.handle(&cartwright_contracts::Envelope::new(&*shop.clock, paid.order_id, 2, "system", &paid))
        .await
        .unwrap();
    let emptied = shop.app.get("/cart").header("x-cart-token", cart_token).send().await.expect(200);
    assert_eq!((&emptied["lines"], &emptied["id"]), (&json!([]), &cart.json()["id"]));

    let get = |path: &str| shop.app.get(path).header("x-order-token", token);
    let path = format!("/orders/{id}");
    let read = get(&path).send().await;
    let body = read.expect(200);
    assert_eq!((&body["email"], body.get("order_token")), (&json!("Ada@Example.com"), None));
    assert_eq!(read.header("cache-control"), Some("private, no-store"));
    // The link in the mail has the token in its query.
    shop.app.get(&format!("{path}?order_token={token}")).send().await.expect(200);
    let events = get(&format!("{path}/events")).send().await.expect(200);
    assert_eq!(
        (&events["data"][0]["type"], &events["data"][0]["actor"]),
        (&json!("order.placed"), &json!("guest"))
    );
    assert_eq!(events["data"][0]["data"]["user_id"], Value::Null);
    let invoice =
        get(&format!("{path}/invoice")).header("accept", "application/json").send().await.expect(200);
    assert_eq!(
        (&invoice["buyer"]["email"], &invoice["locale"]),
        (&json!("Ada@Example.com"), &json!("de-AT"))
    );
    let payment = body["payment"]["id"].as_str().unwrap();
    get(&format!("/payments/{payment}")).send().await.expect(200);
}

#[tokio::test]
async fn an_order_is_its_tokens_bearers_and_nobody_elses() {
    let (shop, method) = open().await;
    let (id, token) = placed(&shop, method, EMAIL).await;
    let (_, others) = placed(&shop, method, EMAIL).await;
    let payment = shop.app.get(&format!("/orders/{id}")).header("x-order-token", &token).send().await.json();
    let payment = payment["payment"]["id"].as_str().unwrap().to_owned();
    let paths = [
        format!("/orders/{id}"),
        format!("/orders/{id}/events"),
        format!("/orders/{id}/invoice"),
        format!("/payments/{payment}"),
    ];
    let stranger = shop.person();
    for path in &paths {
        let wrong: [Call; 5] = [
            shop.app.get(path),
            shop.app.get(path).header("x-order-token", &others),
            shop.app.get(path).header("x-order-token", "rubbish"),
            shop.app.get(path).header("x-order-token", Token::random().expose()),
            shop.app.get(path).as_user(stranger),
        ];
        for call in wrong {
            call.send().await.expect_problem(404, "not_found");
        }
        shop.app
            .get(path)
            .as_service("product", "orders")
            .header("x-order-token", &token)
            .send()
            .await
            .expect_problem(403, "forbidden");
    }
    let pay = |token: &str| {
        let body = json!({ "payment": { "provider": "test", "token": "tok_success" } });
        shop.app.post(&format!("/orders/{id}/pay")).header("x-order-token", token).json(&body)
    };
    pay(&others).send().await.expect_problem(404, "not_found");
    pay(&token).send().await.expect_problem(409, "already_paid");
    // It opens no list and makes nobody staff.
    shop.app
        .get("/orders")
        .header("x-order-token", &token)
        .send()
        .await
        .expect_problem(401, "unauthenticated");
    // A signed-in bearer has it too, and staff need none.
    shop.app.get(&paths[0]).as_user(stranger).header("x-order-token", &token).send().await.expect(200);
    shop.app.get(&paths[0]).as_role(stranger, Role::Staff).send().await.expect(200);

    shop.clock.advance(90 * DAY - 1);
    shop.app.get(&paths[0]).header("x-order-token", &token).send().await.expect(200);
    shop.clock.advance(1);
    shop.app.get(&paths[0]).header("x-order-token", &token).send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_guest_acts_at_the_bank_and_pays_again_after_a_refusal() {
    let (shop, method) = open().await;
    let body = order(&shop, &wish(method, Some(EMAIL), "tok_action_required")).send().await.expect(201);
    let token = body["order_token"].as_str().unwrap();
    let action = format!("/payments/{}/test-action", body["payment"]["id"].as_str().unwrap());
    let act = |call: Call| call.json(&json!({ "outcome": "success" })).send();
    act(shop.app.post(&action)).await.expect_problem(404, "not_found");
    act(shop.app.post(&action).header("x-order-token", token)).await.expect(200);

    let body = order(&shop, &wish(method, Some(EMAIL), "tok_decline")).send().await.expect(201);
    assert_eq!(body["payment_status"], "failed");
    let token = body["order_token"].as_str().unwrap();
    let pay = json!({ "payment": { "provider": "test", "token": "tok_success" } });
    let path = format!("/orders/{}/pay", body["id"].as_str().unwrap());
    let paid = shop.app.post(&path).header("x-order-token", token).header("idempotency-key", "k").json(&pay);
    assert_eq!(paid.send().await.expect(200)["status"], "paid");
    let again = shop.app.post(&path).header("x-order-token", token).header("idempotency-key", "k").json(&pay);
    assert_eq!(again.send().await.header("idempotency-replayed"), Some("true"));
}

#[tokio::test]
async fn the_same_order_sent_twenty_times_at_once_is_one_with_one_token() {
    let (shop, method) = open().await;
    let key = Uuid::now_v7().to_string();
    let wish = wish(method, Some(EMAIL), "tok_success");
    let send = || shop.app.post("/orders").header("idempotency-key", &key).json(&wish).send();
    let answers: Vec<Answer> = join_all((0..20).map(|_| send())).await;
    let replay = send().await;
    let body = replay.expect(201);
    assert_eq!(replay.header("idempotency-replayed"), Some("true"));
    assert!(Token::parse(body["order_token"].as_str().unwrap()).is_some());
    for answer in answers {
        match answer.status.as_u16() {
            201 => assert_eq!(answer.json(), body),
            _ => drop(answer.expect_problem(409, "idempotency_in_flight")),
        }
    }
    assert_eq!(count(&shop, "orders").await, 1);
    // Nothing that is stored opens the order.
    let stored: String =
        sqlx::query_scalar("SELECT body FROM idempotency_keys").fetch_one(shop.db.pool()).await.unwrap();
    assert!(!stored.contains(body["order_token"].as_str().unwrap()) && stored.contains("C-"));
}

#[tokio::test]
async fn who_is_not_signed_in_says_where_to_write_to_and_who_is_does_not() {
    let (shop, method) = open().await;
    let code = |answer: Answer, pointer: &str| {
        let problem = answer.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer);
        problem["errors"][0]["code"].as_str().unwrap().to_owned()
    };
    let nobody = order(&shop, &wish(method, None, "tok_success")).send().await;
    assert_eq!(code(nobody, "/email"), "required");
    let user = shop.person();
    let both = order(&shop, &wish(method, Some(EMAIL), "tok_success")).as_user(user).send().await;
    assert_eq!(code(both, "/email"), "not_allowed");
    for bad in ["ada", "a@b", "ada@example.com\nBcc: eve@example.com", ""] {
        let answer = order(&shop, &wish(method, Some(bad), "tok_success")).send().await;
        assert_eq!(code(answer, "/email"), "invalid_email", "{bad}");
    }
    let signed_in = order(&shop, &wish(method, None, "tok_success")).as_user(user).send().await.expect(201);
    assert_eq!(signed_in.get("order_token"), None);

    let wish = wish(method, Some(EMAIL), "tok_success");
    shop.app.post("/orders").json(&wish).send().await.expect_problem(400, "idempotency_key_required");
    let guessed = shop.app.post("/orders").header("idempotency-key", "1").json(&wish);
    guessed.send().await.expect_problem(400, "idempotency_key_invalid");
    let token = Token::random();
    let with_cart =
        shop.app.post("/orders").header("idempotency-key", "1").header("x-cart-token", token.expose());
    with_cart.json(&wish).send().await.expect(201);
    let mut empty = wish.clone();
    empty.as_object_mut().unwrap().remove("lines");
    assert_eq!(code(order(&shop, &empty).send().await, "/lines"), "required");
}

#[tokio::test]
async fn a_cart_that_is_brought_along_is_ordered_with_the_users_own() {
    let (shop, method) = open().await;
    let user = shop.person();
    let cart = shop.app.post("/cart/items").json(&json!({ "sku": "CUP", "quantity": 2 })).send().await;
    let token = cart.header("x-cart-token").unwrap();
    let add = shop.app.post("/cart/items").as_user(user).json(&json!({ "sku": "CUP", "quantity": 1 }));
    add.send().await.expect(200);
    let mut wish = wish(method, None, "tok_success");
    wish.as_object_mut().unwrap().remove("lines");
    let order = order(&shop, &wish).as_user(user).header("x-cart-token", token).send().await.expect(201);
    assert_eq!(order["lines"][0]["quantity"], 3);
    let row = shop.find(order["id"].as_str().unwrap().parse().unwrap()).await;
    assert_eq!((row.cart_owner, row.cart_version), (Some(format!("user:{user}")), Some(2)));
}

#[tokio::test]
async fn notification_is_told_where_to_write_and_what_opens_the_order() {
    let (shop, method) = open().await;
    let (id, token) = placed(&shop, method, EMAIL).await;
    let contact = |id: OrderId| shop.app.get(&format!("/internal/orders/{id}/contact"));
    let told = contact(id).as_service("notification", "contact").send().await.expect(200);
    assert_eq!(told, json!({ "order_id": id, "email": EMAIL, "locale": "en", "order_token": token }));
    let user = shop.person();
    let theirs = shop.order(user, order::domain::order::OrderStatus::Paid).await;
    for none in [theirs, OrderId::new(&*shop.clock)] {
        contact(none).as_service("notification", "contact").send().await.expect_problem(404, "not_found");
    }
    contact(id).as_service("notification", "export").send().await.expect_problem(403, "forbidden");
    contact(id).as_user(user).send().await.expect_problem(403, "forbidden");
    contact(id).header("x-order-token", &token).send().await.expect_problem(403, "forbidden");
    // A token that is over is not sent to anybody.
    shop.clock.advance(90 * DAY);
    let late = contact(id).as_service("notification", "contact").send().await.expect(200);
    assert_eq!(late["order_token"], Value::Null);
}

#[tokio::test]
async fn the_database_keeps_an_order_from_having_no_buyer() {
    let (shop, method) = open().await;
    let (id, _) = placed(&shop, method, EMAIL).await;
    for (change, constraint) in [
        ("guest_email = NULL, guest_email_normalised = NULL", "orders_buyer"),
        ("guest_email_normalised = NULL", "orders_guest"),
        ("order_token_hash = '\\x00'", "orders_guest"),
        ("status = 'cancelled', note = NULL, anonymised_at = now()", "orders_anonymised_guest"),
    ] {
        let statement = sqlx::AssertSqlSafe(format!("UPDATE orders SET {change} WHERE id = $1"));
        let refused = sqlx::query(statement).bind(id.uuid()).execute(shop.db.pool()).await.unwrap_err();
        assert!(cartwright_database::violates(&refused, constraint), "{change}: {refused}");
    }
}

#[tokio::test]
async fn a_guest_cancels_with_the_orders_token_and_hears_of_it_live() {
    let (shop, method) = open().await;
    let (id, token) = placed(&shop, method, "ada@example.com").await;
    let (path, stream) = (format!("/orders/{id}/cancel"), format!("/orders/{id}/events"));
    shop.app.post(&path).send().await.expect_problem(404, "not_found");
    let cancelled = shop.app.post(&path).header("x-order-token", &token).send().await.expect(200);
    assert_eq!(cancelled["status"], "cancelled");
    let listen = shop.app.get(&stream).header("accept", "text/event-stream").header("x-order-token", &token);
    let heard = String::from_utf8(listen.send().await.body).unwrap();
    assert!(heard.contains("event: order.cancelled"), "{heard}");
    let events = shop.app.get(&stream).header("x-order-token", &token).send().await.expect(200);
    let told = events["data"].as_array().unwrap().iter().find(|event| event["type"] == "order.cancelled");
    assert_eq!(
        (&told.unwrap()["actor"], &told.unwrap()["data"]["reason"]),
        (&json!("guest"), &json!("buyer"))
    );
    let status = format!("/orders/{id}/status");
    let call = shop.app.post(&status).header("x-order-token", &token).json(&json!({ "status": "shipped" }));
    call.send().await.expect_problem(401, "unauthenticated");
}
