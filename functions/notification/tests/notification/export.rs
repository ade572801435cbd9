//! `GET /internal/users/{id}/export`

use cartwright_contracts::events::{OrderExpired, UserErased, UserVerified};
use cartwright_types::{Clock as _, OrderId, SystemClock, UserId};
use notification::domain::{Channel, Platform, Suppression, SuppressionReason, address_id, device_id};
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
    let expected = json!({
        "notifications": history["data"], "preferences": null, "devices": [], "suppressions": []
    });
    assert_eq!(export, expected);
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
    assert_eq!(
        export,
        json!({ "notifications": [], "preferences": null, "devices": [], "suppressions": [] })
    );
    call().as_service("user", "contact").send().await.expect_problem(403, "forbidden");
    call().as_user(ada).send().await.expect_problem(403, "forbidden");
    call().send().await.expect_problem(403, "forbidden");
    call().without_identity().send().await.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn an_export_has_what_somebody_chose_and_erasure_removes_it() {
    let world = World::new().await;
    world.make_applications().await;
    let (app, ada) = (world.app(), world.person());
    let wish = json!({ "categories": { "orders": { "sms": true } } });
    app.put("/notifications/preferences").as_user(ada).json(&wish).send().await.expect(200);
    let device = json!({ "platform": "apns", "token": "t-1" });
    app.post("/notifications/devices").as_user(ada).json(&device).send().await.expect(201);
    let suppression = Suppression {
        id: address_id(Channel::Email, "ada@example.com"),
        channel: Channel::Email,
        address: "ada@example.com".to_owned(),
        reason: SuppressionReason::Complaint,
        user_id: Some(ada),
        notification_id: None,
        created_at: world.clock.now(),
    };
    world.stores().suppressions.add(&suppression).await.unwrap();
    let path = format!("/internal/users/{ada}/export");
    let export = app.get(&path).as_service("user", "export").send().await.expect(200);
    assert_eq!(export["preferences"]["categories"]["orders"]["sms"], true);
    assert_eq!(export["devices"][0]["platform"], "apns");
    assert_eq!(export["suppressions"][0]["address"], "ada@example.com");

    let erased = world.event(&UserErased { user_id: ada });
    for _ in 0..2 {
        world.handle(&erased).await.unwrap();
        let export = app.get(&path).as_service("user", "export").send().await.expect(200);
        assert_eq!(
            export,
            json!({ "notifications": [], "preferences": null, "devices": [], "suppressions": [] })
        );
    }
    let id = device_id(Platform::Apns, "t-1");
    assert!(world.stores().devices.get(id).await.unwrap().is_none());
}
