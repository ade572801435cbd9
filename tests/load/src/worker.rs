//! How many messages a second a queue's consumer is done with, beside receiving and deleting them bare: what the consumer
//! adds is concurrency, spans, metrics and the bookkeeping of a handler that does nothing. Both on the same emulator, in turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use cartwright_messaging::{ConsumerSettings, HandlerError, Message, MessageHandler, consume};
use cartwright_runtime::QueueConsumer as _;
use cartwright_types::random;
use futures::future::{join_all, try_join_all};
use serde_json::json;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::report::{Report, spread};

const QUEUE: &str = "bench-worker";
/// In work at once, as in the services.
const CONCURRENCY: usize = 8;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Amount {
    /// How often everything is measured in turn.
    pub rounds: usize,
    /// Messages each time.
    pub messages: usize,
}

/// What one round measured, messages a second.
#[derive(Debug, Clone, Copy, Default)]
struct Rates {
    one_by_one: f64,
    in_batches: f64,
    consumer: f64,
}

/// Measures on the emulator that `AWS_ENDPOINT_URL` names, prints a table and fills a report.
///
/// # Errors
/// The emulator does not answer.
pub async fn bench(config: &SdkConfig, amount: Amount) -> Result<Report> {
    let client = Client::new(config);
    let prefix = format!("t{:08x}-", u32::from_le_bytes(random::bytes()));
    let made = client.create_queue().queue_name(format!("{prefix}{QUEUE}")).send().await?;
    let url = made.queue_url.context("the queue has no URL")?;
    let mut rounds = Vec::new();
    for number in 1..=amount.rounds {
        let mut rates = Rates::default();
        fill(&client, &url, amount.messages).await?;
        rates.one_by_one = bare(&client, &url, amount.messages, Delete::OneByOne).await?;
        fill(&client, &url, amount.messages).await?;
        rates.consumer = consumed(config, &prefix, amount.messages).await?;
        fill(&client, &url, amount.messages).await?;
        rates.in_batches = bare(&client, &url, amount.messages, Delete::InBatches).await?;
        rounds.push(rates);
        println!("round {number} of {} is done", amount.rounds);
    }
    client.delete_queue().queue_url(&url).send().await?;
    print(&rounds);
    Ok(report(&rounds))
}

async fn fill(client: &Client, url: &str, messages: usize) -> Result<()> {
    for first in (0..messages).step_by(10) {
        let mut batch = client.send_message_batch().queue_url(url);
        for number in first..messages.min(first + 10) {
            // As large as an event of one line.
            let body = json!({ "id": number, "filler": "x".repeat(600) }).to_string();
            batch = batch.entries(
                SendMessageBatchRequestEntry::builder().id(number.to_string()).message_body(body).build()?,
            );
        }
        anyhow::ensure!(batch.send().await?.failed().is_empty(), "the queue refused messages");
    }
    Ok(())
}

/// How messages are deleted that were received ten at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Delete {
    OneByOne,
    InBatches,
}

/// As many at once as the consumer has, with nothing in between.
async fn bare(client: &Client, url: &str, messages: usize, how: Delete) -> Result<f64> {
    let (done, started) = (AtomicUsize::new(0), Instant::now());
    let taking = (0..CONCURRENCY).map(|_| async {
        while done.load(Ordering::Relaxed) < messages {
            let answer = client.receive_message().queue_url(url).max_number_of_messages(10).send().await?;
            let receipts: Vec<String> = answer
                .messages
                .unwrap_or_default()
                .into_iter()
                .filter_map(|message| message.receipt_handle)
                .collect();
            delete(client, url, &receipts, how).await?;
            done.fetch_add(receipts.len(), Ordering::Relaxed);
        }
        anyhow::Ok(())
    });
    try_join_all(taking).await?;
    Ok(per_second(messages, started))
}

async fn delete(client: &Client, url: &str, receipts: &[String], how: Delete) -> Result<()> {
    if how == Delete::OneByOne {
        let all = receipts
            .iter()
            .map(|receipt| client.delete_message().queue_url(url).receipt_handle(receipt).send());
        for deleted in join_all(all).await {
            deleted?;
        }
        return Ok(());
    }
    if receipts.is_empty() {
        return Ok(());
    }
    let mut batch = client.delete_message_batch().queue_url(url);
    for (at, receipt) in receipts.iter().enumerate() {
        let entry = aws_sdk_sqs::types::DeleteMessageBatchRequestEntry::builder();
        batch = batch.entries(entry.id(at.to_string()).receipt_handle(receipt).build()?);
    }
    anyhow::ensure!(batch.send().await?.failed().is_empty(), "the queue kept messages");
    Ok(())
}

/// Does nothing, and says when it has done it often enough.
struct Nothing {
    left: AtomicUsize,
    all: Notify,
}

#[async_trait]
impl MessageHandler for Nothing {
    async fn handle(&self, _: &Message) -> Result<(), HandlerError> {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.all.notify_one();
        }
        Ok(())
    }
}

async fn consumed(config: &SdkConfig, prefix: &str, messages: usize) -> Result<f64> {
    let nothing = Arc::new(Nothing { left: AtomicUsize::new(messages), all: Notify::new() });
    let settings =
        ConsumerSettings { queue: QUEUE, resource_prefix: prefix.to_owned(), concurrency: CONCURRENCY };
    let consumer = Arc::new(consume(config, settings, nothing.clone()));
    let (stop, started) = (CancellationToken::new(), Instant::now());
    let running = tokio::spawn(consumer.run(stop.clone()));
    nothing.all.notified().await;
    stop.cancel();
    // What is in work is finished and deleted first.
    running.await?;
    Ok(per_second(messages, started))
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
fn per_second(messages: usize, started: Instant) -> f64 {
    messages as f64 / started.elapsed().as_secs_f64()
}

fn report(rounds: &[Rates]) -> Report {
    let ratios = |pick: fn(&Rates) -> f64| -> Vec<f64> { rounds.iter().map(pick).collect() };
    let mut report = Report::default();
    report.ratio("worker_vs_receive_delete", ratios(|rates| rates.consumer / rates.one_by_one));
    report.ratio("worker_vs_receive_delete_in_batches", ratios(|rates| rates.consumer / rates.in_batches));
    for rates in rounds {
        report.raw(json!({
            "consumer_messages_per_second": rates.consumer,
            "receive_delete_messages_per_second": rates.one_by_one,
            "receive_delete_in_batches_messages_per_second": rates.in_batches,
            "concurrency": CONCURRENCY,
        }));
    }
    report
}

fn print(rounds: &[Rates]) {
    let row = |what: &str, pick: fn(&Rates) -> f64| {
        let values: Vec<f64> = rounds.iter().map(pick).collect();
        let (median, least, most) = spread(&values);
        println!("{what:<48} {median:>9.2} ({least:.2}-{most:.2})");
    };
    println!("\nmessages a second, {CONCURRENCY} at once");
    row("  bare, received by ten, deleted one by one", |rates| rates.one_by_one);
    row("  bare, received and deleted by ten", |rates| rates.in_batches);
    row("  the consumer, whose handler does nothing", |rates| rates.consumer);
    row("    ÷ bare, deleted one by one", |rates| rates.consumer / rates.one_by_one);
    row("    ÷ bare, deleted by ten", |rates| rates.consumer / rates.in_batches);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_to_what_deletes_one_by_one() {
        let folder = tempfile::tempdir().unwrap();
        let rates = Rates { one_by_one: 200.0, in_batches: 400.0, consumer: 180.0 };
        report(&[rates]).write(folder.path(), "worker", 1).unwrap();
        let text = std::fs::read_to_string(folder.path().join("worker.json")).unwrap();
        let written: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(written["ratios"]["worker_vs_receive_delete"]["median"], 0.9);
        assert_eq!(written["ratios"]["worker_vs_receive_delete_in_batches"]["median"], 0.45);
    }
}
