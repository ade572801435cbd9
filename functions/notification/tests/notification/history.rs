//! Who may see what was said.

use cartwright_contracts::events::{OrderExpired, UserVerified};
use cartwright_types::{OrderId, Role, SystemClock, UserId};
use notification::domain::Template;

use crate::support::World;

async fn expired_orders(world: &World, user_id: UserId, count: usize) {
    for number in 0..count {
        let order_id = OrderId::new(&SystemClock);
        let event = OrderExpired { order_id, number: format!("C-2026-{number:06}"), user_id: Some(user_id) };
        world.handle(&world.event(&event)).await.unwrap();
        world.clock.advance(1);
    }
}

#[tokio::test]
async fn the_history_is_ones_own_and_staff_see_anybodys() {
    let world = World::new().await;
    let (ada, ben, staff) = (world.person(), world.person(), UserId::new(&SystemClock));
    let app = world.app();
    let event = world.event(&UserVerified { user_id: ada });
    world.handle(&event).await.unwrap();
    let row = world.row(&event, ada, Template::Welcome).await;

    let own = app.get("/notifications/history").as_user(ada).send().await.expect(200);
    assert_eq!(own["data"].as_array().unwrap().len(), 1);
    assert_eq!(own["data"][0]["template"], "welcome");
    assert_eq!(own["data"][0]["order_id"], serde_json::Value::Null);
    assert_eq!(own["data"][0]["attempts"][0]["outcome"], "sent");
    let other = app.get("/notifications/history/").as_user(ben).send().await.expect(200);
    assert_eq!(other["data"].as_array().unwrap().len(), 0);

    let path = format!("/notifications/history?user_id={ada}");
    let seen = app.get(&path).as_role(staff, Role::Staff).send().await.expect(200);
    assert_eq!(seen["data"], own["data"]);
    app.get(&path).as_user(ada).send().await.expect_problem(403, "forbidden");
    app.get(&path).send().await.expect_problem(401, "unauthenticated");

    let path = format!("/notifications/{}", row.id);
    let answer = app.get(&path).as_user(ada).send().await;
    assert_eq!(answer.expect(200), own["data"][0]);
    let tag = answer.header("etag").unwrap();
    assert_eq!(app.get(&path).as_user(ada).header("if-none-match", tag).send().await.status, 304);
    let _ = app.get(&path).as_role(staff, Role::Staff).send().await.expect(200);
    app.get(&path).as_user(ben).send().await.expect_problem(404, "not_found");
    app.get("/notifications/nothing").as_user(ada).send().await.expect_problem(404, "not_found");
    app.get(&path).send().await.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn the_history_comes_in_pages_newest_first() {
    let world = World::new().await;
    let ada = world.person();
    expired_orders(&world, ada, 5).await;
    let app = world.app();
    let mut path = "/notifications/history?limit=2".to_owned();
    let (mut created, mut sizes) = (Vec::new(), Vec::new());
    loop {
        let page = app.get(&path).as_user(ada).send().await.expect(200);
        let rows = page["data"].as_array().unwrap();
        sizes.push(rows.len());
        created.extend(rows.iter().map(|row| row["created_at"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/notifications/history?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(sizes, [2, 2, 1]);
    assert!(created.is_sorted_by(|a, b| a > b), "{created:?}");
}

#[tokio::test]
async fn the_history_is_narrowed_by_channel_status_and_template() {
    let world = World::new().await;
    let ada = world.person();
    expired_orders(&world, ada, 2).await;
    world.handle(&world.event(&UserVerified { user_id: ada })).await.unwrap();
    let app = world.app();
    for (query, count) in [
        ("channel=email", 3),
        ("channel=sms", 0),
        ("template=order_expired", 2),
        ("template=welcome&status=sent", 1),
        ("status=failed", 0),
    ] {
        let page = app.get(&format!("/notifications/history?{query}")).as_user(ada).send().await.expect(200);
        assert_eq!(page["data"].as_array().unwrap().len(), count, "{query}");
    }
    for query in
        ["channel=pigeon", "status=lost", "template=%3B", "user_id=x", "sort=id", "limit=0", "cursor=x"]
    {
        let answer = app.get(&format!("/notifications/history?{query}")).as_user(ada).send().await;
        answer.expect_problem(400, "invalid_parameter");
    }
}
