//! What people want to hear about, and that they do not hear what they do not want.

use cartwright_contracts::commands::TokenMail;
use cartwright_contracts::events::{OrderExpired, UserVerified};
use cartwright_types::{EventId, OrderId, SystemClock, UserId};
use mail_parser::MessageParser;
use notification::domain::{Channel, Kind, Notice, Notification, Say, Status, Template, Text, derive_id};
use serde_json::{Value, json};

use crate::support::World;

const PATH: &str = "/notifications/preferences";

fn off() -> Value {
    json!({ "email": false, "sms": false, "push": false })
}

fn expired(user: UserId) -> OrderExpired {
    let number = "C-2026-000001".to_owned();
    OrderExpired { order_id: OrderId::new(&SystemClock), number, user_id: Some(user) }
}

fn reason(row: &Notification) -> (Status, Option<&str>) {
    (row.status, row.attempts.last().and_then(|attempt| attempt.reason.as_deref()))
}

/// A marketing mail to a user, and what became of it.
pub async fn marketing(world: &World, user: UserId) -> Notification {
    let mut notice = Notice::new(EventId::new(&SystemClock).uuid(), user, Template::Welcome);
    notice.kind = Kind::Marketing;
    let text = "Everything must go!".to_owned();
    notice.say = Say::Text(Text { subject: Some("Sale".to_owned()), text, html: None });
    world.deliver(&notice).await;
    world.found(notice.id).await.unwrap()
}

#[tokio::test]
async fn preferences_are_ones_own_with_what_is_usual_where_nothing_was_said() {
    let world = World::new().await;
    let (app, ada, ben) = (world.app(), world.person(), world.person());
    let read = app.get(PATH).as_user(ada).send().await;
    let usual = json!({ "email": true, "sms": false, "push": true });
    assert_eq!(
        read.expect(200),
        json!({ "categories": { "orders": usual, "account": usual, "marketing": off() } })
    );
    let tag = read.header("etag").unwrap().to_owned();
    assert_eq!(app.get(PATH).as_user(ada).header("if-none-match", &tag).send().await.status, 304);
    app.get(PATH).send().await.expect_problem(401, "unauthenticated");
    app.put(PATH).json(&json!({})).send().await.expect_problem(401, "unauthenticated");

    let wish = json!({ "categories": { "orders": { "email": false }, "marketing": { "email": true, "push": true } } });
    let said = app.put(PATH).as_user(ada).header("if-match", &tag).json(&wish).send().await;
    let now = said.expect(200);
    assert_eq!(now["categories"]["orders"], json!({ "email": false, "sms": false, "push": true }));
    assert_eq!(now["categories"]["marketing"], json!({ "email": true, "sms": false, "push": true }));
    let read = app.get(PATH).as_user(ada).send().await;
    assert_eq!((read.expect(200), read.header("etag")), (now, said.header("etag")));
    app.put(PATH)
        .as_user(ada)
        .header("if-match", &tag)
        .json(&wish)
        .send()
        .await
        .expect_problem(412, "precondition_failed");
    app.put(PATH).as_user(ada).json(&json!({ "categories": {} })).send().await.expect(200);
    assert_eq!(app.get(PATH).as_user(ben).send().await.expect(200)["categories"]["orders"], usual);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_with_its_pointer() {
    let world = World::new().await;
    let (app, ada) = (world.app(), world.person());
    for (body, pointer, code) in [
        (json!({}), "/categories", "required"),
        (json!({ "categories": { "security": {} } }), "/categories/security", "unknown_field"),
        (json!({ "categories": { "orders": { "fax": true } } }), "/categories/orders/fax", "unknown_field"),
        (json!({ "categories": { "orders": { "sms": "yes" } } }), "/categories/orders/sms", "wrong_type"),
    ] {
        let problem =
            app.put(PATH).as_user(ada).json(&body).send().await.expect_problem(422, "validation_failed");
        assert_eq!(
            (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]),
            (&json!(pointer), &json!(code))
        );
    }
    app.get(&format!("{PATH}?user_id={ada}"))
        .as_user(ada)
        .send()
        .await
        .expect_problem(400, "invalid_parameter");
}

#[tokio::test]
async fn who_does_not_want_mail_about_orders_gets_none_and_the_history_says_so() {
    let world = World::new().await;
    let (app, ada) = (world.app(), world.person());
    let wish = json!({ "categories": { "orders": { "email": false }, "account": { "email": true } } });
    app.put(PATH).as_user(ada).json(&wish).send().await.expect(200);
    let event = world.event(&expired(ada));
    world.handle(&event).await.unwrap();
    let row = world.row(&event, ada, Template::OrderExpired).await;
    assert_eq!(reason(&row), (Status::Suppressed, Some("not_wanted")));
    world.handle(&world.event(&UserVerified { user_id: ada })).await.unwrap();
    assert_eq!(world.provider.count(), 1);
}

#[tokio::test]
async fn verification_reset_and_security_are_never_held_back() {
    let world = World::new().await;
    let (app, ada) =
        (world.app(), world.person_with(|contact| contact.pending_email = Some("b@example.com".to_owned())));
    let wish = json!({ "categories": { "orders": off(), "account": off(), "marketing": off() } });
    app.put(PATH).as_user(ada).json(&wish).send().await.expect(200);
    let token = || "aB-_9".to_owned();
    let mails = [
        TokenMail::EmailVerification { token: token() },
        TokenMail::EmailChange { token: token() },
        TokenMail::EmailChangeRequested {},
        TokenMail::Invitation { token: token() },
        TokenMail::PasswordReset { token: token() },
        TokenMail::AccountExists {},
    ];
    for (sent, mail) in mails.into_iter().enumerate() {
        world.command(EventId::new(&SystemClock).uuid(), ada, mail).await;
        assert_eq!(world.provider.count(), sent + 1);
    }
    let event = world.event(&cartwright_contracts::events::UserPasswordChanged { user_id: ada });
    world.handle(&event).await.unwrap();
    assert_eq!(world.provider.count(), 7);
}

#[tokio::test]
async fn marketing_needs_consent_and_the_wish_and_only_it_can_be_unsubscribed_from_by_one_click() {
    let world = World::new().await;
    let app = world.app();
    let never = world.person();
    assert_eq!(reason(&marketing(&world, never).await), (Status::Suppressed, Some("no_consent")));
    // A wish is no consent.
    let wish = json!({ "categories": { "marketing": { "email": true } } });
    app.put(PATH).as_user(never).json(&wish).send().await.expect(200);
    assert_eq!(reason(&marketing(&world, never).await), (Status::Suppressed, Some("no_consent")));

    let ada = world.person_with(|contact| contact.marketing_opt_in = true);
    assert_eq!(app.get(PATH).as_user(ada).send().await.expect(200)["categories"]["marketing"]["email"], true);
    assert_eq!(marketing(&world, ada).await.status, Status::Sent);
    let (_, mime) = world.provider.last();
    let mail = MessageParser::default().parse(&mime).unwrap();
    let header = |name: &str| mail.header_raw(name).map(|text| text.split_whitespace().collect::<String>());
    assert_eq!(header("List-Unsubscribe-Post").as_deref(), Some("List-Unsubscribe=One-Click"));
    let link = header("List-Unsubscribe").unwrap();
    // Seen in the mail too, though whoever wrote it did not think of it.
    let token = link.rsplit('=').next().unwrap().trim_end_matches('>').to_owned();
    assert!(mail.body_text(0).unwrap().contains(&token) && mail.body_html(0).unwrap().contains(&token));
    let path = link.strip_prefix("<https://shop.example").unwrap().strip_suffix('>').unwrap().to_owned();

    // Somebody who looks at the link changes nothing.
    let page = app.get(&path).header("accept-language", "de").send().await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    let html = String::from_utf8(page.body.clone()).unwrap();
    assert!(html.contains("<form method=\"post\"") && html.contains("Abbestellen"), "{html}");
    assert_eq!(marketing(&world, ada).await.status, Status::Sent);

    let form = "application/x-www-form-urlencoded";
    let click = |body: &'static str| app.post(&path).header("content-type", form).body(body);
    assert_eq!(click("List-Unsubscribe=One-Click").send().await.status, 200);
    assert_eq!(click("List-Unsubscribe=One-Click").send().await.status, 200);
    assert_eq!(reason(&marketing(&world, ada).await), (Status::Suppressed, Some("unsubscribed")));
    assert_eq!(
        app.get(PATH).as_user(ada).send().await.expect(200)["categories"]["marketing"]["email"],
        false
    );
    // Orders are another matter, and have no such header.
    world.handle(&world.event(&expired(ada))).await.unwrap();
    let (_, mime) = world.provider.last();
    assert!(!String::from_utf8(mime).unwrap().contains("List-Unsubscribe"));

    click("").send().await.expect_problem(422, "validation_failed");
    let parts = |value: &str| {
        let part = format!(
            "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n{value}\r\n--b--\r\n"
        );
        app.post(&path).header("content-type", "multipart/form-data; boundary=b").body(part)
    };
    assert_eq!(parts("One-Click").send().await.status, 200);
    parts("No").send().await.expect_problem(422, "validation_failed");
    app.post(&path).json(&json!({})).send().await.expect_problem(415, "unsupported_media_type");
}

#[tokio::test]
async fn a_link_that_is_not_ours_unsubscribes_nobody() {
    let world = World::new().await;
    let app = world.app();
    let token = world.delivery.unsubscribe.of(world.person());
    let (id, signature) = token.split_once('.').unwrap();
    let other = world.delivery.unsubscribe.of(world.person());
    let (other_id, _) = other.split_once('.').unwrap();
    for forged in [
        format!("{other_id}.{signature}"),
        id.to_owned(),
        format!("{id}."),
        "x".to_owned(),
        "%3Cb%3E".to_owned(),
    ] {
        let path = format!("/notifications/unsubscribe?token={forged}");
        app.get(&path).send().await.expect_problem(400, "invalid_token");
        let post = app.post(&path).header("content-type", "application/x-www-form-urlencoded");
        post.body("List-Unsubscribe=One-Click").send().await.expect_problem(400, "invalid_token");
    }
    app.get("/notifications/unsubscribe").send().await.expect_problem(400, "invalid_parameter");
}

#[tokio::test]
async fn an_event_goes_the_ways_that_its_reader_wants_and_has() {
    let world = World::new().await;
    let (app, ada) = (world.app(), world.person());
    let notice = Notice::new(EventId::new(&SystemClock).uuid(), ada, Template::OrderExpired);
    let ways = async |notice: &Notice| world.delivery.gate.channels(notice).await.unwrap();
    assert_eq!(ways(&notice).await, [Channel::Email]);
    let wish = json!({ "categories": { "orders": { "sms": true } } });
    app.put(PATH).as_user(ada).json(&wish).send().await.expect(200);
    world.device(ada, "arn:ada").await;
    assert_eq!(ways(&notice).await, [Channel::Email, Channel::Sms, Channel::Push]);
    let secret = Notice::new(EventId::new(&SystemClock).uuid(), ada, Template::PasswordReset).secret();
    assert_eq!(ways(&secret).await, [Channel::Email]);
    assert_ne!(
        derive_id(notice.event_id, ada, Channel::Push, "order_expired"),
        derive_id(notice.event_id, ada, Channel::Email, "order_expired")
    );
}
