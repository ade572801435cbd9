//! A queue's messages on their way to a handler: long polling with bounded concurrency and a heartbeat that keeps a message
//! hidden while it is worked on, or the events that Lambda makes of them.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_lambda_events::sqs::SqsEvent;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message as SqsMessage, MessageSystemAttributeName};
use cartwright_runtime::context::Context;
use cartwright_runtime::metrics::{self, HistogramVec, IntCounterVec};
use cartwright_runtime::traces::{self, Ended, Kind};
use cartwright_runtime::{BoxError, QueueConsumer, chain};
use cartwright_types::{Clock as _, SystemClock};
use futures::FutureExt as _;
use futures::stream::{self, StreamExt as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::queue_urls::QueueUrls;
use crate::{HandlerError, Message, MessageHandler};

/// Which queue and how much of it at once.
#[derive(Debug, Clone)]
pub struct ConsumerSettings {
    /// The queue's logical name.
    pub queue: &'static str,
    /// `RESOURCE_PREFIX`
    pub resource_prefix: String,
    /// Messages in work at once.
    pub concurrency: usize,
}

/// How long a received message is hidden; short, so that the messages of a killed process come back soon.
const VISIBILITY: Duration = Duration::from_secs(20);
/// When it is hidden anew while its handler works.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// Messages of one call, the most that SQS allows.
const MOST: usize = 10;
/// Long polling, the most that SQS allows.
const WAIT_SECONDS: i32 = 20;
/// When all places were taken, half of them are waited for before more is received, for so long at most: one message a call would
/// cost a call for each.
const GATHER: Duration = Duration::from_millis(50);
/// The SDK's limit for one attempt must be above the long poll.
const POLL_TIMEOUT: Duration = Duration::from_secs(30);

/// From the sending of a message to the beginning of its handling: what a queue's age means to whoever waits.
static AGE: LazyLock<HistogramVec> = LazyLock::new(|| {
    metrics::histogram("queue_message_age_seconds", "Age of a message when it is first received", &["queue"])
});
static HANDLED: LazyLock<IntCounterVec> = LazyLock::new(|| {
    metrics::counter(
        "queue_messages_total",
        "Messages by outcome: done, retried, rejected",
        &["queue", "outcome"],
    )
});

/// Hands a queue's messages to `handler`; the [`QueueConsumer`] of a [`cartwright_runtime::Program`].
pub fn consume(
    config: &SdkConfig,
    settings: ConsumerSettings,
    handler: Arc<dyn MessageHandler>,
) -> impl QueueConsumer {
    let client = Client::new(config);
    let urls = QueueUrls::new(client.clone(), &settings.resource_prefix);
    let name = format!("{}{}", settings.resource_prefix, settings.queue);
    Consumer { name, client, urls, settings, handler }
}

/// Who sees to it that a message stays hidden while it is worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// The heartbeat does.
    Hidden,
    /// The queue's own visibility timeout does, which is longer than the function's timeout. A heartbeat would end with one
    /// message, and the answer comes only when all of the batch have ended.
    Lambda,
}

struct Consumer {
    name: String,
    client: Client,
    urls: QueueUrls,
    settings: ConsumerSettings,
    handler: Arc<dyn MessageHandler>,
}

#[async_trait]
impl QueueConsumer for Consumer {
    fn queue(&self) -> &str {
        &self.name
    }

    async fn run(self: Arc<Self>, stop: CancellationToken) {
        let slots = Arc::new(Semaphore::new(self.settings.concurrency));
        let working = TaskTracker::new();
        while let Some(first) = stop.run_until_cancelled(Arc::clone(&slots).acquire_owned()).await {
            let Ok(first) = first else { break };
            let mut permits = vec![first];
            // Nobody else takes places, so those that were waited for are still free below.
            let half = u32::try_from(self.settings.concurrency.min(MOST) / 2).unwrap_or(1).saturating_sub(1);
            let _ = tokio::time::timeout(GATHER, slots.acquire_many(half)).await;
            // As many as there are free places.
            while permits.len() < MOST {
                let Ok(permit) = Arc::clone(&slots).try_acquire_owned() else { break };
                permits.push(permit);
            }
            match stop.run_until_cancelled(self.receive(permits.len())).await {
                None => break,
                Some(Ok(messages)) => {
                    for (message, permit) in messages.into_iter().zip(permits) {
                        working.spawn(Arc::clone(&self).take(message, permit));
                    }
                }
                Some(Err(error)) => {
                    tracing::warn!(queue = self.settings.queue, error, "the queue could not be read");
                    tokio::select! {
                        () = tokio::time::sleep(Duration::from_secs(1)) => {}
                        () = stop.cancelled() => {}
                    }
                }
            }
        }
        working.close();
        working.wait().await;
    }

    /// Lambda removes what is not named as failed; a message that failed is hidden for its pause here, too.
    async fn batch(self: Arc<Self>, event: &str) -> Result<Vec<String>, BoxError> {
        let event: SqsEvent = serde_json::from_str(event)?;
        let failures = stream::iter(event.records)
            .map(|record| async {
                let receipt = record.receipt_handle.clone().unwrap_or_default();
                let message = Message::from(record);
                let done = self.work(&message, &receipt, Keep::Lambda).await;
                (!done).then_some(message.id)
            })
            .buffer_unordered(self.settings.concurrency)
            .filter_map(std::future::ready)
            .collect();
        Ok(failures.await)
    }
}

impl Consumer {
    async fn receive(&self, most: usize) -> Result<Vec<SqsMessage>, String> {
        let url = self.urls.of(self.settings.queue).await.map_err(|error| chain(&error))?;
        let timeouts =
            aws_config::timeout::TimeoutConfig::builder().operation_attempt_timeout(POLL_TIMEOUT).build();
        let answer = self
            .client
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(i32::try_from(most).unwrap_or(1))
            .wait_time_seconds(WAIT_SECONDS)
            .visibility_timeout(seconds(VISIBILITY))
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .customize()
            .config_override(aws_sdk_sqs::config::Builder::new().timeout_config(timeouts))
            .send()
            .await
            .map_err(|error| chain(&error))?;
        Ok(answer.messages.unwrap_or_default())
    }

    async fn take(self: Arc<Self>, raw: SqsMessage, _slot: OwnedSemaphorePermit) {
        let receipt = raw.receipt_handle.clone().unwrap_or_default();
        let message = Message::from(raw);
        if self.work(&message, &receipt, Keep::Hidden).await
            && let Err(error) = self.delete(&receipt).await
        {
            // It comes back when its visibility ends; the inbox makes that harmless.
            tracing::warn!(queue = self.settings.queue, error, "a handled message could not be removed");
        }
    }

    /// Handles a message in its own context and span; true when it is done with.
    async fn work(&self, message: &Message, receipt: &str, keep: Keep) -> bool {
        let queue = self.settings.queue;
        if let Some(age) = message.age.filter(|_| message.receive_count == 1) {
            AGE.with_label_values(&[queue]).observe(age.as_secs_f64());
        }
        let context =
            Context::new(message.id.clone(), message.attributes.get("traceparent").map(String::as_str));
        let event_type = message.attributes.get("event_type").map_or("", String::as_str);
        let span = tracing::info_span!(
            "message",
            queue,
            message_id = message.id,
            event_type,
            trace_id = context.trace_id(),
        );
        let started = Instant::now();
        let work = async {
            let outcome = self.handle(message, receipt, keep).await;
            let word = match &outcome {
                Ok(()) => "done",
                Err(HandlerError::Retry { .. }) => "retried",
                Err(HandlerError::Rejected(_)) => "rejected",
            };
            HANDLED.with_label_values(&[queue, word]).inc();
            let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(outcome = word, receive_count = message.receive_count, milliseconds, "message");
            let Err(error) = outcome else { return true };
            if let Err(error) = self.put_back(message, receipt, error).await {
                // It comes back when its visibility ends; the inbox makes that harmless.
                tracing::warn!(error, "the queue could not be told the outcome");
            }
            false
        };
        let done = context.clone().scope(work).instrument(span).await;
        traces::record(Ended {
            context: &context,
            kind: Kind::Consumer,
            name: format!("{queue} process").into(),
            took: started.elapsed(),
            attributes: vec![
                ("messaging.system", "aws_sqs".to_owned()),
                ("messaging.destination.name", queue.to_owned()),
                ("messaging.message.id", message.id.clone()),
                ("cartwright.event_type", event_type.to_owned()),
            ],
            failed: !done,
        });
        done
    }

    /// Runs the handler beside the heartbeat; a panic is a failed try, not the end of the loop.
    async fn handle(&self, message: &Message, receipt: &str, keep: Keep) -> Result<(), HandlerError> {
        let mut handler =
            std::pin::pin!(std::panic::AssertUnwindSafe(self.handler.handle(message)).catch_unwind());
        loop {
            tokio::select! {
                outcome = &mut handler => {
                    return outcome.unwrap_or_else(|_| Err(HandlerError::retry("the handler panicked")));
                }
                () = tokio::time::sleep(HEARTBEAT), if keep == Keep::Hidden => {
                    if let Err(error) = self.hide(receipt, VISIBILITY).await {
                        tracing::warn!(error, "the message could not be kept hidden");
                    }
                }
            }
        }
    }

    async fn delete(&self, receipt: &str) -> Result<(), String> {
        let url = self.urls.of(self.settings.queue).await.map_err(|error| chain(&error))?;
        let request = self.client.delete_message().queue_url(url).receipt_handle(receipt);
        request.send().await.map(drop).map_err(|error| chain(&error))
    }

    /// Hides a message that failed for as long as it shall wait.
    async fn put_back(&self, message: &Message, receipt: &str, error: HandlerError) -> Result<(), String> {
        match error {
            HandlerError::Retry { after, source } => {
                let pause = after.unwrap_or_else(|| backoff(message.receive_count));
                tracing::warn!(
                    receive_count = message.receive_count,
                    pause_seconds = pause.as_secs(),
                    error = chain(source.as_ref()),
                    "message will be tried again"
                );
                self.hide(receipt, pause).await
            }
            HandlerError::Rejected(source) => {
                tracing::error!(
                    receive_count = message.receive_count,
                    error = chain(source.as_ref()),
                    "message cannot be handled and goes to the dead-letter queue"
                );
                self.hide(receipt, Duration::ZERO).await
            }
        }
    }

    async fn hide(&self, receipt: &str, pause: Duration) -> Result<(), String> {
        let url = self.urls.of(self.settings.queue).await.map_err(|error| chain(&error))?;
        let request = self.client.change_message_visibility().queue_url(url).receipt_handle(receipt);
        request.visibility_timeout(seconds(pause)).send().await.map(drop).map_err(|error| chain(&error))
    }
}

impl From<SqsMessage> for Message {
    fn from(raw: SqsMessage) -> Self {
        let system = |name| raw.attributes.as_ref().and_then(|attributes| attributes.get(&name)).cloned();
        let receive_count = system(MessageSystemAttributeName::ApproximateReceiveCount);
        let sent = system(MessageSystemAttributeName::SentTimestamp);
        let attributes = raw.message_attributes.unwrap_or_default();
        Self {
            id: raw.message_id.unwrap_or_default(),
            body: raw.body.unwrap_or_default(),
            attributes: attributes
                .into_iter()
                .filter_map(|(name, value)| Some((name, value.string_value?)))
                .collect(),
            receive_count: number(receive_count.as_deref()).unwrap_or(1),
            age: number(sent.as_deref()).map(since),
        }
    }
}

impl From<aws_lambda_events::sqs::SqsMessage> for Message {
    fn from(record: aws_lambda_events::sqs::SqsMessage) -> Self {
        let system = |name| record.attributes.get(name).map(String::as_str);
        let receive_count = number(system("ApproximateReceiveCount")).unwrap_or(1);
        let age = number(system("SentTimestamp")).map(since);
        Self {
            id: record.message_id.unwrap_or_default(),
            body: record.body.unwrap_or_default(),
            attributes: record
                .message_attributes
                .into_iter()
                .filter_map(|(name, value)| Some((name, value.string_value?)))
                .collect(),
            receive_count,
            age,
        }
    }
}

fn number<T: std::str::FromStr>(text: Option<&str>) -> Option<T> {
    text?.parse().ok()
}

/// Since a time in milliseconds of the epoch; none if clocks disagree.
fn since(milliseconds: i64) -> Duration {
    let passed = SystemClock.now().timestamp_millis().saturating_sub(milliseconds);
    Duration::from_millis(u64::try_from(passed).unwrap_or(0))
}

/// 2, 8, 32, 128 seconds: with five deliveries a dependency may be away for almost three minutes.
fn backoff(receive_count: u32) -> Duration {
    Duration::from_secs(2 << (2 * receive_count.saturating_sub(1).min(4)))
}

fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_grows_with_every_delivery_and_never_overflows() {
        let pauses: Vec<u64> = [0, 1, 2, 3, 4, 5, u32::MAX].map(|count| backoff(count).as_secs()).to_vec();
        assert_eq!(pauses, [2, 2, 8, 32, 128, 512, 512]);
    }
}
