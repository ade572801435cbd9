//! The relay: takes messages from the outbox to their topic or queue. May send twice, never zero times.

use std::sync::Arc;
use std::time::Duration;

use cartwright_runtime::transport::Transport;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{Database, outbox};

/// How the relay looks for work nobody told it of: rows of another process that was killed.
#[derive(Debug, Clone, Copy)]
pub struct RelaySettings {
    /// Between two looks.
    pub poll_interval: Duration,
    /// After this long without a message it only waits to be told, so that an idle database can sleep.
    pub idle_after: Duration,
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self { poll_interval: Duration::from_secs(5), idle_after: Duration::from_mins(5) }
    }
}

/// Rows leased at once.
const BATCH: i64 = 100;

/// Runs until `stop`; ends after the batch at hand.
pub async fn run_relay(
    database: Database,
    transport: Arc<dyn Transport>,
    settings: RelaySettings,
    stop: CancellationToken,
) {
    let mut last_work = Instant::now();
    while !stop.is_cancelled() {
        match relay_batch(&database, transport.as_ref()).await {
            Ok(0) => {}
            Ok(_) => {
                last_work = Instant::now();
                continue;
            }
            Err(error) => tracing::warn!(error = %error, "the outbox could not be read"),
        }
        let idle = last_work.elapsed() > settings.idle_after;
        tokio::select! {
            () = database.outbox_written.notified() => last_work = Instant::now(),
            () = tokio::time::sleep(settings.poll_interval), if !idle => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Sends what waits; the number of rows that were leased.
async fn relay_batch(database: &Database, transport: &dyn Transport) -> Result<usize, sqlx::Error> {
    let leased = outbox::lease(database.pool(), BATCH).await?;
    if leased.is_empty() {
        return Ok(0);
    }
    let messages: Vec<_> = leased.iter().map(|row| row.message.clone()).collect();
    let results = transport.send(&messages).await;
    let mut sent: Vec<Uuid> = Vec::with_capacity(leased.len());
    for (row, result) in leased.iter().zip(results) {
        match result {
            Ok(()) => sent.push(row.id),
            Err(error) => {
                let reason = error.0.as_ref();
                tracing::warn!(message_id = %row.id, attempts = row.attempts, reason, "message not sent, tried again later");
                outbox::postpone(database.pool(), row.id, f64::from(row.attempts.min(20))).await?;
            }
        }
    }
    if !sent.is_empty() {
        outbox::remove(database.pool(), &sent).await?;
    }
    Ok(leased.len())
}
