//! What staff and services have sent: now, later, again, and taken back.

use cartwright_test_support::TestApp;
use cartwright_types::{NotificationId, Role, SystemClock, UserId};
use mail_parser::{MessageParser, MimeHeaders as _};
use notification::clients::{ENDPOINT_DISABLED, MARKETING, SendError, TRANSACTIONAL};
use notification::domain::{Outcome, Status};
use serde_json::{Value, json};

use crate::support::World;

fn staff() -> UserId {
    UserId::new(&SystemClock)
}

fn mail() -> Value {
    json!({ "to": "ben@example.com", "subject": "Your parcel", "text": "It waits for you." })
}

async fn post(app: &TestApp, path: &str, body: &Value) -> Value {
    let answer = app.post(path).as_role(staff(), Role::Staff).json(body).send().await;
    let location = answer.header("location").map(str::to_owned);
    let answer = answer.expect(202);
    assert_eq!(location.unwrap(), format!("/notifications/{}", answer["id"].as_str().unwrap()));
    answer
}

fn id(answer: &Value) -> NotificationId {
    answer["id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_mail_is_kept_queued_and_sent_and_its_row_holds_nothing_of_it() {
    let world = World::new().await;
    let app = world.app();
    let answer = post(&app, "/notifications/email", &mail()).await;
    assert_eq!(answer, json!({ "id": answer["id"], "status": "queued" }));
    let row = world.found(id(&answer)).await.unwrap();
    assert_eq!((row.status, row.template.as_str(), row.user_id), (Status::Queued, "none", None));
    world.work().await.into_iter().for_each(|result| result.unwrap());
    let (to, mime) = world.provider.last();
    let sent = MessageParser::default().parse(&mime).unwrap();
    assert_eq!((to.as_str(), sent.subject()), ("ben@example.com", Some("Your parcel")));
    assert_eq!(sent.body_text(0).unwrap().trim(), "It waits for you.");
    assert!(sent.body_html(0).unwrap().contains("It waits for you."));
    let row = world.found(id(&answer)).await.unwrap();
    assert_eq!(row.status, Status::Sent);
    let stored = format!("{row:?}");
    assert!(!stored.contains("ben@") && !stored.contains("parcel") && !stored.contains("waits"), "{stored}");
    // Nobody's history shows it; staff read it by its id.
    let path = format!("/notifications/{}", id(&answer));
    let shown = app.get(&path).as_role(staff(), Role::Staff).send().await.expect(200);
    assert_eq!((&shown["kind"], &shown["send_at"]), (&json!("transactional"), &Value::Null));
    app.get(&path).as_user(staff()).send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_template_is_filled_in_for_a_user_and_shown_in_their_history() {
    let world = World::new().await;
    let (app, ada) = (world.app(), world.person());
    let body = json!({
        "user_id": ada, "template": "order_refunded",
        "data": { "number": "C-2026-000001", "amount": { "amount": 1295, "currency": "EUR" } },
    });
    let answer = post(&app, "/notifications/email", &body).await;
    world.work().await.into_iter().for_each(|result| result.unwrap());
    assert!(String::from_utf8_lossy(&world.provider.last().1).contains("C-2026-000001"));
    let own = app.get("/notifications/history").as_user(ada).send().await.expect(200);
    assert_eq!((&own["data"][0]["id"], &own["data"][0]["status"]), (&answer["id"], &json!("sent")));
}

#[tokio::test]
async fn services_with_the_right_scope_may_ask_and_nobody_else_but_staff() {
    let world = World::new().await;
    let app = world.app();
    for path in ["/notifications/email", "/notifications/sms", "/notifications/push"] {
        app.post(path).json(&mail()).send().await.expect_problem(401, "unauthenticated");
        app.post(path).as_user(staff()).json(&mail()).send().await.expect_problem(403, "forbidden");
        let other = app.post(path).as_service("order", "contact").json(&mail()).send().await;
        other.expect_problem(403, "forbidden");
    }
    let _ =
        app.post("/notifications/email").as_service("order", "notify").json(&mail()).send().await.expect(202);
    for verb in ["cancel", "resend"] {
        let path = format!("/notifications/{}/{verb}", NotificationId::new(&SystemClock));
        app.post(&path).send().await.expect_problem(401, "unauthenticated");
        app.post(&path).as_user(staff()).send().await.expect_problem(403, "forbidden");
        app.post(&path).as_role(staff(), Role::Staff).send().await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_retry_with_the_same_key_is_the_same_notification() {
    let world = World::new().await;
    let (app, staff) = (world.app(), staff());
    let send = |body: Value, key: &'static str| {
        let request =
            app.post("/notifications/email").as_role(staff, Role::Staff).header("idempotency-key", key);
        async move { request.json(&body).send().await }
    };
    let first = send(mail(), "k-1").await.expect(202);
    let again = send(mail(), "k-1").await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(202), first);
    assert_ne!(send(mail(), "k-2").await.expect(202)["id"], first["id"]);
    let other = json!({ "to": "eve@example.com", "subject": "Hi", "text": "Hi" });
    send(other.clone(), "k-1").await.expect_problem(422, "idempotency_key_reused");
    // A body that does not fit leaves the key free.
    send(json!({ "to": "nobody" }), "k-3").await.expect_problem(422, "validation_failed");
    let _ = send(other, "k-3").await.expect(202);
    // A day later it is forgotten.
    world.clock.advance(24 * 3600 + 1);
    assert_ne!(send(mail(), "k-1").await.expect(202)["id"], first["id"]);
    assert_eq!(world.queues.take().len(), 4);
}

#[tokio::test]
async fn retries_at_once_make_one_notification() {
    let world = World::new().await;
    let (app, staff) = (world.app(), staff());
    let body = mail();
    let sends = (0..8).map(|_| {
        let request =
            app.post("/notifications/email").as_role(staff, Role::Staff).header("idempotency-key", "k");
        request.json(&body).send()
    });
    let answers = futures::future::join_all(sends).await;
    let ids: std::collections::BTreeSet<String> = answers
        .iter()
        .filter(|answer| answer.status == 202)
        .map(|answer| answer.expect(202)["id"].to_string())
        .collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(world.queues.take().len(), 1);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_with_everything_that_is_wrong() {
    let world = World::new().await;
    let app = world.app();
    let user = staff().to_string();
    let cases = [
        ("email", json!({}), vec![("/template", "required"), ("/to", "required")]),
        ("email", json!({ "to": "x", "subject": "a", "text": "b" }), vec![("/to", "invalid_email")]),
        (
            "email",
            json!({ "to": "a@b.c", "user_id": user, "subject": "a", "text": "b" }),
            vec![("/user_id", "not_both")],
        ),
        ("email", json!({ "to": "a@b.c", "text": "b" }), vec![("/subject", "required")]),
        ("email", json!({ "to": "a@b.c", "subject": "a" }), vec![("/text", "required")]),
        (
            "email",
            json!({ "to": "a@b.c", "subject": "a\r\nBcc: x@y.z", "text": "b" }),
            vec![("/subject", "invalid_characters")],
        ),
        (
            "email",
            json!({ "to": "a@b.c", "template": "welcome", "text": "b" }),
            vec![("/template", "not_both")],
        ),
        (
            "email",
            json!({ "to": "a@b.c", "template": "nothing_like_it" }),
            vec![("/template", "unknown_template")],
        ),
        (
            "email",
            json!({ "to": "a@b.c", "template": "invoice", "data": {} }),
            vec![("/data/number", "missing_variable"), ("/data/order_number", "missing_variable")],
        ),
        (
            "email",
            json!({ "to": "a@b.c", "subject": "a", "text": "b", "data": {} }),
            vec![("/data", "without_template")],
        ),
        (
            "email",
            json!({ "to": "a@b.c", "subject": "a", "text": "b", "send_at": "2126-01-01T00:00:00Z" }),
            vec![("/send_at", "out_of_range")],
        ),
        (
            "email",
            json!({ "to": "a@b.c", "subject": "a", "text": "b", "kind": "spam" }),
            vec![("/kind", "unknown_value")],
        ),
        (
            "email",
            json!({ "to": "a@b.c", "subject": "a", "text": "b", "attachments": [
            { "filename": "../x", "s3_key": "images/secret.png" }, { "filename": "x", "s3_key": "attachments/../x" },
        ] }),
            vec![
                ("/attachments/0/filename", "invalid_filename"),
                ("/attachments/0/s3_key", "not_allowed"),
                ("/attachments/1/s3_key", "not_allowed"),
            ],
        ),
        ("sms", json!({ "to": "030 123456", "text": "b" }), vec![("/to", "invalid_phone")]),
        ("sms", json!({ "to": "+4930123456", "text": "b", "html": "<b>" }), vec![("/html", "unknown_field")]),
        ("sms", json!({ "to": "+4930123456", "text": "b".repeat(1_601) }), vec![("/text", "too_long")]),
        ("push", json!({ "subject": "a", "text": "b" }), vec![("/user_id", "required")]),
        (
            "push",
            json!({ "device_id": user, "subject": "a", "text": "b" }),
            vec![("/device_id", "unknown_device")],
        ),
    ];
    for (way, body, expected) in cases {
        let path = format!("/notifications/{way}");
        let problem = app.post(&path).as_role(staff(), Role::Staff).json(&body).send().await;
        let problem = problem.expect_problem(422, "validation_failed");
        let mut errors: Vec<(String, String)> = problem["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| {
                (error["pointer"].as_str().unwrap().to_owned(), error["code"].as_str().unwrap().to_owned())
            })
            .collect();
        errors.sort();
        let expected: Vec<_> =
            expected.iter().map(|(at, code)| ((*at).to_owned(), (*code).to_owned())).collect();
        assert_eq!(errors, expected, "{body}");
    }
    assert!(world.queues.take().is_empty());
}

#[tokio::test]
async fn text_and_push_messages_go_to_numbers_users_and_devices() {
    let world = World::new().await;
    let app = world.app();
    let ada = world.person_with(|contact| contact.phone = Some("+4930111111".to_owned()));
    let without = world.person();
    let (phone, tablet) = (world.device(ada, "arn:phone").await, world.device(ada, "arn:tablet").await);
    for body in
        [json!({ "to": "+4930123456", "text": "Hello" }), json!({ "user_id": ada, "text": "Hello Ada" })]
    {
        post(&app, "/notifications/sms", &body).await;
    }
    let nobody = post(&app, "/notifications/sms", &json!({ "user_id": without, "text": "Hello?" })).await;
    let both =
        post(&app, "/notifications/push", &json!({ "user_id": ada, "subject": "Hi", "text": "All" })).await;
    let one = json!({ "device_id": tablet, "subject": "Hi", "text": "One" });
    let one = post(&app, "/notifications/push", &one).await;
    let none =
        post(&app, "/notifications/push", &json!({ "user_id": without, "subject": "Hi", "text": "?" })).await;
    world.work().await.into_iter().for_each(|result| result.unwrap());
    assert_eq!(world.telephones.lines(), ["+4930123456: Hello", "+4930111111: Hello Ada"]);
    let mut lines = world.devices.lines();
    lines.sort();
    assert_eq!(lines, ["arn:phone: Hi / All", "arn:tablet: Hi / All", "arn:tablet: Hi / One"]);
    for (answer, status, reason) in [
        (&nobody, Status::Suppressed, Some("no_address")),
        (&none, Status::Suppressed, Some("no_device")),
        (&both, Status::Sent, None),
        (&one, Status::Sent, None),
    ] {
        let row = world.found(id(answer)).await.unwrap();
        assert_eq!((row.status, row.attempts[0].reason.as_deref()), (status, reason));
    }
    // The telephone's token is spent: the other device is still told, and the telephone never again.
    world.devices.fail_next(SendError::Permanent(ENDPOINT_DISABLED.to_owned()));
    let disabled =
        post(&app, "/notifications/push", &json!({ "device_id": phone, "subject": "a", "text": "b" })).await;
    world.work().await.into_iter().for_each(|result| result.unwrap());
    assert_eq!(world.found(id(&disabled)).await.unwrap().status, Status::Failed);
    post(&app, "/notifications/push", &json!({ "user_id": ada, "subject": "c", "text": "d" })).await;
    world.work().await.into_iter().for_each(|result| result.unwrap());
    assert_eq!(world.devices.lines()[3..], ["arn:tablet: c / d"]);
}

#[tokio::test]
async fn files_of_the_shop_go_with_a_mail() {
    let world = World::new().await;
    let app = world.app();
    let config = aws_sdk_s3::config::Builder::from(&world.sdk).force_path_style(true).build();
    let s3 = aws_sdk_s3::Client::from_conf(config);
    let large = vec![7_u8; 6 * 1024 * 1024];
    for (bucket, key, content) in [
        ("invoices", "2026/R-2026-000001.pdf", b"%PDF-1.7".to_vec()),
        ("attachments", "attachments/terms.txt", b"Terms".to_vec()),
        ("attachments", "attachments/large.bin", large.clone()),
    ] {
        let bucket = format!("{}{bucket}", world.prefix);
        let _ = s3.create_bucket().bucket(&bucket).send().await;
        s3.put_object().bucket(&bucket).key(key).body(content.into()).send().await.unwrap();
    }
    let with = |keys: &[&str]| {
        let files: Vec<Value> =
            keys.iter().map(|key| json!({ "filename": key.rsplit('/').next(), "s3_key": key })).collect();
        json!({ "to": "ben@example.com", "subject": "Files", "text": "Here.", "attachments": files })
    };
    let keys = ["2026/R-2026-000001.pdf", "attachments/terms.txt", "attachments/large.bin"];
    post(&app, "/notifications/email", &with(&keys)).await;
    world.work().await.into_iter().for_each(|result| result.unwrap());
    let mime = world.provider.last().1;
    let sent = MessageParser::default().parse(&mime).unwrap();
    let files: Vec<_> = sent
        .attachments()
        .map(|file| (file.attachment_name().unwrap().to_owned(), file.contents().len()))
        .collect();
    assert_eq!(
        files,
        [
            ("R-2026-000001.pdf".to_owned(), 8),
            ("terms.txt".to_owned(), 5),
            ("large.bin".to_owned(), large.len())
        ]
    );
    // Two of the large one are more than a mail carries.
    let twice = ["attachments/large.bin", "attachments/large.bin"];
    let answer = post(&app, "/notifications/email", &with(&twice)).await;
    world.work().await.into_iter().for_each(|result| result.unwrap());
    let row = world.found(id(&answer)).await.unwrap();
    assert_eq!(row.attempts[0].reason.as_deref(), Some("attachments_too_large"));
    // One that is not there yet is waited for.
    post(&app, "/notifications/email", &with(&["attachments/later.txt"])).await;
    assert!(world.work().await.remove(0).is_err());
}

#[tokio::test]
async fn what_is_to_be_sent_later_waits_until_it_is_due() {
    let world = World::new().await;
    let (app, asking) = (world.app(), world.asking());
    let at = world.delivery.clock.now() + chrono::TimeDelta::hours(30);
    let mut body = mail();
    body["send_at"] = json!(at);
    let answer = post(&app, "/notifications/email", &body).await;
    let shown = app.get(&format!("/notifications/{}", id(&answer))).as_role(staff(), Role::Staff);
    assert_eq!(shown.send().await.expect(200)["send_at"], json!(at));
    asking.sweep().await.unwrap();
    assert!(world.queues.take().is_empty());
    world.clock.advance(30 * 3600);
    // Several workers look at once: one tells the queue.
    let sweeps = futures::future::join_all((0..4).map(|_| asking.sweep())).await;
    for swept in sweeps {
        swept.unwrap();
    }
    let told = world.queues.take();
    assert_eq!(told.len(), 1);
    assert!(told[0].body.contains(answer["id"].as_str().unwrap()));
    asking.sweep().await.unwrap();
    assert!(world.queues.take().is_empty());
}

#[tokio::test]
async fn what_a_queue_did_not_take_is_told_by_the_sweep() {
    let world = World::new().await;
    let (app, asking) = (world.app(), world.asking());
    world.queues.be_away(true);
    post(&app, "/notifications/email", &mail()).await;
    world.queues.be_away(false);
    world.clock.advance(31);
    asking.sweep().await.unwrap();
    world.work().await.into_iter().for_each(|result| result.unwrap());
    assert_eq!(world.provider.count(), 1);
    // A sweep that cannot tell the queue leaves the row due.
    world.queues.be_away(true);
    post(&app, "/notifications/email", &mail()).await;
    world.clock.advance(31);
    asking.sweep().await.unwrap_err();
    world.queues.be_away(false);
    world.clock.advance(61);
    asking.sweep().await.unwrap();
    world.work().await.into_iter().for_each(|result| result.unwrap());
    assert_eq!(world.provider.count(), 2);
}

#[tokio::test]
async fn marketing_has_its_own_queue_and_sender_and_needs_somebody_who_agreed() {
    let world = World::new().await;
    let (app, ada) = (world.app(), world.person());
    let queue = |world: &World| {
        let told = world.queues.take();
        assert_eq!(told.len(), 1);
        format!("{:?}", told[0].destination)
    };
    post(&app, "/notifications/email", &mail()).await;
    assert!(queue(&world).contains(TRANSACTIONAL));
    let body = json!({ "to": "ben@example.com", "subject": "Sale", "text": "Buy", "kind": "marketing" });
    let answer = post(&app, "/notifications/email", &body).await;
    assert!(queue(&world).contains(MARKETING));
    let handler = notification::consumers::AskedFor::new(world.delivery.clone(), crate::support::patience());
    let message = crate::support::message(json!({ "notification_id": answer["id"] }).to_string());
    cartwright_messaging::MessageHandler::handle(&handler, &message).await.unwrap();
    let row = world.found(id(&answer)).await.unwrap();
    assert_eq!((row.status, row.attempts[0].reason.as_deref()), (Status::Suppressed, Some("no_consent")));
    assert_eq!(world.provider.count(), 0);
    let _ = ada;
}

#[tokio::test]
async fn staff_take_back_what_was_not_sent() {
    let world = World::new().await;
    let app = world.app();
    let cancel = |id: NotificationId| {
        let request = app.post(&format!("/notifications/{id}/cancel")).as_role(staff(), Role::Staff);
        async move { request.send().await }
    };
    let answer = post(&app, "/notifications/email", &mail()).await;
    let cancelled = cancel(id(&answer)).await;
    assert!(cancelled.header("etag").is_some());
    assert_eq!(cancelled.expect(200)["status"], "cancelled");
    assert_eq!(cancel(id(&answer)).await.expect(200)["status"], "cancelled");
    world.work().await.into_iter().for_each(|result| result.unwrap());
    assert_eq!(world.provider.count(), 0);
    let row = world.found(id(&answer)).await.unwrap();
    assert_eq!((row.status, row.attempts[0].outcome), (Status::Cancelled, Outcome::Cancelled));
    // What is sent is sent.
    let answer = post(&app, "/notifications/email", &mail()).await;
    world.work().await.into_iter().for_each(|result| result.unwrap());
    let problem = cancel(id(&answer)).await.expect_problem(409, "not_cancellable");
    assert_eq!(problem["status_now"], "sent");
    // What waits to be due is due no more.
    let mut later = mail();
    later["send_at"] = json!(world.delivery.clock.now() + chrono::TimeDelta::hours(1));
    let answer = post(&app, "/notifications/email", &later).await;
    cancel(id(&answer)).await.expect(200);
    world.clock.advance(7200);
    world.asking().sweep().await.unwrap();
    assert!(world.queues.take().is_empty());
}

#[tokio::test]
async fn staff_have_it_sent_again_as_a_new_notification() {
    let world = World::new().await;
    let (app, ada, grace) = (world.app(), world.person(), staff());
    let resend = |id: NotificationId, key: &'static str| {
        let request = app.post(&format!("/notifications/{id}/resend")).as_role(grace, Role::Staff);
        let request = request.header("idempotency-key", key);
        async move { request.send().await }
    };
    let event = world.event(&cartwright_contracts::events::UserVerified { user_id: ada });
    world.handle(&event).await.unwrap();
    let first = world.row(&event, ada, notification::domain::Template::Welcome).await;
    let answer = resend(first.id, "r-1").await.expect(202);
    world.work().await.into_iter().for_each(|result| result.unwrap());
    assert_eq!(world.provider.count(), 2);
    let again = world.found(id(&answer)).await.unwrap();
    assert_eq!((again.status, again.resend_of, again.user_id), (Status::Sent, Some(first.id), Some(ada)));
    // One that was given up: its dead letter, brought back afterwards, says nothing more.
    let event = world.event(&cartwright_contracts::events::UserVerified { user_id: ada });
    for count in 1..=5 {
        world.provider.fail_next(SendError::Transient("ConnectionFailed".to_owned()));
        world.handle_again(&event, count).await.unwrap_err();
    }
    let dead = world.row(&event, ada, notification::domain::Template::Welcome).await;
    // A request that is refused changes nothing of it.
    resend(dead.id, "r-1").await.expect_problem(422, "idempotency_key_reused");
    assert_eq!(world.found(dead.id).await.unwrap().status, Status::Failed);
    resend(dead.id, "r-4").await.expect(202);
    resend(dead.id, "r-4").await.expect(202);
    world.work().await.into_iter().for_each(|result| result.unwrap());
    world.handle_again(&event, 1).await.unwrap();
    assert_eq!(world.provider.count(), 3);
    // Another that waits is not settled.
    let waiting = post(&app, "/notifications/email", &mail()).await;
    resend(id(&waiting), "r-2").await.expect_problem(409, "not_settled");
    // What held a token is known nowhere.
    let command = cartwright_types::EventId::new(&SystemClock).uuid();
    let mail = cartwright_contracts::commands::TokenMail::PasswordReset { token: "t0ken".to_owned() };
    world.command(command, ada, mail).await;
    let reset =
        notification::domain::derive_id(command, ada, notification::domain::Channel::Email, "password_reset");
    resend(reset, "r-3").await.expect_problem(409, "not_resendable");
}
