//! `GET /internal/users/{id}/export`

use cartwright_contracts::events::{OrderExpired, UserVerified};
use cartwright_types::{OrderId, SystemClock, UserId};
use serde_json::json;

use crate::support::World;

#[tokio::test]
async fn an_export_holds_every_row_of_the_user_and_none_of_others() {
    let world = World::new().await;
    let (ada, ben) = (world.person(), world.person());
    world.handle(&world.event(&UserVerified { user_id: ada })).await.unwrap();
    world.handle(&world.event(&UserVerified { user_id: ben })).await.unwrap();
    world.clock.advance(1);
    let order_id = OrderId::new(&SystemClock);
    let event = OrderExpired { order_id, number: "C-2026-000001".to_owned(), user_id: Some(ada) };
    world.handle(&world.event(&event)).await.unwrap();

    let app = world.app();
    let path = format!("/internal/users/{ada}/export");
    let export = app.get(&path).as_service("user", "export").send().await.expect(200);
    let history = app.get("/notifications/history").as_user(ada).send().await.expect(200);
    assert_eq!(export, json!({ "notifications": history["data"] }));
    let templates: Vec<&str> = export["notifications"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["template"].as_str().unwrap())
        .collect();
    assert_eq!(templates, ["order_expired", "welcome"]);
    assert_eq!(export["notifications"][0]["order_id"], json!(order_id));
}

#[tokio::test]
async fn an_export_is_for_a_service_with_its_scope_only() {
    let world = World::new().await;
    let (app, ada) = (world.app(), UserId::new(&SystemClock));
    let call = || app.get(&format!("/internal/users/{ada}/export"));
    let export = call().as_service("user", "export").send().await.expect(200);
    assert_eq!(export, json!({ "notifications": [] }));
    call().as_service("user", "contact").send().await.expect_problem(403, "forbidden");
    call().as_user(ada).send().await.expect_problem(403, "forbidden");
    call().send().await.expect_problem(403, "forbidden");
    call().without_identity().send().await.expect_problem(401, "unauthenticated");
}
