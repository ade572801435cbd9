//! What became of a mail, by what SES tells.

use std::sync::atomic::Ordering;

use cartwright_contracts::events::{NotificationBounced, NotificationComplained, UserVerified};
use cartwright_messaging::HandlerError;
use cartwright_types::{Clock as _, NotificationId, Role, SystemClock, UserId};
use notification::domain::{Happened, Notification, Reputation, Status, Template};
use serde_json::{Value, json};

use crate::preferences::marketing;
use crate::support::{ADDRESS, World};

/// A mail that was sent, its row and its reader.
async fn sent(world: &World) -> (Notification, UserId) {
    let user = world.person();
    let event = world.event(&UserVerified { user_id: user });
    world.handle(&event).await.unwrap();
    (world.row(&event, user, Template::Welcome).await, user)
}

fn mail(id: NotificationId) -> Value {
    json!({
        "timestamp": "2026-11-02T10:00:00.000Z", "messageId": "m-1", "destination": [ADDRESS],
        "tags": { "notification_id": [id.to_string()] }
    })
}

fn told(id: NotificationId, kind: &str) -> Value {
    let at = json!({ "timestamp": "2026-11-02T10:00:05.000Z" });
    match kind {
        "Bounce" => bounce(id, "Permanent", "f-1"),
        "Complaint" => json!({
            "eventType": "Complaint", "mail": mail(id),
            "complaint": {
                "complainedRecipients": [{ "emailAddress": ADDRESS }], "complaintFeedbackType": "abuse",
                "timestamp": "2026-11-02T10:01:00.000Z", "feedbackId": "f-2"
            }
        }),
        "Delivery" => json!({ "eventType": "Delivery", "mail": mail(id), "delivery": at }),
        "DeliveryDelay" => json!({ "eventType": "DeliveryDelay", "mail": mail(id), "deliveryDelay": at }),
        "Open" => json!({ "eventType": "Open", "mail": mail(id), "open": at }),
        "Click" => json!({ "eventType": "Click", "mail": mail(id), "click": at }),
        kind => json!({ "eventType": kind, "mail": mail(id) }),
    }
}

fn bounce(id: NotificationId, kind: &str, feedback: &str) -> Value {
    json!({
        "eventType": "Bounce", "mail": mail(id),
        "bounce": {
            "bounceType": kind, "bounceSubType": "General", "feedbackId": feedback,
            "bouncedRecipients": [{
                "emailAddress": format!("Ada <{ADDRESS}>"), "diagnosticCode": format!("smtp; 550 no {ADDRESS}")
            }],
            "timestamp": "2026-11-02T10:00:06.000Z"
        }
    })
}

fn happened(row: &Notification) -> Vec<Happened> {
    row.events.iter().map(|told| told.happened).collect()
}

#[tokio::test]
async fn a_row_goes_up_with_what_is_told_in_any_order_and_never_back() {
    let order = ["Send", "Delivery", "Open", "Click", "Bounce", "Complaint"];
    let world = World::new().await;
    // Each order of three of them, and all of them backwards.
    for (a, b, c) in [
        ("Send", "Delivery", "Bounce"),
        ("Bounce", "Delivery", "Send"),
        ("Click", "Send", "Open"),
        ("Complaint", "Bounce", "Delivery"),
    ] {
        let user = world.person_with(|contact| contact.email = format!("{a}{b}{c}@example.com"));
        let event = world.event(&UserVerified { user_id: user });
        world.handle(&event).await.unwrap();
        let row = world.row(&event, user, Template::Welcome).await;
        let mut highest = row.status;
        for kind in [a, b, c, a, b, c] {
            world.told(&told(row.id, kind)).await.unwrap();
            let now = world.found(row.id).await.unwrap();
            assert!(now.status.rank() >= highest.rank(), "{kind}: {highest:?} to {:?}", now.status);
            highest = now.status;
        }
        let row = world.found(row.id).await.unwrap();
        assert_eq!(row.events.len(), 3, "each is kept once: {:?}", happened(&row));
        let best =
            [a, b, c].into_iter().max_by_key(|kind| order.iter().position(|known| known == kind)).unwrap();
        let expected = match best {
            "Send" => Status::Sent,
            "Delivery" => Status::Delivered,
            "Open" => Status::Opened,
            "Click" => Status::Clicked,
            "Bounce" => Status::Bounced,
            _ => Status::Complained,
        };
        assert_eq!(row.status, expected);
    }
}

#[tokio::test]
async fn every_event_is_in_the_history_and_no_address_in_the_row() {
    let world = World::new().await;
    let (row, user) = sent(&world).await;
    for kind in ["Send", "DeliveryDelay", "Bounce"] {
        world.told(&told(row.id, kind)).await.unwrap();
    }
    world.told(&json!({ "eventType": "Subscription", "mail": mail(row.id) })).await.unwrap();
    let app = world.app();
    let seen = app.get(&format!("/notifications/{}", row.id)).as_user(user).send().await.expect(200);
    let events: Vec<&str> =
        seen["events"].as_array().unwrap().iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["sent", "delayed", "hard_bounced"]);
    assert_eq!(
        seen["events"][2],
        json!({
            "at": "2026-11-02T10:00:06Z", "event": "hard_bounced", "provider": "ses", "reason": "Permanent/General"
        })
    );
    assert_eq!(seen["status"], "bounced");
    assert!(!seen.to_string().contains("example.com"));
    let bounced = app.get("/notifications/history?status=bounced").as_user(user).send().await.expect(200);
    assert_eq!(bounced["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_worker_that_died_while_it_sent_does_not_send_again_what_the_provider_tells_of() {
    let world = World::new().await;
    let user = world.person();
    let event = world.event(&UserVerified { user_id: user });
    world.provider.fail_next(notification::clients::SendError::Unknown("Timeout".to_owned()));
    world.handle(&event).await.unwrap_err();
    let row = world.row(&event, user, Template::Welcome).await;
    assert_eq!(row.status, Status::Sending);
    world.told(&told(row.id, "Send")).await.unwrap();
    world.clock.advance(200);
    world.handle(&event).await.unwrap();
    assert_eq!(world.provider.count(), 0);
    assert_eq!(world.row(&event, user, Template::Welcome).await.status, Status::Sent);
}

#[tokio::test]
async fn a_hard_bounce_suppresses_the_address_is_told_once_and_staff_may_lift_it() {
    let world = World::new().await;
    let (app, staff) = (world.app(), UserId::new(&SystemClock));
    let (row, user) = sent(&world).await;
    // The topic is away: nothing is noted, so that all of it is done again.
    world.topic.away.store(true, Ordering::SeqCst);
    let bounced = told(row.id, "Bounce");
    assert!(matches!(world.told(&bounced).await, Err(HandlerError::Retry { .. })));
    assert_eq!(world.found(row.id).await.unwrap().status, Status::Sent);
    world.topic.away.store(false, Ordering::SeqCst);
    for _ in 0..3 {
        world.told(&bounced).await.unwrap();
    }
    let published = world.topic.published();
    assert_eq!(published.len(), 1);
    assert_eq!(published[0].event_type, "notification.bounced");
    let event: NotificationBounced = published[0].data().unwrap();
    assert_eq!((event.notification_id, event.user_id), (row.id, Some(user)));
    assert!(!published[0].to_json().contains(ADDRESS));

    let path = "/notifications/suppressions";
    let list = app.get(path).as_role(staff, Role::Staff).send().await.expect(200);
    let rows = list["data"].as_array().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0]["address"], &rows[0]["reason"]), (&json!(ADDRESS), &json!("hard_bounce")));
    assert_eq!(rows[0]["user_id"], json!(user));
    for (channel, count) in [("email", 1), ("sms", 0)] {
        let list = app
            .get(&format!("{path}?channel={channel}"))
            .as_role(staff, Role::Staff)
            .send()
            .await
            .expect(200);
        assert_eq!(list["data"].as_array().unwrap().len(), count);
    }
    // Everybody with that address is written to no more, however it is written.
    let other = world.person_with(|contact| contact.email = ADDRESS.to_uppercase());
    let before = world.provider.count();
    for user in [user, other] {
        let event = world.event(&UserVerified { user_id: user });
        world.handle(&event).await.unwrap();
        let row = world.row(&event, user, Template::Welcome).await;
        assert_eq!(
            (row.status, row.attempts[0].reason.as_deref()),
            (Status::Suppressed, Some("address_bounced"))
        );
    }
    assert_eq!(world.provider.count(), before);

    let one = format!("{path}/{}", rows[0]["id"].as_str().unwrap());
    app.delete(&one).as_user(user).send().await.expect_problem(403, "forbidden");
    app.get(path).as_user(user).send().await.expect_problem(403, "forbidden");
    app.get(path).send().await.expect_problem(401, "unauthenticated");
    app.delete(&one).as_role(staff, Role::Staff).send().await.expect(204);
    app.delete(&one).as_role(staff, Role::Staff).send().await.expect_problem(404, "not_found");
    // What was told before is not heard again.
    world.told(&bounced).await.unwrap();
    world.handle(&world.event(&UserVerified { user_id: user })).await.unwrap();
    assert_eq!(world.provider.count(), before + 1);
}

#[tokio::test]
async fn the_list_of_suppressions_comes_in_pages_newest_first() {
    let world = World::new().await;
    let (app, staff) = (world.app(), UserId::new(&SystemClock));
    for number in 0..5 {
        let user = world.person_with(|contact| contact.email = format!("p{number}@example.com"));
        let event = world.event(&UserVerified { user_id: user });
        world.handle(&event).await.unwrap();
        let row = world.row(&event, user, Template::Welcome).await;
        let mut bounced = told(row.id, "Bounce");
        bounced["bounce"]["bouncedRecipients"] =
            json!([{ "emailAddress": format!("p{number}@example.com") }]);
        world.told(&bounced).await.unwrap();
        world.clock.advance(1);
    }
    let (mut path, mut seen) = ("/notifications/suppressions?limit=2".to_owned(), Vec::new());
    loop {
        let page = app.get(&path).as_role(staff, Role::Staff).send().await.expect(200);
        seen.extend(
            page["data"].as_array().unwrap().iter().map(|row| row["address"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/notifications/suppressions?limit=2&cursor={cursor}");
    }
    let expected: Vec<String> = (0..5).rev().map(|number| format!("p{number}@example.com")).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_complaint_suppresses_and_is_told_and_a_soft_bounce_does_neither() {
    let world = World::new().await;
    let (row, _) = sent(&world).await;
    world.told(&bounce(row.id, "Transient", "soft")).await.unwrap();
    assert_eq!(world.found(row.id).await.unwrap().status, Status::Sent);
    assert!(world.topic.published().is_empty());
    let (second, user) = sent(&world).await;
    assert_eq!(second.status, Status::Sent);
    world.told(&told(second.id, "Complaint")).await.unwrap();
    let published = world.topic.published();
    let event: NotificationComplained = published[0].data().unwrap();
    assert_eq!((event.user_id, event.reason.as_deref()), (Some(user), Some("abuse")));
    let event = world.event(&UserVerified { user_id: user });
    world.handle(&event).await.unwrap();
    let row = world.row(&event, user, Template::Welcome).await;
    assert_eq!(row.attempts[0].reason.as_deref(), Some("address_complained"));
}

#[tokio::test]
async fn an_address_that_was_to_take_the_present_ones_place_is_not_held_against_the_account() {
    let world = World::new().await;
    let user = world.person_with(|contact| contact.pending_email = Some("new@example.com".to_owned()));
    let id = cartwright_types::EventId::new(&SystemClock).uuid();
    let mail = cartwright_contracts::commands::TokenMail::EmailChange { token: "aB-_9".to_owned() };
    world.command(id, user, mail).await;
    let row = notification::domain::derive_id(id, user, notification::domain::Channel::Email, "email_change");
    let mut bounced = told(row, "Bounce");
    bounced["bounce"]["bouncedRecipients"] = json!([{ "emailAddress": "new@example.com" }]);
    world.told(&bounced).await.unwrap();
    let event: NotificationBounced = world.topic.published()[0].data().unwrap();
    assert_eq!(event.user_id, None);
}

#[tokio::test]
async fn marketing_stops_while_too_much_bounces_and_goes_on_a_day_later() {
    let world = World::new().await;
    let ada = world.person_with(|contact| {
        contact.marketing_opt_in = true;
        contact.email = "marketing@example.com".to_owned();
    });
    assert_eq!(marketing(&world, ada).await.status, Status::Sent);
    let guard = &world.delivery.gate.guard;
    for number in 0..96_u8 {
        guard.count(Reputation::Sent, number, world.clock.now()).await.unwrap();
    }
    // Four of a hundred are bearable, and so few say nothing.
    for number in 0..4 {
        let (row, _) = sent(&world).await;
        let mut bounced = told(row.id, "Bounce");
        bounced["bounce"]["bouncedRecipients"] =
            json!([{ "emailAddress": format!("b{number}@example.com") }]);
        world.told(&told(row.id, "Send")).await.unwrap();
        world.told(&bounced).await.unwrap();
    }
    world.clock.advance(31);
    assert_eq!(marketing(&world, ada).await.status, Status::Sent);
    for number in 4..7 {
        let (row, _) = sent(&world).await;
        let mut bounced = told(row.id, "Bounce");
        bounced["bounce"]["bouncedRecipients"] =
            json!([{ "emailAddress": format!("b{number}@example.com") }]);
        world.told(&bounced).await.unwrap();
    }
    world.clock.advance(31);
    let held = marketing(&world, ada).await;
    assert_eq!(
        (held.status, held.attempts[0].reason.as_deref()),
        (Status::Suppressed, Some("marketing_paused"))
    );
    // Nothing else waits for that.
    let (row, _) = sent(&world).await;
    assert_eq!(row.status, Status::Sent);
    assert!(cartwright_runtime::metrics::text().contains("marketing_paused 1"));
    world.clock.advance(25 * 3600);
    assert_eq!(marketing(&world, ada).await.status, Status::Sent);
}

#[tokio::test]
async fn what_is_no_event_of_ses_goes_to_the_dead_letters_without_repeating_an_address() {
    let world = World::new().await;
    for body in
        [json!("x"), json!({ "eventType": "Bounce" }), json!({ "eventType": ADDRESS, "mail": ADDRESS })]
    {
        let Err(HandlerError::Rejected(error)) = world.told(&body).await else { panic!("accepted") };
        assert!(!error.to_string().contains(ADDRESS), "{error}");
    }
    // A mail that no row is of: its address is suppressed nonetheless.
    world.told(&told(NotificationId::new(&SystemClock), "Bounce")).await.unwrap();
    let id = notification::domain::address_id(notification::domain::Channel::Email, ADDRESS);
    assert!(world.stores().suppressions.find(id).await.unwrap().is_some());
}
