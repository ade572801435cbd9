//! The poll loop: long polling, bounded concurrency, a heartbeat that keeps a message hidden while it is worked on.

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message as SqsMessage, MessageSystemAttributeName};
use cartwright_runtime::context::Context;
use futures::FutureExt as _;
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
/// Long polling, the most that SQS allows.
const WAIT_SECONDS: i32 = 20;
/// The SDK's limit for one attempt must be above the long poll.
const POLL_TIMEOUT: Duration = Duration::from_secs(30);

struct Consumer {
    client: Client,
    urls: QueueUrls,
    settings: ConsumerSettings,
    handler: Arc<dyn MessageHandler>,
}

/// Hands the queue's messages to `handler` until `stop`; messages in work are finished first.
pub async fn consume(
    config: SdkConfig,
    settings: ConsumerSettings,
    handler: Arc<dyn MessageHandler>,
    stop: CancellationToken,
) {
    let client = Client::new(&config);
    let urls = QueueUrls::new(client.clone(), &settings.resource_prefix);
    let slots = Arc::new(Semaphore::new(settings.concurrency));
    let consumer = Arc::new(Consumer { client, urls, settings, handler });
    let working = TaskTracker::new();
    while let Some(first) = stop.run_until_cancelled(Arc::clone(&slots).acquire_owned()).await {
        let Ok(first) = first else { break };
        let mut permits = vec![first];
        // As many as there are free places, ten at most.
        while permits.len() < 10 {
            let Ok(permit) = Arc::clone(&slots).try_acquire_owned() else { break };
            permits.push(permit);
        }
        match stop.run_until_cancelled(consumer.receive(permits.len())).await {
            None => break,
            Some(Ok(messages)) => {
                for (message, permit) in messages.into_iter().zip(permits) {
                    working.spawn(Arc::clone(&consumer).work(message, permit));
                }
            }
            Some(Err(error)) => {
                tracing::warn!(queue = consumer.settings.queue, error, "the queue could not be read");
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

impl Consumer {
    async fn receive(&self, most: usize) -> Result<Vec<SqsMessage>, String> {
        let url = self.urls.of(self.settings.queue).await.map_err(|error| describe(&error))?;
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
            .customize()
            .config_override(aws_sdk_sqs::config::Builder::new().timeout_config(timeouts))
            .send()
            .await
            .map_err(|error| describe(&error))?;
        Ok(answer.messages.unwrap_or_default())
    }

    async fn work(self: Arc<Self>, raw: SqsMessage, _slot: OwnedSemaphorePermit) {
        let receipt = raw.receipt_handle.clone().unwrap_or_default();
        let message = Message::from(raw);
        let context =
            Context::new(message.id.clone(), message.attributes.get("traceparent").map(String::as_str));
        let span = tracing::info_span!(
            "message",
            queue = self.settings.queue,
            message_id = message.id,
            event_type = message.attributes.get("event_type").map_or("", String::as_str),
            trace_id = context.trace_id(),
        );
        let work = async {
            let outcome = self.handle(&message, &receipt).await;
            if let Err(error) = self.settle(&message, &receipt, outcome).await {
                // It comes back when its visibility ends; the inbox makes that harmless.
                tracing::warn!(error, "the queue could not be told the outcome");
            }
        };
        context.scope(work).instrument(span).await;
    }

    /// Runs the handler beside the heartbeat; a panic is a failed try, not the end of the loop.
    async fn handle(&self, message: &Message, receipt: &str) -> Result<(), HandlerError> {
        let mut handler =
            std::pin::pin!(std::panic::AssertUnwindSafe(self.handler.handle(message)).catch_unwind());
        loop {
            tokio::select! {
                outcome = &mut handler => {
                    return outcome.unwrap_or_else(|_| Err(HandlerError::retry("the handler panicked")));
                }
                () = tokio::time::sleep(HEARTBEAT) => {
                    if let Err(error) = self.hide(receipt, VISIBILITY).await {
                        tracing::warn!(error, "the message could not be kept hidden");
                    }
                }
            }
        }
    }

    async fn settle(
        &self,
        message: &Message,
        receipt: &str,
        outcome: Result<(), HandlerError>,
    ) -> Result<(), String> {
        match outcome {
            Ok(()) => {
                let url = self.urls.of(self.settings.queue).await.map_err(|error| describe(&error))?;
                let request = self.client.delete_message().queue_url(url).receipt_handle(receipt);
                request.send().await.map(drop).map_err(|error| describe(&error))
            }
            Err(HandlerError::Retry { after, source }) => {
                let pause = after.unwrap_or_else(|| backoff(message.receive_count));
                tracing::warn!(
                    receive_count = message.receive_count,
                    pause_seconds = pause.as_secs(),
                    error = describe(source.as_ref()),
                    "message will be tried again"
                );
                self.hide(receipt, pause).await
            }
            Err(HandlerError::Rejected(source)) => {
                tracing::error!(
                    receive_count = message.receive_count,
                    error = describe(source.as_ref()),
                    "message cannot be handled and goes to the dead-letter queue"
                );
                self.hide(receipt, Duration::ZERO).await
            }
        }
    }

    async fn hide(&self, receipt: &str, pause: Duration) -> Result<(), String> {
        let url = self.urls.of(self.settings.queue).await.map_err(|error| describe(&error))?;
        let request = self.client.change_message_visibility().queue_url(url).receipt_handle(receipt);
        request.visibility_timeout(seconds(pause)).send().await.map(drop).map_err(|error| describe(&error))
    }
}

impl From<SqsMessage> for Message {
    fn from(raw: SqsMessage) -> Self {
        let count = raw
            .attributes
            .as_ref()
            .and_then(|attributes| attributes.get(&MessageSystemAttributeName::ApproximateReceiveCount))
            .and_then(|count| count.parse().ok());
        let attributes = raw.message_attributes.unwrap_or_default();
        Self {
            id: raw.message_id.unwrap_or_default(),
            body: raw.body.unwrap_or_default(),
            attributes: attributes
                .into_iter()
                .filter_map(|(name, value)| Some((name, value.string_value?)))
                .collect(),
            receive_count: count.unwrap_or(1),
        }
    }
}

/// 2, 8, 32, 128 seconds: with five deliveries a dependency may be away for almost three minutes.
fn backoff(receive_count: u32) -> Duration {
    Duration::from_secs(2 << (2 * receive_count.saturating_sub(1).min(4)))
}

fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}

/// An error with its causes on one line.
fn describe(error: &(dyn std::error::Error + 'static)) -> String {
    let causes: Vec<String> =
        std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect();
    causes.join(": ")
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
