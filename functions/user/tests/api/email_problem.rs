//! What the notification service tells of an account's address.

use axum::http::Method;
use cartwright_contracts::Envelope;
use cartwright_contracts::commands::TokenMail;
use cartwright_contracts::events::{NotificationBounced, NotificationComplained, UserVerified};
use cartwright_messaging::{HandlerError, Message, MessageHandler as _};
use cartwright_types::{NotificationId, Role, SystemClock, UserId};
use serde_json::{Value, json};
use user::consumers::UserEvents;

use crate::support::{EMAIL, PASSWORD, Shop, text};

fn message(event: &Envelope) -> Message {
    Message { id: "1".to_owned(), body: event.to_json(), attributes: [].into(), receive_count: 1, age: None }
}

async fn deliver(shop: &Shop, event: &Envelope) {
    let events = UserEvents::new(shop.state.database.clone(), shop.clock.clone());
    events.handle(&message(event)).await.unwrap();
}

fn told(shop: &Shop, user_id: Option<UserId>, channel: &str) -> Envelope {
    let (clock, channel) = (shop.clock.as_ref(), channel.to_owned());
    let notification_id = NotificationId::new(clock);
    let reason = Some("Permanent/General".to_owned());
    let event = NotificationBounced { notification_id, user_id, channel, reason };
    Envelope::new(clock, notification_id, 3, "system", &event)
}

/// A mail to somebody bounces now.
fn bounced(shop: &Shop, who: &Value) -> Envelope {
    told(shop, Some(id(who)), "email")
}

/// Somebody calls a mail spam now.
fn complained(shop: &Shop, who: &Value) -> Envelope {
    let notification_id = NotificationId::new(shop.clock.as_ref());
    let (user_id, channel, reason) = (Some(id(who)), "email".to_owned(), Some("abuse".to_owned()));
    let event = NotificationComplained { notification_id, user_id, channel, reason };
    Envelope::new(shop.clock.as_ref(), notification_id, 4, "system", &event)
}

fn id(who: &Value) -> UserId {
    text(&who["user"], "id").parse().unwrap()
}

/// What the owner reads, and its ETag.
async fn read(shop: &Shop, who: &Value) -> (Value, String) {
    let answer = shop.call(Method::GET, "/users/me", who).send().await;
    let tag = answer.header("etag").unwrap().to_owned();
    (answer.expect(200), tag)
}

async fn problem(shop: &Shop, who: &Value) -> Value {
    read(shop, who).await.0["email_problem"].clone()
}

async fn reset(shop: &Shop) {
    let _ = shop.post("/auth/password/forgot", json!({ "email": EMAIL })).await.expect(202);
    let body = json!({ "token": shop.mailed_token().await, "password": PASSWORD });
    let _ = shop.post("/auth/password/reset", body).await.expect(204);
}

/// Somebody proves another address.
async fn move_to(shop: &Shop, who: &Value, email: &str) {
    let wish = json!({ "email": email });
    let _ = shop.call(Method::PATCH, "/users/me", who).json(&wish).send().await.expect(202);
    let mails = shop.mails().await;
    let TokenMail::EmailChange { token } = &mails[1].mail else { panic!("{mails:?}") };
    let _ = shop.post("/auth/email/verify", json!({ "token": token })).await.expect(204);
}

#[tokio::test]
async fn a_bounce_is_seen_at_the_account_by_its_owner_and_by_staff_and_counts_once() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    let (before, first) = read(&shop, &ada).await;
    assert_eq!(before["email_problem"], Value::Null);
    shop.clock.advance(60);
    let event = bounced(&shop, &ada);
    deliver(&shop, &event).await;
    let (user, tag) = read(&shop, &ada).await;
    assert_eq!((&user["email_problem"], &user["email_verified"]), (&json!("bounced"), &json!(true)));
    assert_ne!(tag, first);
    assert!(user["updated_at"].as_str() > before["updated_at"].as_str());
    let path = format!("/users/{}", id(&ada));
    let staff = shop.app.get(&path).as_role(UserId::new(&SystemClock), Role::Staff).send().await;
    assert_eq!(staff.expect(200), user);

    // Delivered again, and bounced again.
    deliver(&shop, &event).await;
    deliver(&shop, &bounced(&shop, &ada)).await;
    assert_eq!(read(&shop, &ada).await, (user, tag));
    assert_eq!(shop.facts(&ada).await, ["registered", "email_verified", "signed_in", "email_bounced"]);
    let trail = shop.call(Method::GET, "/users/me/audit", &ada).send().await.expect(200);
    assert_eq!(trail["data"][0]["actor"], "system");
    assert_eq!(shop.event_types().await, [] as [&str; 0], "nobody is told, as of any change of a profile");
    assert_eq!(shop.signed_in().await["user"]["email_problem"], "bounced", "and signs in as before");
}

#[tokio::test]
async fn a_complaint_outweighs_a_bounce_and_not_the_other_way_round() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    deliver(&shop, &bounced(&shop, &ada)).await;
    deliver(&shop, &complained(&shop, &ada)).await;
    let seen = read(&shop, &ada).await;
    assert_eq!(seen.0["email_problem"], "complained");
    deliver(&shop, &bounced(&shop, &ada)).await;
    assert_eq!(read(&shop, &ada).await, seen);
    assert!(shop.facts(&ada).await.ends_with(&["email_bounced", "email_complained"].map(str::to_owned)));
}

#[tokio::test]
async fn a_telephone_a_device_and_an_address_of_nobody_are_nothing_to_an_account() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    let before = read(&shop, &ada).await;
    for (user, channel) in [(Some(id(&ada)), "sms"), (Some(id(&ada)), "push"), (None, "email")] {
        deliver(&shop, &told(&shop, user, channel)).await;
    }
    assert_eq!(read(&shop, &ada).await, before);
}

#[tokio::test]
async fn what_is_from_before_the_address_was_proven_says_nothing_about_it() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    shop.clock.advance(60);
    let late = [bounced(&shop, &ada), complained(&shop, &ada)];
    shop.clock.advance(60);
    reset(&shop).await;
    for event in &late {
        deliver(&shop, event).await;
    }
    assert_eq!(problem(&shop, &ada).await, Value::Null, "the link of the reset arrived");

    let former = bounced(&shop, &ada);
    shop.clock.advance(60);
    move_to(&shop, &ada, "ada.king@example.com").await;
    deliver(&shop, &former).await;
    assert_eq!(problem(&shop, &ada).await, Value::Null, "it was another address");
    shop.clock.advance(60);
    deliver(&shop, &bounced(&shop, &ada)).await;
    assert_eq!(problem(&shop, &ada).await, "bounced");
}

#[tokio::test]
async fn another_address_has_no_problem_and_the_same_one_has_none_once_it_is_proven_again() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    deliver(&shop, &bounced(&shop, &ada)).await;
    // In other letters it is the same address.
    let letters = json!({ "email": "Ada@example.com" });
    let user = shop.call(Method::PATCH, "/users/me", &ada).json(&letters).send().await.expect(200);
    assert_eq!(user["email_problem"], "bounced");

    let _ = shop.post("/auth/email/resend", json!({ "email": EMAIL })).await.expect(202);
    let token = shop.mailed_token().await;
    let _ = shop.post("/auth/email/verify", json!({ "token": token })).await.expect(204);
    assert_eq!(problem(&shop, &ada).await, Value::Null);
    assert_eq!(shop.facts(&ada).await.last().unwrap(), "email_verified");
    assert_eq!(shop.event_types().await, [] as [&str; 0], "nobody is welcomed twice");

    deliver(&shop, &complained(&shop, &ada)).await;
    reset(&shop).await;
    assert_eq!(problem(&shop, &ada).await, Value::Null);

    deliver(&shop, &bounced(&shop, &ada)).await;
    move_to(&shop, &ada, "ada.king@example.com").await;
    assert_eq!(problem(&shop, &ada).await, Value::Null);
}

#[tokio::test]
async fn an_address_that_never_was_proven_can_have_a_problem_and_its_proof_ends_it() {
    let shop = Shop::new().await;
    let _ = shop.register(EMAIL).await.expect(202);
    let mails = shop.mails().await;
    let (user, TokenMail::EmailVerification { token }) = (mails[0].user_id, &mails[0].mail) else {
        panic!("{mails:?}")
    };
    deliver(&shop, &told(&shop, Some(user), "email")).await;
    let path = format!("/users/{user}");
    let staff = || shop.app.get(&path).as_role(UserId::new(&SystemClock), Role::Staff).send();
    let seen = staff().await.expect(200);
    assert_eq!((&seen["email_problem"], &seen["email_verified"]), (&json!("bounced"), &json!(false)));
    let _ = shop.post("/auth/email/verify", json!({ "token": token })).await.expect(204);
    assert_eq!(staff().await.expect(200)["email_problem"], Value::Null);
    assert_eq!(shop.event_types().await, ["user.registered", "user.verified"]);
}

#[tokio::test]
async fn staff_find_those_whose_mail_is_of_no_use() {
    let shop = Shop::new().await;
    let (ada, ben) = (shop.joined(EMAIL).await, shop.joined("ben@example.com").await);
    shop.member("cleo@example.com").await;
    deliver(&shop, &bounced(&shop, &ada)).await;
    deliver(&shop, &complained(&shop, &ben)).await;
    let found = async |query: &str| {
        let path = format!("/users?{query}");
        shop.app.get(&path).as_role(UserId::new(&SystemClock), Role::Staff).send().await
    };
    for (query, who) in [("email_problem=bounced", &ada), ("email_problem=complained&status=active", &ben)] {
        let page = found(query).await.expect(200);
        assert_eq!(page["data"].as_array().unwrap().len(), 1, "{query}");
        assert_eq!(page["data"][0]["id"], who["user"]["id"], "{query}");
    }
    for query in ["email_problem=odd", "email_problem=", "email_problem=null"] {
        found(query).await.expect_problem(400, "invalid_parameter");
    }
}

#[tokio::test]
async fn an_erased_account_has_no_address() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    let event = bounced(&shop, &ada);
    let _ = shop.call(Method::DELETE, "/users/me", &ada).send().await.expect(202);
    deliver(&shop, &event).await;
    assert_eq!((shop.count("users").await, shop.count("audit_events").await), (0, 0));
}

#[tokio::test]
async fn what_is_no_event_for_this_service_is_rejected() {
    let shop = Shop::new().await;
    let user_id = UserId::new(shop.clock.as_ref());
    let other = message(&Envelope::new(shop.clock.as_ref(), user_id, 1, "system", &UserVerified { user_id }));
    let mut newer = told(&shop, Some(user_id), "email");
    newer.version = 2;
    let malformed = Message { body: "{}".to_owned(), ..other.clone() };
    let events = UserEvents::new(shop.state.database.clone(), shop.clock.clone());
    for message in [other, message(&newer), malformed] {
        assert!(matches!(events.handle(&message).await, Err(HandlerError::Rejected(_))), "{}", message.body);
    }
}
