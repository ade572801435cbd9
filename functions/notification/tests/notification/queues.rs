//! From the queue to the mailbox, by the emulator's SQS and SES.

use std::sync::Arc;
use std::time::Duration;

use cartwright_contracts::commands::{NOTIFICATION_COMMANDS, SendMail, TokenMail};
use cartwright_messaging::{ConsumerSettings, consume};
use cartwright_runtime::QueueConsumer as _;
use cartwright_types::{EventId, SystemClock};
use notification::clients::Ses;
use notification::consumers::MailCommands;
use notification::domain::{Channel, Status, Template, derive_id};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::support::{World, patience};

#[tokio::test]
async fn a_command_in_the_queue_becomes_a_mail_with_the_whole_link_on_a_line_of_its_own() {
    let world = World::new().await;
    let sqs = aws_sdk_sqs::Client::new(&world.sdk);
    let queue = sqs
        .create_queue()
        .queue_name(format!("{}{NOTIFICATION_COMMANDS}", world.prefix))
        .send()
        .await
        .unwrap();
    // An identity that another test made already is as good.
    let ses = aws_sdk_sesv2::Client::new(&world.sdk);
    let _ = ses.create_email_identity().email_identity("shop@cartwright.example").send().await;
    let address = format!("{}@example.com", uuid::Uuid::now_v7().simple());
    let user_id = world.person_with(|contact| contact.email.clone_from(&address));
    let id = EventId::new(&SystemClock).uuid();
    let token = "Zm9vYmFy-_".repeat(4);
    let mail = TokenMail::EmailVerification { token: token.clone() };
    let body = serde_json::to_string(&SendMail { id, user_id, mail, traceparent: None }).unwrap();
    sqs.send_message().queue_url(queue.queue_url().unwrap()).message_body(body).send().await.unwrap();

    let stop = CancellationToken::new();
    let delivery = world.delivery_by(Arc::new(Ses::new(&world.sdk, None))).await;
    let settings = ConsumerSettings {
        queue: NOTIFICATION_COMMANDS,
        resource_prefix: world.prefix.clone(),
        concurrency: 2,
    };
    let consumer = Arc::new(consume(&world.sdk, settings, Arc::new(MailCommands::new(delivery, patience()))));
    let consumer = tokio::spawn(consumer.run(stop.clone()));
    let row_id = derive_id(id, user_id, Channel::Email, Template::EmailVerification.as_str());
    let mut row = None;
    for _ in 0..100 {
        row = world.found(row_id).await;
        if row.as_ref().is_some_and(|row| row.status == Status::Sent) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    stop.cancel();
    consumer.await.unwrap();
    assert_eq!(row.as_ref().map(|row| row.status), Some(Status::Sent), "{row:?}");

    let mails = mailbox(&address).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0]["Subject"], "Confirm your address at Cartwright");
    let link = format!("https://shop.example/auth/email/verify?token={token}");
    let text = mails[0]["BodyText"].as_str().unwrap();
    assert!(text.lines().any(|line| line == link), "{text}");
}

/// What the emulator's SES took for an address.
async fn mailbox(address: &str) -> Vec<Value> {
    let endpoint = std::env::var("AWS_ENDPOINT_URL").unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(format!("{endpoint}/_ministack/ses/messages")).send().await.unwrap();
    let all: Value = answer.json().await.unwrap();
    let accounts = all["messages"].as_object().unwrap().values();
    let mails = accounts.flat_map(|mails| mails.as_array().unwrap().clone());
    mails.filter(|mail| mail["To"].as_array().is_some_and(|to| to.iter().any(|one| one == address))).collect()
}
