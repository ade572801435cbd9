//! Where push messages go.

use cartwright_contracts::events::UserErased;
use cartwright_types::{SystemClock, UserId};
use notification::domain::reachable;
use serde_json::{Value, json};

use crate::support::World;

const PATH: &str = "/notifications/devices";

fn device(token: &str) -> Value {
    json!({ "platform": "fcm", "token": token })
}

/// Whether SNS knows the endpoint of a device, and sends to it.
async fn is_known(world: &World, endpoint_arn: &str) -> bool {
    let sns = aws_sdk_sns::Client::new(&world.sdk);
    let answer = sns.get_endpoint_attributes().endpoint_arn(endpoint_arn).send().await;
    answer.is_ok_and(|answer| {
        let enabled = answer.attributes().and_then(|all| all.get("Enabled"));
        enabled.is_some_and(|enabled| enabled.eq_ignore_ascii_case("true"))
    })
}

/// The endpoint of a device that was answered.
async fn endpoint(world: &World, made: &Value) -> String {
    let id = made["id"].as_str().unwrap().parse().unwrap();
    world.stores().devices.get(id).await.unwrap().unwrap().endpoint_arn
}

#[tokio::test]
async fn a_device_is_made_known_to_sns_once_and_removed_there_too() {
    let world = World::new().await;
    world.make_applications().await;
    let (app, ada, ben) = (world.app(), world.person(), world.person());
    let made = app.post(PATH).as_user(ada).json(&device("t-1")).send().await.expect(201);
    assert_eq!(made["platform"], "fcm");
    assert!(made.get("token").is_none());
    let again = app.post(PATH).as_user(ada).json(&device("t-1")).send().await.expect(201);
    assert_eq!(again["id"], made["id"]);
    let arn = endpoint(&world, &made).await;
    assert!(is_known(&world, &arn).await);

    let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
    app.delete(&path).as_user(ben).send().await.expect_problem(404, "not_found");
    app.delete(&path).send().await.expect_problem(401, "unauthenticated");
    app.delete(&path).as_user(ada).send().await.expect(204);
    app.delete(&path).as_user(ada).send().await.expect_problem(404, "not_found");
    assert!(!is_known(&world, &arn).await);
}

#[tokio::test]
async fn a_token_belongs_to_whoever_registered_it_last() {
    let world = World::new().await;
    world.make_applications().await;
    let (app, ada, ben) = (world.app(), world.person(), world.person());
    let first = app.post(PATH).as_user(ada).json(&device("shared")).send().await.expect(201);
    let second = app.post(PATH).as_user(ben).json(&device("shared")).send().await.expect(201);
    assert_eq!(first["id"], second["id"]);
    let devices = &world.delivery.gate.devices;
    assert_eq!(devices.of_user(ada).await.unwrap(), []);
    assert_eq!(devices.of_user(ben).await.unwrap().len(), 1);
    let path = format!("{PATH}/{}", first["id"].as_str().unwrap());
    app.delete(&path).as_user(ada).send().await.expect_problem(404, "not_found");
    assert!(is_known(&world, &endpoint(&world, &second).await).await);
}

#[tokio::test]
async fn a_spent_token_is_sent_nothing_and_forgotten_at_sns_with_its_user() {
    let world = World::new().await;
    world.make_applications().await;
    let (app, ada) = (world.app(), world.person());
    let made = app.post(PATH).as_user(ada).json(&device("t-1")).send().await.expect(201);
    let (id, arn) = (made["id"].as_str().unwrap(), endpoint(&world, &made).await);
    let devices = world.stores().devices;
    devices.disable(id.parse().unwrap()).await.unwrap();
    assert!(reachable(devices.of_user(ada).await.unwrap()).is_empty());
    // The app is there again.
    app.post(PATH).as_user(ada).json(&device("t-1")).send().await.expect(201);
    assert_eq!(reachable(devices.of_user(ada).await.unwrap()).len(), 1);
    devices.disable(id.parse().unwrap()).await.unwrap();
    world.handle(&world.event(&UserErased { user_id: ada })).await.unwrap();
    assert!(!is_known(&world, &arn).await && devices.of_user(ada).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_no_device_is_refused() {
    let world = World::new().await;
    world.make_applications().await;
    let (app, ada) = (world.app(), UserId::new(&SystemClock));
    for (body, pointer) in [
        (json!({ "platform": "pigeon", "token": "x" }), "/platform"),
        (json!({ "platform": "fcm", "token": "" }), "/token"),
        (json!({ "platform": "fcm", "token": "a b" }), "/token"),
        (json!({ "platform": "fcm", "token": "x".repeat(3000) }), "/token"),
        (json!({ "platform": "fcm", "token": "x", "user_id": ada }), "/user_id"),
    ] {
        let problem =
            app.post(PATH).as_user(ada).json(&body).send().await.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer);
    }
    app.post(PATH).json(&device("x")).send().await.expect_problem(401, "unauthenticated");
}
