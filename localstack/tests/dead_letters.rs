//! Poison among good messages, from the queue to the dead letters and back.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Credentials;
use aws_sdk_sqs::types::{MessageAttributeValue, QueueAttributeName, SendMessageBatchRequestEntry};
use cartwright_messaging::{ConsumerSettings, HandlerError, Message, MessageHandler, consume};
use cartwright_runtime::QueueConsumer as _;
use cartwright_types::{Clock as _, SystemClock, random};
use localstack::dead_letters::DeadLetters;
use tokio_util::sync::CancellationToken;

const ALL: usize = 1_000;
const POISON: usize = 50;
const QUEUE: &str = "poison";

/// Counts what it has done; every twentieth message is poison until somebody mends the handler.
#[derive(Default)]
struct Counter {
    mended: AtomicBool,
    done: Mutex<HashMap<usize, usize>>,
    refused: Mutex<HashMap<usize, usize>>,
}

#[async_trait]
impl MessageHandler for Counter {
    async fn handle(&self, message: &Message) -> Result<(), HandlerError> {
        let number: usize = message.body.parse().map_err(HandlerError::rejected)?;
        assert_eq!(message.attributes.get("event_type").map(String::as_str), Some("order.paid"));
        if number.is_multiple_of(ALL / POISON) && !self.mended.load(Ordering::Relaxed) {
            *self.refused.lock().unwrap().entry(number).or_default() += 1;
            return Err(HandlerError::rejected("poison"));
        }
        *self.done.lock().unwrap().entry(number).or_default() += 1;
        Ok(())
    }
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..600 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("not within two minutes: {what}");
}

async fn queue(client: &Client, name: &str, attributes: &[(QueueAttributeName, String)]) -> String {
    let mut request = client.create_queue().queue_name(name);
    for (attribute, value) in attributes {
        request = request.attributes(attribute.clone(), value);
    }
    request.send().await.unwrap().queue_url.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_with_fifty_poisoned_the_others_are_done_once_and_those_come_back_by_one_command() {
    let endpoint = std::env::var("AWS_ENDPOINT_URL").expect("run `make test`, which starts the emulator");
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new("test", "test", None, None, "test"));
    let config = Box::pin(config.load()).await;
    let client = Client::new(&config);
    let prefix = format!("t{:08x}-", u32::from_le_bytes(random::bytes()));
    let name = format!("{prefix}{QUEUE}");
    queue(&client, &format!("{name}-dlq"), &[]).await;
    let redrive = format!(
        r#"{{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:{name}-dlq", "maxReceiveCount": 5}}"#
    );
    let url = queue(&client, &name, &[(QueueAttributeName::RedrivePolicy, redrive)]).await;
    for first in (0..ALL).step_by(10) {
        let mut batch = client.send_message_batch().queue_url(&url);
        for number in first..first + 10 {
            let event_type = MessageAttributeValue::builder()
                .data_type("String")
                .string_value("order.paid")
                .build()
                .unwrap();
            let entry = SendMessageBatchRequestEntry::builder()
                .id(number.to_string())
                .message_body(number.to_string())
                .message_attributes("event_type", event_type);
            batch = batch.entries(entry.build().unwrap());
        }
        assert!(batch.send().await.unwrap().failed().is_empty());
    }

    let (counter, stop) = (Arc::new(Counter::default()), CancellationToken::new());
    let settings = ConsumerSettings { queue: QUEUE, resource_prefix: prefix, concurrency: 16 };
    let consumer = Arc::new(consume(&config, settings, counter.clone()));
    let consumer = tokio::spawn(consumer.run(stop.clone()));
    let letters = DeadLetters::of(client, &name).await.unwrap();
    let done = || counter.done.lock().unwrap().len();
    until("all but the poison are done, and that is dead", async || {
        done() == ALL - POISON && letters.count().await.unwrap() == POISON
    })
    .await;
    assert!(counter.done.lock().unwrap().values().all(|times| *times == 1));
    assert!(counter.refused.lock().unwrap().values().all(|times| *times == 5));

    // A look changes nothing.
    let (seen, count) = letters.peek(7).await.unwrap();
    assert_eq!((seen.len(), count), (7, POISON));
    assert_eq!(seen[0].event_type.as_deref(), Some("order.paid"));

    // Too early: the poison fails again, and one command moves each message once.
    let again = letters.redrive(SystemClock.now().timestamp_millis()).await.unwrap();
    assert_eq!((again.moved, again.refused, again.doubled), (POISON, 0, 0));
    until("the poison is dead again", async || letters.count().await.unwrap() == POISON).await;
    assert_eq!(done(), ALL - POISON);

    counter.mended.store(true, Ordering::Relaxed);
    let outcome = letters.redrive(SystemClock.now().timestamp_millis()).await.unwrap();
    assert_eq!((outcome.moved, outcome.left), (POISON, 0));
    until("all are done", async || done() == ALL).await;
    assert!(counter.done.lock().unwrap().values().all(|times| *times == 1));
    let nothing = letters.redrive(SystemClock.now().timestamp_millis()).await.unwrap();
    assert_eq!((nothing.moved, nothing.left), (0, 0));
    stop.cancel();
    consumer.await.unwrap();
}
