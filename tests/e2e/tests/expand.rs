//! `GET /orders/{id}?expand=payments,notifications` through the gateway, in the names of all who may and may not.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::{Duration, Instant};

use e2e::{Api, Shopper};
use localstack::databases::Database;
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

/// Somebody's order of one piece, paid; a guest's where they are not signed in.
async fn place(shopper: &Shopper, sku: &str) -> Value {
    let lines = json!([{ "sku": sku, "quantity": 1 }]);
    let mut body = shopper.order_body(Some(lines), "tok_success").await.unwrap();
    if shopper.token.is_none() {
        body["email"] = json!(shopper.email);
    }
    shopper.order(&Uuid::now_v7().to_string(), &body).await.unwrap().expect(201).unwrap()
}

fn templates(order: &Value) -> Vec<&str> {
    let told = order["notifications"].as_array().unwrap();
    told.iter().map(|row| row["template"].as_str().unwrap()).collect()
}

/// Reads until the confirmation is among what was said.
async fn until_confirmed(reader: &Shopper, path: &str) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = reader.get(path).await.unwrap();
        let order = answer.expect(200).unwrap();
        assert_eq!((answer.header("etag"), order.get("expand_errors")), (None, None), "{order}");
        if templates(&order).contains(&"order_confirmation") {
            return order;
        }
        assert!(Instant::now() < deadline, "{path} stays {order}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// The order's tag. It may change while it is read.
async fn nothing_else_is_different(reader: &Shopper, path: &str, expanded: &str) -> String {
    loop {
        let answer = reader.get(path).await.unwrap();
        let plain = answer.expect(200).unwrap();
        let mut order = reader.get(expanded).await.unwrap().expect(200).unwrap();
        order.as_object_mut().unwrap().retain(|name, _| name != "payments" && name != "notifications");
        if plain["version"] == order["version"] {
            assert_eq!(plain, order);
            return answer.header("etag").unwrap().to_owned();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_read_with_its_payments_and_what_was_said_of_it_by_whoever_may_read_it() {
    let stack = Stack::start(Options::from_env().unwrap()).await.unwrap();
    let (api, mailbox) = (Api::new(&stack.base_url()), stack.mailbox().await.unwrap());
    let staff = staff(&stack, &api).await;
    let ada = Shopper::join(&api, mailbox.as_ref()).await.unwrap();
    let ben = Shopper::join(&api, mailbox.as_ref()).await.unwrap();
    let products = PgPool::connect(&stack.database_url(Database::Products)).await.unwrap();
    let statement = "SELECT sku FROM inventory WHERE available > 5 ORDER BY sku LIMIT 1";
    let sku: String = sqlx::query_scalar(statement).fetch_one(&products).await.unwrap();

    let placed = place(&ada, &sku).await;
    let path = format!("/orders/{}", placed["id"].as_str().unwrap());
    let both = format!("{path}?expand=payments,notifications");
    let order = until_confirmed(&ada, &both).await;
    let [payment] = order["payments"].as_array().unwrap().as_slice() else { panic!("{order}") };
    assert_eq!((&payment["id"], &payment["status"]), (&placed["payment"]["id"], &json!("captured")));
    let history = ada.get("/notifications/history").await.unwrap().expect(200).unwrap();
    let confirmed = |list: &Value| {
        let rows = list.as_array().unwrap();
        rows.iter().find(|row| row["template"] == "order_confirmation").unwrap()["id"].clone()
    };
    assert_eq!(confirmed(&order["notifications"]), confirmed(&history["data"]));
    assert!(order["notifications"].as_array().unwrap().iter().all(|row| row["order_id"] == order["id"]));
    let tag = nothing_else_is_different(&ada, &path, &both).await;
    let held = [("if-none-match", tag.as_str())];
    let unchanged = ada.call_with(reqwest::Method::GET, &both, &held, &Value::Null).await.unwrap();
    assert_eq!(unchanged.status, 200, "the order's tag says nothing of its parts");

    let seen = staff.get(&both).await.unwrap().expect(200).unwrap();
    assert_eq!(seen["payments"], order["payments"]);
    assert_eq!(confirmed(&seen["notifications"]), confirmed(&order["notifications"]));
    for reader in [&ben, &Shopper::new(&api)] {
        let answer = reader.get(&both).await.unwrap();
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"));
        assert!(!String::from_utf8_lossy(&answer.body).contains("order_confirmation"));
    }
    let refused = ada.get(&format!("{path}?expand=payments,secrets")).await.unwrap();
    assert_eq!((refused.status, refused.code().as_str()), (422, "validation_failed"));
    // What the parts are asked inside is not to be reached.
    for part in ["payments", "notifications"] {
        assert_eq!(ada.get(&format!("/internal{path}/{part}")).await.unwrap().status, 404);
    }

    let guest = Shopper::new(&api);
    let placed = place(&guest, &sku).await;
    let (id, token) = (placed["id"].as_str().unwrap(), placed["order_token"].as_str().unwrap());
    let link = format!("/orders/{id}?order_token={token}&expand=notifications,payments");
    let order = until_confirmed(&guest, &link).await;
    assert_eq!(order["payments"][0]["id"], placed["payment"]["id"]);
    let headers = [("x-order-token", token)];
    let path = format!("/orders/{id}?expand=payments");
    let order = guest.call_with(reqwest::Method::GET, &path, &headers, &Value::Null).await.unwrap();
    assert_eq!(order.expect(200).unwrap()["payments"][0]["id"], placed["payment"]["id"]);
    assert_eq!(ben.get(&path).await.unwrap().status, 404);
    stack.stop().await.unwrap();
}
