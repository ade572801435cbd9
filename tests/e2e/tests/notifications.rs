//! What is said to people, through the gateway: templates, wishes, devices, and what became of a mail.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::{Duration, Instant};

use axum::http::Method;
use e2e::{Api, Shopper};
use localstack::databases::Database;
use localstack::mail::wait_for;
use localstack::{Options, Stack};
use serde_json::{Value, json};
use sqlx::PgPool;

const PATIENCE: Duration = Duration::from_mins(1);

async fn staff(stack: &Stack, api: &Api) -> Shopper {
    let mailbox = stack.mailbox().await.unwrap();
    let mut staff = Shopper::join(api, mailbox.as_ref()).await.unwrap();
    let users = PgPool::connect(&stack.database_url(Database::Users)).await.unwrap();
    let statement = "UPDATE users SET role = 'staff' WHERE email = $1";
    sqlx::query(statement).bind(&staff.email).execute(&users).await.unwrap();
    staff.login().await.unwrap();
    staff
}

/// Reads until it fits.
async fn until(reader: &Shopper, path: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let seen = reader.get(path).await.unwrap().expect(200).unwrap();
        if fits(&seen) {
            return seen;
        }
        assert!(Instant::now() < deadline, "{path} stays {seen}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// A mail to a mailbox of SES' simulator, and what its row says in the end.
async fn simulated(staff: &Shopper, mailbox: &str, status: &str) -> Value {
    let to = format!("{mailbox}@simulator.amazonses.com");
    let body = json!({ "to": to, "subject": "Hello", "text": "Is anybody there?" });
    let accepted = staff.post("/notifications/email", &body).await.unwrap().expect(202).unwrap();
    let path = format!("/notifications/{}", accepted["id"].as_str().unwrap());
    until(staff, &path, |seen| seen["status"] == status).await
}

/// Somebody registers with an address that no mail arrives at.
async fn a_bad_address_is_seen_at_its_account(staff: &Shopper, api: &Api) {
    let shopper = Shopper { email: "bounce+ada@simulator.amazonses.com".to_owned(), ..Shopper::new(api) };
    shopper.register().await.unwrap();
    let listed = |page: &Value| !page["data"].as_array().unwrap().is_empty();
    let page = until(staff, "/users?email_problem=bounced", listed).await;
    assert_eq!(page["data"][0]["email"], shopper.email);
    let path = format!("/users/{}", page["data"][0]["id"].as_str().unwrap());
    let user = staff.get(&path).await.unwrap().expect(200).unwrap();
    assert_eq!((&user["email_problem"], &user["email_verified"]), (&json!("bounced"), &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bounce_and_a_complaint_are_seen_suppress_and_are_lifted() {
    let stack = Stack::start(Options::from_env().unwrap().without_catalogue()).await.unwrap();
    let api = Api::new(&stack.base_url());
    let staff = staff(&stack, &api).await;
    simulated(&staff, "success", "delivered").await;
    let bounced = simulated(&staff, "bounce", "bounced").await;
    let events: Vec<&str> =
        bounced["events"].as_array().unwrap().iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert!(events.contains(&"sent") && events.contains(&"hard_bounced"), "{events:?}");
    simulated(&staff, "complaint", "complained").await;
    let again = simulated(&staff, "bounce", "suppressed").await;
    assert_eq!(again["attempts"][0]["reason"], "address_bounced");

    let list =
        until(&staff, "/notifications/suppressions", |list| list["data"].as_array().unwrap().len() == 2)
            .await;
    for suppression in list["data"].as_array().unwrap() {
        let path = format!("/notifications/suppressions/{}", suppression["id"].as_str().unwrap());
        staff.call(Method::DELETE, &path, &Value::Null).await.unwrap().expect(204).unwrap();
    }
    simulated(&staff, "bounce", "bounced").await;
    a_bad_address_is_seen_at_its_account(&staff, &api).await;
    stack.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_of_staff_is_what_people_read_and_their_wishes_and_devices_are_theirs() {
    let stack = Stack::start(Options::from_env().unwrap().without_catalogue()).await.unwrap();
    let api = Api::new(&stack.base_url());
    let mailbox = stack.mailbox().await.unwrap();
    let staff = staff(&stack, &api).await;
    let template = json!({
        "key": "greeting", "channel": "email", "locale": "en", "subject": "Hello {{ who }}",
        "text": "Hello {{ who }}!", "variables": ["who"]
    });
    staff.post("/notifications/templates", &template).await.unwrap().expect(201).unwrap();
    let preview = json!({ "locale": "en", "data": { "who": "world" } });
    let seen = staff.post("/notifications/templates/greeting/preview", &preview).await.unwrap();
    assert_eq!(seen.expect(200).unwrap()["subject"], "Hello world");
    let to = format!("{}@example.com", uuid::Uuid::now_v7().simple());
    let body = json!({ "to": to, "template": "greeting", "data": { "who": "world" } });
    staff.post("/notifications/email", &body).await.unwrap().expect(202).unwrap();
    wait_for(mailbox.as_ref(), &to, PATIENCE, |mail| mail.subject == "Hello world").await.unwrap();
    let any = [("if-match", "*")];
    let gone = staff.call_with(Method::DELETE, "/notifications/templates/greeting", &any, &Value::Null).await;
    gone.unwrap().expect(204).unwrap();

    let shopper = Shopper::join(&api, mailbox.as_ref()).await.unwrap();
    let wish = json!({ "categories": { "orders": { "email": true, "sms": false, "push": false } } });
    shopper.call(Method::PUT, "/notifications/preferences", &wish).await.unwrap().expect(200).unwrap();
    let read = shopper.get("/notifications/preferences").await.unwrap().expect(200).unwrap();
    assert_eq!(read["categories"]["orders"]["push"], false);
    let device = json!({ "platform": "fcm", "token": "a-token-of-a-test" });
    let made = shopper.post("/notifications/devices", &device).await.unwrap().expect(201).unwrap();
    let path = format!("/notifications/devices/{}", made["id"].as_str().unwrap());
    shopper.call(Method::DELETE, &path, &Value::Null).await.unwrap().expect(204).unwrap();
    let page = api.send(Method::GET, "/notifications/unsubscribe?token=x", &[], &Value::Null).await;
    assert_eq!(page.unwrap().code(), "invalid_token");
    stack.stop().await.unwrap();
}
