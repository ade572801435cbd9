//! `GET /internal/orders/{id}/payments`

use cartwright_types::{Role, UserId};
use order::domain::order::OrderStatus::Paid;
use order::domain::token::Token;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::guests::{open, wish};
use crate::support::{EMAIL, Shop};

#[tokio::test]
async fn they_are_as_each_is_read_newest_first() {
    let (shop, method) = open().await;
    let order = shop.app.post("/orders").header("idempotency-key", &Uuid::now_v7().to_string());
    let order = order.json(&wish(method, Some(EMAIL), "tok_decline")).send().await.expect(201);
    let (id, token) = (order["id"].as_str().unwrap(), order["order_token"].as_str().unwrap());
    shop.clock.advance(1);
    let again = json!({ "payment": { "provider": "test", "token": "tok_success" } });
    let pay = shop.app.post(&format!("/orders/{id}/pay")).header("x-order-token", token).json(&again);
    pay.send().await.expect(200);

    let path = format!("/internal/orders/{id}/payments");
    let payments = shop.app.get(&path).header("x-order-token", token).send().await.expect(200);
    let statuses: Vec<&Value> =
        payments.as_array().unwrap().iter().map(|payment| &payment["status"]).collect();
    assert_eq!(statuses, ["captured", "failed"]);
    for payment in payments.as_array().unwrap() {
        let read = format!("/payments/{}", payment["id"].as_str().unwrap());
        let read = shop.app.get(&read).header("x-order-token", token).send().await.expect(200);
        assert_eq!(&read, payment);
    }
    // The link in a guest's mail has the token in its query.
    let linked = shop.app.get(&format!("{path}?order_token={token}")).send().await.expect(200);
    assert_eq!(linked, payments);
    shop.app.get(&format!("{path}?expand=payments")).send().await.expect_problem(400, "invalid_parameter");
}

#[tokio::test]
async fn they_are_told_to_whoever_may_read_the_order() {
    let shop = Shop::open().await;
    let (ada, ben, staff) = (shop.person(), shop.person(), UserId::new(&*shop.clock));
    let id = shop.order(ada, Paid).await;
    let call = || shop.app.get(&format!("/internal/orders/{id}/payments"));
    for reader in [call().as_user(ada), call().as_role(staff, Role::Staff)] {
        let payments = reader.send().await.expect(200);
        assert_eq!(payments[0]["order_id"], json!(id));
        assert_eq!(payments.as_array().unwrap().len(), 1);
    }
    let token = Token::random();
    for stranger in [call(), call().as_user(ben), call().header("x-order-token", token.expose())] {
        stranger.send().await.expect_problem(404, "not_found");
    }
    call().as_service("notification", "contact").send().await.expect_problem(403, "forbidden");
    call().without_identity().send().await.expect_problem(401, "unauthenticated");
    shop.app
        .get("/internal/orders/latest/payments")
        .as_user(ada)
        .send()
        .await
        .expect_problem(404, "not_found");
}
