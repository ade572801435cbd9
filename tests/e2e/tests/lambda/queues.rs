//! Messages and the schedule as events.

use std::collections::BTreeMap;
use std::sync::Arc;

use cartwright_test_support::lambda::LambdaFunction;
use e2e::{Shopper, purchase};
use futures::future::join_all;
use localstack::Service;
use localstack::databases::Database;
use localstack::mail::{Mail, sent_to};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{World, fixture, request, wait};

/// The queues and who consumes them.
const QUEUES: [(&str, Service); 10] = [
    ("gateway-events", Service::ApiGateway),
    ("user-events", Service::User),
    ("product-events", Service::Product),
    ("order-events", Service::Order),
    ("order-commands", Service::Order),
    ("notification-events", Service::Notification),
    ("notification-commands", Service::Notification),
    ("notification-transactional", Service::Notification),
    ("notification-marketing", Service::Notification),
    ("mail-events", Service::Notification),
];

fn record(arn: &str, id: &str, body: &str) -> Value {
    let mut record = fixture("sqs-record");
    record["messageId"] = id.into();
    record["body"] = body.into();
    record["eventSourceARN"] = arn.into();
    record
}

/// The messages that stay, by an answer to an SQS event.
fn failures(answer: &Value) -> Vec<&str> {
    let failures = answer["batchItemFailures"].as_array().unwrap_or_else(|| panic!("{answer}"));
    failures.iter().map(|failure| failure["itemIdentifier"].as_str().unwrap()).collect()
}

/// A mail to somebody who has an account, by the queue `notification-commands`.
fn command(user: Uuid) -> String {
    json!({ "id": Uuid::now_v7(), "user_id": user, "template": "account_exists", "data": {} }).to_string()
}

/// Somebody with an account, and a way to look at their mail.
async fn somebody(world: &World) -> (Shopper, Uuid) {
    let shopper = Shopper::new(&world.api());
    shopper.register().await.unwrap();
    let users = world.pool(Database::Users).await;
    let id = sqlx::query_scalar("SELECT id FROM users WHERE email = $1").bind(&shopper.email);
    let id = id.fetch_one(&users).await.unwrap();
    (shopper, id)
}

async fn mails(world: &World, shopper: &Shopper, subject: &str) -> Vec<Mail> {
    let mailbox = world.stack.mailbox().await.unwrap();
    let all = sent_to(mailbox.as_ref(), &shopper.email).await.unwrap();
    all.into_iter().filter(|mail| mail.subject.starts_with(subject)).collect()
}

pub async fn only_the_bad_message_of_a_batch_stays_and_the_good_one_counts_once(world: &World) {
    let (shopper, user) = somebody(world).await;
    let arn = world.queue_arn("notification-commands");
    let good = command(user);
    let first = json!({ "Records": [record(&arn, "good-1", &good), record(&arn, "bad-1", "no command")] });
    let answer = world.answer(Service::Notification, &first).await;
    assert_eq!(failures(&answer), ["bad-1"], "{answer}");
    let again = json!({ "Records": [
        record(&arn, "bad-2", "{}"), record(&arn, "good-2", &good), record(&arn, "good-3", &good),
    ] });
    let answer = world.answer(Service::Notification, &again).await;
    assert_eq!(failures(&answer), ["bad-2"], "{answer}");
    assert_eq!(mails(world, &shopper, "You already have an account").await.len(), 1);

    let arn = world.queue_arn("product-events");
    let event = json!({ "Records": [record(&arn, "p-1", "{"), record(&arn, "p-2", &unknown_order())] });
    let answer = world.answer(Service::Product, &event).await;
    assert_eq!(failures(&answer), ["p-1"], "{answer}");
}

/// An event about an order of which the product service holds nothing.
fn unknown_order() -> String {
    let id = Uuid::now_v7();
    json!({
        "id": Uuid::now_v7(),
        "type": "order.expired",
        "version": 1,
        "occurred_at": "2026-01-01T00:00:00Z",
        "aggregate": { "kind": "order", "id": id, "version": 2 },
        "actor": "system",
        "trace": {},
        "data": { "order_id": id, "user_id": Uuid::now_v7(), "number": "C-1" },
    })
    .to_string()
}

pub async fn messages_of_an_unknown_queue_all_stay(world: &World) {
    let (_, user) = somebody(world).await;
    for service in Service::ALL {
        // One that nobody has, and one that another service has.
        for queue in
            ["no-such-queue", if service == Service::Order { "product-events" } else { "order-events" }]
        {
            let arn = world.queue_arn(queue);
            let event = json!({ "Records": [record(&arn, "1", &command(user)), record(&arn, "2", "{}")] });
            let answer = world.answer(service, &event).await;
            assert_eq!(failures(&answer), ["1", "2"], "{service}, {queue}");
        }
    }
}

async fn outbox(world: &World, database: Database) -> i64 {
    let pool = world.pool(database).await;
    sqlx::query_scalar("SELECT count(*) FROM outbox").fetch_one(&pool).await.unwrap()
}

/// The messages that wait in a queue; they are taken out.
async fn drained(world: &World, queue: &str) -> Vec<String> {
    let sqs = &world.stack.aws().sqs;
    let url = sqs.get_queue_url().queue_name(world.stack.names().of(queue)).send().await.unwrap();
    let url = url.queue_url.unwrap();
    let mut bodies = Vec::new();
    loop {
        let got = sqs.receive_message().queue_url(&url).max_number_of_messages(10).send().await.unwrap();
        let messages = got.messages.unwrap_or_default();
        if messages.is_empty() {
            return bodies;
        }
        for message in messages {
            let handle = message.receipt_handle.unwrap();
            sqs.delete_message().queue_url(&url).receipt_handle(handle).send().await.unwrap();
            bodies.push(message.body.unwrap_or_default());
        }
    }
}

pub async fn what_a_request_wrote_to_the_outbox_is_sent_before_its_answer(world: &World) {
    drained(world, "notification-commands").await;
    // The function is frozen once it has answered: nobody could send anything later.
    let (_, user) = somebody(world).await;
    assert_eq!(outbox(world, Database::Users).await, 0);
    let sent = drained(world, "notification-commands").await;
    assert!(sent.iter().any(|body| body.contains(&user.to_string())), "{sent:?}");
}

pub async fn the_schedule_sends_what_lies_in_the_outbox(world: &World) {
    let (_, user) = somebody(world).await;
    let sends = [
        (Service::User, Database::Users, "notification-commands"),
        (Service::Order, Database::Orders, "order-commands"),
    ];
    for (service, database, queue) in sends {
        drained(world, queue).await;
        let pool = world.pool(database).await;
        let (id, body) = (Uuid::now_v7(), command(user));
        let insert = "INSERT INTO outbox (id, destination_kind, destination, body, attributes) VALUES ($1, 'queue', $2, $3, '[]')";
        sqlx::query(insert).bind(id).bind(queue).bind(&body).execute(&pool).await.unwrap();
        assert_eq!(outbox(world, database).await, 1);
        let answer = world.answer(service, &fixture("schedule")).await;
        let jobs = answer["jobs"].as_array().unwrap_or_else(|| panic!("{service}: {answer}"));
        assert!(!jobs.is_empty() && jobs.iter().all(|job| job["done"] == true), "{service}: {answer}");
        assert_eq!(outbox(world, database).await, 0, "{service}");
        assert_eq!(drained(world, queue).await, [body], "{service}");
    }
    for service in [Service::Product, Service::Notification, Service::ApiGateway] {
        let answer = world.answer(service, &fixture("schedule")).await;
        assert!(answer["jobs"].is_array(), "{service}: {answer}");
    }
}

/// What Lambda's event source mappings do: a queue's messages become an event, and what did not fail is deleted.
fn map_queues(world: &World) -> Vec<tokio::task::JoinHandle<()>> {
    let map = |(queue, service): (&'static str, Service)| {
        let (sqs, name) = (world.stack.aws().sqs.clone(), world.stack.names().of(queue));
        let (arn, function) = (world.queue_arn(queue), Arc::clone(&world.functions[&service]));
        tokio::spawn(async move {
            let url = sqs.get_queue_url().queue_name(&name).send().await.unwrap().queue_url.unwrap();
            loop {
                batch(&sqs, &url, &arn, &function).await;
            }
        })
    };
    QUEUES.map(map).into()
}

async fn batch(sqs: &aws_sdk_sqs::Client, url: &str, arn: &str, function: &LambdaFunction) {
    let receive = sqs.receive_message().queue_url(url).max_number_of_messages(10).wait_time_seconds(5);
    let messages = receive.send().await.unwrap().messages.unwrap_or_default();
    if messages.is_empty() {
        return;
    }
    let mut handles: BTreeMap<String, String> = BTreeMap::new();
    let mut records = Vec::new();
    for message in messages {
        let id = message.message_id.unwrap();
        records.push(record(arn, &id, &message.body.unwrap()));
        handles.insert(id, message.receipt_handle.unwrap());
    }
    let Ok(answer) = function.invoke(&json!({ "Records": records })).await else { return };
    for failed in failures(&answer.payload) {
        handles.remove(failed);
    }
    let deleted =
        handles.into_values().map(|handle| sqs.delete_message().queue_url(url).receipt_handle(handle).send());
    join_all(deleted).await.into_iter().for_each(|deleted| drop(deleted.unwrap()));
}

/// A shopper and the id of their order, which is paid and has an invoice.
pub async fn a_purchase_works_from_end_to_end(world: &World) -> (Shopper, String) {
    let mappings = map_queues(world);
    let mailbox = world.stack.mailbox().await.unwrap();
    purchase(&world.api(), mailbox.as_ref(), &mut |_| ()).await.unwrap();
    let shopper = Shopper::join(&world.api(), mailbox.as_ref()).await.unwrap();
    let products = shopper.get("/products?in_stock=true&limit=1").await.unwrap().expect(200).unwrap();
    let path = format!("/products/{}", products["data"][0]["id"].as_str().unwrap());
    let product = shopper.get(&path).await.unwrap().expect(200).unwrap();
    let variants = product["variants"].as_array().unwrap();
    let sku = &variants.iter().find(|variant| variant["availability"] != "out").unwrap()["sku"];
    let body = shopper.order_body(Some(json!([{ "sku": sku, "quantity": 1 }])), "tok_success").await.unwrap();
    let order = shopper.order(&Uuid::now_v7().to_string(), &body).await.unwrap().expect(201).unwrap();
    let id = order["id"].as_str().unwrap().to_owned();
    let path = format!("/orders/{id}/invoice");
    wait("the invoice is issued", async || shopper.get(&path).await.unwrap().status == 200).await;
    mappings.iter().for_each(tokio::task::JoinHandle::abort);
    // What was in work when the mappings ended does no harm to what follows.
    let live = request("alb", "GET", "/health/live", "", &[], "");
    assert_eq!(world.answer(Service::Order, &live).await["statusCode"], 200);
    (shopper, id)
}
