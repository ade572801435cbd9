//! `GET /internal/users/{id}/export`

use std::collections::HashSet;

use order::domain::order::OrderStatus::{Cancelled, Delivered, PendingPayment};
use order::usecases::issue_invoice;
use serde_json::{Value, json};

use crate::support::{EMAIL, Shop};

#[tokio::test]
async fn an_export_holds_everything_about_the_user_and_nothing_about_others() {
    let shop = Shop::open().await;
    let (ada, ben) = (shop.person(), shop.person());
    let id = shop.order(ada, Delivered).await;
    issue_invoice::issue(&shop.state, id).await.unwrap();
    shop.order(ben, Delivered).await;
    shop.fill_cart(ada).await;

    let path = format!("/internal/users/{ada}/export");
    let export = shop.app.get(&path).as_service("user", "export").send().await.expect(200);
    let [order] = export["orders"].as_array().unwrap().as_slice() else { panic!("{export}") };
    assert_eq!(order["id"], json!(id));
    assert_eq!(order["status"], "delivered");
    assert_eq!(order["note"], "Ring at Byron's");
    for address in ["shipping_address", "billing_address"] {
        assert_eq!(
            (&order[address]["name"], &order[address]["phone"]),
            (&json!("Ada Lovelace"), &json!("+4930123456"))
        );
    }
    assert_eq!(order["lines"][0]["sku"], "CUP");
    assert_eq!(order["totals"]["grand"], json!({ "amount": 2870, "currency": "EUR" }));
    assert_eq!(order["payments"][0], order["payment"]);
    assert_eq!(order["payment"]["status"], "captured");
    let events: Vec<&str> =
        order["events"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(events, ["order.placed", "order.paid", "invoice.issued"]);
    assert_eq!(order["invoice"]["number"], "R-2026-000001");
    assert_eq!(order["invoice"]["buyer"]["email"], EMAIL);
    assert_eq!(export["cart"]["lines"][0]["sku"], "CUP");
    assert_eq!(export["cart"]["lines"][0]["quantity"], 3);
}

#[tokio::test]
async fn an_export_holds_every_order_however_many_they_are() {
    let shop = Shop::open().await;
    let ada = shop.person();
    let mut ids = HashSet::new();
    for _ in 0..100 {
        ids.insert(json!(shop.order(ada, Cancelled).await));
    }
    let path = format!("/internal/users/{ada}/export");
    for more in 0..2 {
        let export = shop.app.get(&path).as_service("user", "export").send().await.expect(200);
        let exported: Vec<Value> =
            export["orders"].as_array().unwrap().iter().map(|order| order["id"].clone()).collect();
        assert_eq!(exported.len(), 100 + more);
        assert_eq!(exported.into_iter().collect::<HashSet<_>>(), ids);
        shop.clock.advance(1);
        ids.insert(json!(shop.order(ada, PendingPayment).await));
    }
}

#[tokio::test]
async fn somebody_of_whom_nothing_is_held_has_an_empty_export() {
    let shop = Shop::open().await;
    let path = format!("/internal/users/{}/export", shop.person());
    let export = shop.app.get(&path).as_service("user", "export").send().await.expect(200);
    assert_eq!(export, json!({ "orders": [], "cart": null }));
}

#[tokio::test]
async fn an_export_is_for_a_service_with_its_scope_only() {
    let shop = Shop::open().await;
    let ada = shop.person();
    let call = || shop.app.get(&format!("/internal/users/{ada}/export"));
    call().as_service("user", "contact").send().await.expect_problem(403, "forbidden");
    call().as_user(ada).send().await.expect_problem(403, "forbidden");
    call().send().await.expect_problem(403, "forbidden");
    call().without_identity().send().await.expect_problem(401, "unauthenticated");
    let path = "/internal/users/nobody/export";
    shop.app.get(path).as_service("user", "export").send().await.expect_problem(404, "not_found");
}
