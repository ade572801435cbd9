//! Dead letters: looking at them, and bringing them back to their queue. By receiving, sending and deleting, which every SQS
//! and every emulator can.

use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, Message,
    MessageSystemAttributeName, QueueAttributeName, SendMessageBatchRequestEntry,
};
use cartwright_contracts::DEAD_LETTER_SUFFIX;

/// The most that SQS hands out or takes at once.
const BATCH: i32 = 10;
/// A message that is being moved is hidden for so long; if the mover dies, it is there again afterwards.
const MOVING: Duration = Duration::from_mins(1);
/// An empty answer after so long a look means that there is nothing to be had.
const LOOK_SECONDS: i32 = 2;

/// A queue and its dead letters.
#[derive(Debug, Clone)]
pub struct DeadLetters {
    client: Client,
    queue: String,
    dead: String,
}

/// What was moved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Redriven {
    /// In the queue again, and among the dead letters no more.
    pub moved: usize,
    /// Not sent, so left where they were.
    pub refused: usize,
    /// Sent, but not to be deleted: they are in both places, and the consumer's inbox sees to it that they count once.
    pub doubled: usize,
    /// Among the dead letters when all was done; SQS counts approximately.
    pub left: usize,
}

/// A dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// SQS' id.
    pub id: String,
    /// When it was sent to its queue, in milliseconds of the epoch.
    pub sent: i64,
    /// The attribute `event_type`, if it has one.
    pub event_type: Option<String>,
    /// The body.
    pub body: String,
}

impl DeadLetters {
    /// Those of the queue with this name in AWS.
    ///
    /// # Errors
    /// It is not there, or has no dead-letter queue.
    pub async fn of(client: Client, queue: &str) -> Result<Self> {
        let url = async |name: &str| {
            let answer = client.get_queue_url().queue_name(name).send().await;
            let answer = answer.with_context(|| format!("looking for the queue {name}"))?;
            answer.queue_url.with_context(|| format!("the queue {name} has no URL"))
        };
        let (queue, dead) = (url(queue).await?, url(&format!("{queue}{DEAD_LETTER_SUFFIX}")).await?);
        Ok(Self { client, queue, dead })
    }

    /// Moves every dead letter back to the queue, those only that were sent before `now` (milliseconds of the epoch): what comes
    /// back a second time has failed again, and is not moved in circles. Run again, it goes on where it stopped.
    ///
    /// # Errors
    /// SQS does not answer. Nothing is lost: what was received and not moved appears again after a minute.
    pub async fn redrive(&self, now: i64) -> Result<Redriven> {
        let mut outcome = Redriven::default();
        let mut newer = Vec::new();
        loop {
            let messages = self.receive(MOVING).await?;
            if messages.is_empty() {
                break;
            }
            let (old, new): (Vec<_>, Vec<_>) = messages.into_iter().partition(|message| sent(message) < now);
            newer.extend(new);
            if !old.is_empty() {
                self.move_back(&old, &mut outcome).await?;
            }
        }
        self.show_again(&newer).await?;
        outcome.left = self.count().await?;
        Ok(outcome)
    }

    /// The first `most` of them, which are there for others again when it returns.
    ///
    /// # Errors
    /// SQS does not answer.
    pub async fn peek(&self, most: usize) -> Result<(Vec<DeadLetter>, usize)> {
        let mut seen: Vec<Message> = Vec::new();
        let outcome = async {
            while seen.len() < most {
                let messages = self.receive(MOVING).await?;
                if messages.is_empty() {
                    break;
                }
                seen.extend(messages);
            }
            anyhow::Ok(())
        }
        .await;
        self.show_again(&seen).await?;
        outcome?;
        let mut letters: Vec<DeadLetter> = seen.into_iter().map(DeadLetter::from).collect();
        letters.sort_by_key(|letter| letter.sent);
        letters.truncate(most);
        Ok((letters, self.count().await?))
    }

    /// How many there are, hidden ones too, approximately.
    ///
    /// # Errors
    /// SQS does not answer.
    pub async fn count(&self) -> Result<usize> {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let request = self.client.get_queue_attributes().queue_url(&self.dead);
        let answer = request.set_attribute_names(Some(names.to_vec())).send().await?;
        let attributes = answer.attributes.unwrap_or_default();
        Ok(names.iter().filter_map(|name| attributes.get(name)?.parse::<usize>().ok()).sum())
    }

    async fn receive(&self, hidden: Duration) -> Result<Vec<Message>> {
        let answer = self
            .client
            .receive_message()
            .queue_url(&self.dead)
            .max_number_of_messages(BATCH)
            .wait_time_seconds(LOOK_SECONDS)
            .visibility_timeout(i32::try_from(hidden.as_secs()).unwrap_or(i32::MAX))
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .send()
            .await
            .context("receiving dead letters")?;
        Ok(answer.messages.unwrap_or_default())
    }

    /// Sends first and deletes what was surely sent: whatever fails, a message is in one of the places at least.
    async fn move_back(&self, messages: &[Message], outcome: &mut Redriven) -> Result<()> {
        let mut send = self.client.send_message_batch().queue_url(&self.queue);
        for (at, message) in messages.iter().enumerate() {
            let entry = SendMessageBatchRequestEntry::builder()
                .id(at.to_string())
                .message_body(message.body().unwrap_or_default())
                .set_message_attributes(message.message_attributes.clone());
            send = send.entries(entry.build()?);
        }
        let answer = send.send().await.context("sending dead letters to their queue")?;
        let taken: Vec<&Message> = answer
            .successful()
            .iter()
            .filter_map(|entry| messages.get(entry.id().parse::<usize>().ok()?))
            .collect();
        outcome.refused += messages.len() - taken.len();
        if taken.is_empty() {
            return Ok(());
        }
        let mut delete = self.client.delete_message_batch().queue_url(&self.dead);
        for (at, message) in taken.iter().enumerate() {
            let entry = DeleteMessageBatchRequestEntry::builder()
                .id(at.to_string())
                .receipt_handle(message.receipt_handle().unwrap_or_default());
            delete = delete.entries(entry.build()?);
        }
        let deleted = delete.send().await.context("deleting dead letters that were sent")?.successful().len();
        outcome.moved += deleted;
        outcome.doubled += taken.len() - deleted;
        Ok(())
    }

    async fn show_again(&self, messages: &[Message]) -> Result<()> {
        for chunk in messages.chunks(usize::try_from(BATCH).unwrap_or(1)) {
            let mut request = self.client.change_message_visibility_batch().queue_url(&self.dead);
            for (at, message) in chunk.iter().enumerate() {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(at.to_string())
                    .receipt_handle(message.receipt_handle().unwrap_or_default())
                    .visibility_timeout(0);
                request = request.entries(entry.build()?);
            }
            request.send().await.context("showing dead letters again")?;
        }
        Ok(())
    }
}

/// A message that does not say when it was sent is an old one.
fn sent(message: &Message) -> i64 {
    let attributes = message.attributes.as_ref();
    let text = attributes.and_then(|all| all.get(&MessageSystemAttributeName::SentTimestamp));
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

impl From<Message> for DeadLetter {
    fn from(message: Message) -> Self {
        let sent = sent(&message);
        let attributes = message.message_attributes.unwrap_or_default();
        Self {
            id: message.message_id.unwrap_or_default(),
            sent,
            event_type: attributes.get("event_type").and_then(|value| value.string_value.clone()),
            body: message.body.unwrap_or_default(),
        }
    }
}
