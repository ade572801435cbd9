//! What staff write in the place of the built-in texts, or beside them.

use cartwright_contracts::events::{OrderExpired, UserVerified};
use cartwright_test_support::{Call, TestApp};
use cartwright_types::{OrderId, Role, SystemClock, UserId};
use mail_parser::MessageParser;
use notification::domain::Template;
use serde_json::{Value, json};

use crate::support::World;

const PATH: &str = "/notifications/templates";

fn staff(call: Call) -> Call {
    call.as_role(UserId::new(&SystemClock), Role::Staff)
}

fn sale() -> Value {
    json!({
        "key": "spring_sale", "channel": "email", "locale": "en", "subject": "Spring at {{ shop.name }}",
        "text": "Hello{% if name %} {{ name }}{% endif %},\n{{ offer }}\n", "html": "<p>{{ offer }}</p>",
        "variables": ["offer"]
    })
}

async fn create(app: &TestApp, template: &Value) -> Value {
    staff(app.post(PATH)).json(template).send().await.expect(201)
}

/// The pointers and codes of a 422.
async fn flaws(app: &TestApp, template: &Value) -> Vec<(String, String)> {
    let problem = staff(app.post(PATH)).json(template).send().await.expect_problem(422, "validation_failed");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors = problem["errors"].as_array().unwrap();
    errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
}

fn with(base: &Value, changes: &Value) -> Value {
    let mut all = base.clone();
    for (name, value) in changes.as_object().unwrap() {
        all[name] = value.clone();
    }
    all
}

#[tokio::test]
async fn a_template_is_written_read_replaced_and_removed_and_every_version_is_kept() {
    let world = World::new().await;
    let app = world.app();
    let answer = staff(app.post(PATH)).json(&sale()).send().await;
    let made = answer.expect(201);
    assert_eq!((made["version"].as_i64(), made["source"].as_str()), (Some(1), Some("stored")));
    assert_eq!(answer.header("etag"), Some("\"1\""));
    let location = answer.header("location").unwrap().to_owned();
    assert_eq!(staff(app.get(&location)).send().await.expect(200), made);
    staff(app.post(PATH)).json(&sale()).send().await.expect_problem(409, "template_exists");

    let one = format!("{PATH}/spring_sale");
    let mut change = with(&sale(), &json!({ "text": "{{ offer }}!" }));
    staff(app.put(&one)).json(&change).send().await.expect_problem(428, "precondition_required");
    staff(app.put(&one))
        .header("if-match", "\"7\"")
        .json(&change)
        .send()
        .await
        .expect_problem(412, "precondition_failed");
    world.clock.advance(5);
    let replaced = staff(app.put(&one)).header("if-match", "\"1\"").json(&change).send().await;
    assert_eq!(replaced.header("etag"), Some("\"2\""));
    let replaced = replaced.expect(200);
    assert_eq!((&replaced["text"], &replaced["created_at"]), (&json!("{{ offer }}!"), &made["created_at"]));
    assert_ne!(replaced["updated_at"], made["updated_at"]);
    // A key is that of the path, and a language that is not there is not made by a PUT.
    change["key"] = json!("summer_sale");
    staff(app.put(&one))
        .header("if-match", "*")
        .json(&change)
        .send()
        .await
        .expect_problem(422, "validation_failed");
    change["key"] = json!("spring_sale");
    change["locale"] = json!("fr");
    staff(app.put(&one)).header("if-match", "*").json(&change).send().await.expect_problem(404, "not_found");

    let first = staff(app.get(&format!("{one}?version=1"))).send().await.expect(200);
    assert_eq!(first["text"], sale()["text"]);
    let etag = staff(app.get(&one)).header("if-none-match", "\"2\"").send().await;
    assert_eq!(etag.status, 304);

    staff(app.delete(&one)).send().await.expect_problem(428, "precondition_required");
    staff(app.delete(&one))
        .header("if-match", "\"1\"")
        .send()
        .await
        .expect_problem(412, "precondition_failed");
    staff(app.delete(&format!("{one}?locale=de")))
        .header("if-match", "*")
        .send()
        .await
        .expect_problem(404, "not_found");
    staff(app.delete(&one)).header("if-match", "\"2\"").send().await.expect(204);
    staff(app.get(&one)).send().await.expect_problem(404, "not_found");
    // What was is still to be looked up, and its numbers are not used again.
    staff(app.get(&format!("{one}?version=2"))).send().await.expect(200);
    assert_eq!(create(&app, &sale()).await["version"], 3);
}

#[tokio::test]
async fn of_many_who_replace_a_template_at_once_one_does() {
    let world = World::new().await;
    let app = world.app();
    create(&app, &sale()).await;
    let path = format!("{PATH}/spring_sale");
    let answers = futures::future::join_all((0..8).map(|number| {
        let change = with(&sale(), &json!({ "text": format!("{number} {{{{ offer }}}}") }));
        staff(app.put(&path)).header("if-match", "\"1\"").json(&change).send()
    }));
    let statuses: Vec<u16> = answers.await.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 412].contains(status)), "{statuses:?}");
    assert_eq!(staff(app.get(&path)).send().await.expect(200)["version"], 2);
}

#[tokio::test]
async fn templates_are_for_staff_only() {
    let world = World::new().await;
    let (app, ada) = (world.app(), UserId::new(&SystemClock));
    let one = format!("{PATH}/welcome");
    let preview = format!("{one}/preview");
    let calls = || {
        [app.get(PATH), app.post(PATH), app.get(&one), app.put(&one), app.delete(&one), app.post(&preview)]
    };
    for call in calls() {
        call.as_user(ada).send().await.expect_problem(403, "forbidden");
    }
    for call in calls() {
        call.send().await.expect_problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn the_list_has_the_built_in_ones_too_in_pages_by_key() {
    let world = World::new().await;
    let app = world.app();
    create(&app, &sale()).await;
    let german = json!({
        "key": "welcome", "channel": "email", "locale": "de", "subject": "Hallo", "text": "Hallo!", "variables": []
    });
    create(&app, &german).await;
    let (mut path, mut found) = (format!("{PATH}?limit=20"), Vec::new());
    loop {
        let page = staff(app.get(&path)).send().await.expect(200);
        found.extend(page["data"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("{PATH}?limit=20&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(found.len(), Template::ALL.len() * 3 + 1);
    let place = |row: &Value| format!("{}/{}/{}", row["key"], row["channel"], row["locale"]);
    assert!(found.is_sorted_by(|a, b| place(a) < place(b)));
    let welcome = found.iter().find(|row| row["key"] == "welcome" && row["locale"] == "de").unwrap();
    assert_eq!((&welcome["source"], &welcome["text"]), (&json!("stored"), &json!("Hallo!")));
    let spanish = staff(app.get(&format!("{PATH}?locale=es&limit=100"))).send().await.expect(200);
    assert_eq!(spanish["data"].as_array().unwrap().len(), Template::ALL.len());
    let sms = staff(app.get(&format!("{PATH}?channel=sms"))).send().await.expect(200);
    assert_eq!(sms["data"], json!([]));
    for query in ["channel=pigeon", "locale=X", "sort=key", "version=1"] {
        staff(app.get(&format!("{PATH}?{query}"))).send().await.expect_problem(400, "invalid_parameter");
    }
}

#[tokio::test]
async fn what_is_no_sound_template_is_not_kept() {
    let world = World::new().await;
    let app = world.app();
    let flawed = async |changes: Value| flaws(&app, &with(&sale(), &changes)).await;
    let flaw = |pointer: &str, code: &str| vec![(pointer.to_owned(), code.to_owned())];
    assert_eq!(flawed(json!({ "text": "{{ offer" })).await, flaw("/text", "invalid_template"));
    assert_eq!(
        flawed(json!({ "text": "{{ offer|no_such_filter }}" })).await,
        flaw("/text", "invalid_template")
    );
    assert_eq!(flawed(json!({ "html": "{{ price }}" })).await, flaw("/html", "undeclared_variable"));
    assert_eq!(flawed(json!({ "subject": "{{ who }}" })).await, flaw("/subject", "undeclared_variable"));
    assert_eq!(
        flawed(json!({ "text": "{% include \"welcome/en.txt\" %}" })).await,
        flaw("/text", "tag_not_allowed")
    );
    assert_eq!(
        flawed(json!({ "html": "{% extends \"/etc/passwd\" %}" })).await,
        flaw("/html", "tag_not_allowed")
    );
    assert_eq!(flawed(json!({ "html": "{{ offer|safe }}" })).await, flaw("/html", "invalid_template"));
    assert_eq!(flawed(json!({ "subject": null })).await, flaw("/subject", "required"));
    assert_eq!(
        flawed(json!({ "channel": "sms" })).await,
        [flaw("/subject", "not_for_this_channel"), flaw("/html", "not_for_this_channel")].concat()
    );
    assert_eq!(flawed(json!({ "key": "Spring" })).await, flaw("/key", "invalid_key"));
    assert_eq!(flawed(json!({ "variables": ["a b"] })).await, flaw("/variables", "invalid_variable"));
    assert_eq!(flawed(json!({ "kind": "x" })).await, flaw("/kind", "unknown_field"));
    assert_eq!(flawed(json!({ "text": "x".repeat(300_000) })).await, flaw("/text", "too_long"));
}

#[tokio::test]
async fn what_takes_a_built_in_ones_place_is_tried_first_and_given_no_more() {
    let world = World::new().await;
    let app = world.app();
    let confirmation = json!({
        "key": "order_confirmation", "channel": "email", "locale": "en", "subject": "Order {{ number }}",
        "text": "{% for line in lines %}{{ line.name }}: {{ line.total|money }}{% endfor %}",
        "variables": ["number", "lines"]
    });
    assert_eq!(
        flaws(&app, &with(&confirmation, &json!({ "text": "{{ lines[0].colour.name }}" }))).await,
        [("/text".to_owned(), "invalid_template".to_owned())]
    );
    assert_eq!(
        flaws(&app, &with(&confirmation, &json!({ "variables": ["number", "lines", "colour"] }))).await,
        [("/variables".to_owned(), "unknown_variable".to_owned())]
    );
    let reset = json!({
        "key": "password_reset", "channel": "email", "locale": "en", "subject": "Reset", "text": "Good luck!",
        "variables": ["link"]
    });
    assert_eq!(flaws(&app, &reset).await, [("/text".to_owned(), "link_missing".to_owned())]);
    create(&app, &confirmation).await;
}

#[tokio::test]
async fn a_template_that_would_run_on_and_on_is_stopped() {
    let world = World::new().await;
    let app = world.app();
    let endless = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}{{ offer }}";
    let found = flaws(&app, &with(&sale(), &json!({ "text": endless }))).await;
    assert_eq!(found, [("/text".to_owned(), "invalid_template".to_owned())]);
    // What it is given decides how long it runs.
    let long = "{% for a in offer %}{% for b in offer %}{{ b }}{% endfor %}{% endfor %}";
    create(&app, &with(&sale(), &json!({ "text": long }))).await;
    let path = format!("{PATH}/spring_sale/preview");
    let body = json!({ "locale": "en", "data": { "offer": vec!["x"; 2_000] } });
    let begun = std::time::Instant::now();
    let problem = staff(app.post(&path)).json(&body).send().await.expect_problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["code"], "cannot_be_filled_in");
    assert!(begun.elapsed().as_secs() < 5);
}

#[tokio::test]
async fn a_preview_is_what_somebody_would_read_and_says_what_is_missing() {
    let world = World::new().await;
    let app = world.app();
    create(&app, &sale()).await;
    let preview = async |key: &str, body: &Value| {
        staff(app.post(&format!("{PATH}/{key}/preview"))).json(body).send().await
    };
    let evil = "<script>{{ shop.name }}</script>\r\nBcc: eve@example.com";
    let seen =
        preview("spring_sale", &json!({ "locale": "de-AT", "data": { "offer": evil } })).await.expect(200);
    assert_eq!(seen["subject"], "Spring at Cartwright");
    assert_eq!(seen["text"], format!("Hello,\n{evil}"));
    assert!(!seen["html"].as_str().unwrap().contains("<script>"));
    let body = json!({ "locale": "de-AT", "data": { "number": "C-1" } });
    let built_in = preview("order_delivered", &body).await.expect(200);
    assert_eq!(built_in["subject"], "Ihre Bestellung C-1 wurde zugestellt");
    let sms = json!({ "locale": "es", "channel": "sms", "data": { "number": "C-1" } });
    let sms = preview("order_delivered", &sms).await.expect(200);
    assert_eq!((&sms["subject"], &sms["html"]), (&Value::Null, &Value::Null));
    assert_eq!(sms["text"], "Cartwright: Tu pedido C-1 se ha entregado");
    let problem = preview("spring_sale", &json!({ "locale": "en", "data": {} })).await;
    let problem = problem.expect_problem(422, "validation_failed");
    assert_eq!(
        (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]),
        (&json!("/data/offer"), &json!("missing_variable"))
    );
    preview("no_such_key", &json!({ "locale": "en", "data": {} })).await.expect_problem(404, "not_found");
    preview("spring_sale", &json!({ "locale": "en", "data": [] }))
        .await
        .expect_problem(422, "validation_failed");
}

/// The subject of the mail that an expired order makes.
async fn expired(world: &World, user: UserId) -> String {
    let order_id = OrderId::new(&SystemClock);
    let event = OrderExpired { order_id, number: "C-2026-000001".to_owned(), user_id: Some(user) };
    world.handle(&world.event(&event)).await.unwrap();
    let (_, mime) = world.provider.last();
    MessageParser::default().parse(&mime).unwrap().subject().unwrap().to_owned()
}

#[tokio::test]
async fn a_stored_template_takes_the_built_in_ones_place_in_its_language_within_ten_seconds() {
    let world = World::new().await;
    let app = world.app();
    let (ada, anna) = (world.person(), world.person_with(|contact| "de-AT".clone_into(&mut contact.locale)));
    assert_eq!(expired(&world, anna).await, "Ihre Bestellung C-2026-000001 ist verfallen");
    let german = json!({
        "key": "order_expired", "channel": "email", "locale": "de", "subject": "Schade: {{ number }}",
        "text": "Schade.", "variables": ["number"]
    });
    create(&app, &german).await;
    world.clock.advance(11);
    assert_eq!(expired(&world, anna).await, "Schade: C-2026-000001");
    assert_eq!(expired(&world, ada).await, "Your order C-2026-000001 has expired");
    staff(app.delete(&format!("{PATH}/order_expired?locale=de")))
        .header("if-match", "*")
        .send()
        .await
        .expect(204);
    world.clock.advance(11);
    assert_eq!(expired(&world, anna).await, "Ihre Bestellung C-2026-000001 ist verfallen");
}

#[tokio::test]
async fn a_stored_template_that_cannot_be_filled_in_holds_back_no_mail() {
    let world = World::new().await;
    let ada = world.person();
    // Sound with the data it was tried with, and not with this: an order that nobody follows.
    let template = json!({
        "key": "welcome", "channel": "email", "locale": "en", "subject": "Hi",
        "text": "{{ name.first.letter }}{{ 1 // (name|length - 3) }}", "variables": []
    });
    assert_eq!(flaws(&world.app(), &template).await, [("/text".to_owned(), "invalid_template".to_owned())]);
    let template = with(&template, &json!({ "text": "{{ 1 // (name|length - 12) }}" }));
    create(&world.app(), &template).await;
    world.handle(&world.event(&UserVerified { user_id: ada })).await.unwrap();
    let (_, mime) = world.provider.last();
    let mail = MessageParser::default().parse(&mime).unwrap();
    assert_eq!(mail.subject(), Some("Welcome to Cartwright"));
}
