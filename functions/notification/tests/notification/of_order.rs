//! `GET /internal/orders/{id}/notifications`

use cartwright_contracts::events::{OrderExpired, UserVerified};
use cartwright_test_support::Call;
use cartwright_types::{OrderId, Role, SystemClock, UserId};
use serde_json::{Value, json};

use crate::support::World;

fn path(order: OrderId) -> String {
    format!("/internal/orders/{order}/notifications")
}

async fn expired(world: &World, order_id: OrderId, user_id: Option<UserId>) {
    let event = OrderExpired { order_id, number: "C-2026-000001".to_owned(), user_id };
    world.handle(&world.event(&event)).await.unwrap();
    world.clock.advance(1);
}

async fn ids(call: Call) -> Vec<Value> {
    let seen = call.send().await.expect(200);
    seen.as_array().unwrap().iter().map(|row| row["id"].clone()).collect()
}

#[tokio::test]
async fn it_is_what_the_history_shows_of_one_order_newest_first() {
    let world = World::new().await;
    let (app, ada) = (world.app(), world.person());
    let (order, other) = (OrderId::new(&SystemClock), OrderId::new(&SystemClock));
    for about in [order, other, order] {
        expired(&world, about, Some(ada)).await;
    }
    // Of no order, and so in no order's part.
    world.handle(&world.event(&UserVerified { user_id: ada })).await.unwrap();
    let history = app.get("/notifications/history").as_user(ada).send().await.expect(200);
    let of_order: Vec<Value> = history["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["order_id"] == json!(order))
        .cloned()
        .collect();
    assert_eq!(of_order.len(), 2);
    assert!(of_order[0]["created_at"].as_str() > of_order[1]["created_at"].as_str());
    let seen = app.get(&path(order)).as_user(ada).send().await.expect(200);
    assert_eq!(seen, json!(of_order));
    let nothing = app.get(&path(OrderId::new(&SystemClock))).as_user(ada).send().await.expect(200);
    assert_eq!(nothing, json!([]));
}

#[tokio::test]
async fn each_sees_what_they_were_told_and_staff_all_of_it() {
    let world = World::new().await;
    let (app, ada, ben) = (world.app(), world.person(), world.person());
    let staff = UserId::new(&SystemClock);
    let order = world.guest(Some("aB-_9"));
    // First a guest's, then the account's that proved the same address.
    expired(&world, order, None).await;
    expired(&world, order, Some(ada)).await;
    // Staff tell somebody else about it.
    let mail =
        json!({ "to": "carrier@example.com", "subject": "Lost?", "text": "Where is it?", "order_id": order });
    app.post("/notifications/email").as_role(staff, Role::Staff).json(&mail).send().await.expect(202);

    let call = || app.get(&path(order));
    let [to_carrier, to_ada, to_guest] = ids(call().as_role(staff, Role::Staff)).await.try_into().unwrap();
    assert_eq!(ids(call().as_user(ada)).await, [to_ada, to_guest.clone()]);
    assert_eq!(ids(call()).await, std::slice::from_ref(&to_guest));
    // What a guest was told, whoever opened the order with its token.
    assert_eq!(ids(call().as_user(ben)).await, [to_guest]);
    let history = app.get("/notifications/history").as_user(ben).send().await.expect(200);
    assert_eq!(history["data"], json!([]));
    assert_eq!(call().as_role(staff, Role::Admin).send().await.expect(200)[0]["id"], to_carrier);
}

#[tokio::test]
async fn it_is_at_most_fifty() {
    let world = World::new().await;
    let (app, ada, order) = (world.app(), world.person(), OrderId::new(&SystemClock));
    expired(&world, order, Some(ada)).await;
    let oldest = ids(app.get(&path(order)).as_user(ada)).await;
    for _ in 0..50 {
        expired(&world, order, Some(ada)).await;
    }
    let seen = ids(app.get(&path(order)).as_user(ada)).await;
    assert_eq!(seen.len(), 50);
    assert!(!seen.contains(&oldest[0]));
}

#[tokio::test]
async fn it_is_for_readers_and_no_service() {
    let world = World::new().await;
    let app = world.app();
    let order = OrderId::new(&SystemClock);
    let service = app.get(&path(order)).as_service("order", "contact");
    service.send().await.expect_problem(403, "forbidden");
    app.get(&path(order)).without_identity().send().await.expect_problem(401, "unauthenticated");
    app.get("/internal/orders/latest/notifications").send().await.expect_problem(404, "not_found");
}
