//! The relay: takes messages from the outbox to their topic or queue. May send twice, never zero times.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use cartwright_runtime::metrics::{self, GaugeVec, IntCounterVec};
use cartwright_runtime::transport::Transport;
use cartwright_runtime::{BoxError, Work};
use futures::FutureExt as _;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{Database, outbox};

/// Between two looks for work that nobody told the relay of: rows of another process that was killed.
const POLL: Duration = Duration::from_secs(5);
/// After this long without a message it only waits to be told, so that an idle database can sleep.
const IDLE_AFTER: Duration = Duration::from_mins(5);
/// Rows leased at once.
const BATCH: i64 = 100;
/// How long an answer on Lambda waits for what its request has to send.
const PATIENCE: Duration = Duration::from_secs(2);

/// What became of the rows that were leased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Batch {
    /// There were none.
    Empty,
    /// All are sent; there may be more.
    Sent,
    /// Some could not be sent, and wait.
    Failed,
}

static PUBLISHED: LazyLock<IntCounterVec> = LazyLock::new(|| {
    metrics::counter("outbox_published_total", "Messages that left the outbox, by type", &["event_type"])
});
/// Seen by the relay as it looks; while it sleeps there is nothing to see.
static WAITING: LazyLock<GaugeVec> =
    LazyLock::new(|| metrics::gauge("outbox_messages", "Messages that wait in the outbox", &[]));
static LAG: LazyLock<GaugeVec> = LazyLock::new(|| {
    metrics::gauge("outbox_lag_seconds", "Age of the oldest message that waits in the outbox", &[])
});

/// The relay of a service's outbox.
pub struct Relay {
    database: Database,
    transport: Arc<dyn Transport>,
}

impl Relay {
    /// Takes messages from `database` to `transport`.
    #[must_use]
    pub fn new(database: Database, transport: Arc<dyn Transport>) -> Self {
        Self { database, transport }
    }

    /// Sends until nothing is left that may be sent now, or something cannot be sent.
    ///
    /// # Errors
    /// The outbox cannot be read or written.
    pub async fn drain(&self) -> Result<(), sqlx::Error> {
        while self.batch().await? == Batch::Sent {}
        Ok(())
    }

    /// Sends some of what waits.
    async fn batch(&self) -> Result<Batch, sqlx::Error> {
        let pool = self.database.pool();
        let leased = outbox::lease(pool, BATCH).await?;
        if leased.is_empty() {
            return Ok(Batch::Empty);
        }
        let messages: Vec<_> = leased.iter().map(|row| row.message.clone()).collect();
        let results = self.transport.send(&messages).await;
        let mut sent: Vec<Uuid> = Vec::with_capacity(leased.len());
        for (row, result) in leased.iter().zip(results) {
            match result {
                Ok(()) => {
                    PUBLISHED.with_label_values(&[row.message.event_type()]).inc();
                    sent.push(row.id);
                }
                Err(error) => {
                    let reason = error.0.as_ref();
                    tracing::warn!(message_id = %row.id, attempts = row.attempts, reason, "message not sent, tried again later");
                    outbox::postpone(pool, row.id, f64::from(row.attempts.min(20))).await?;
                }
            }
        }
        if !sent.is_empty() {
            outbox::remove(pool, &sent).await?;
        }
        Ok(if sent.len() == leased.len() { Batch::Sent } else { Batch::Failed })
    }

    async fn measure(&self) -> Result<(), sqlx::Error> {
        let (waiting, lag) = outbox::backlog(self.database.pool()).await?;
        #[expect(clippy::cast_precision_loss, reason = "a count of rows")]
        WAITING.with_label_values::<&str>(&[]).set(waiting as f64);
        LAG.with_label_values::<&str>(&[]).set(lag);
        Ok(())
    }
}

#[async_trait]
impl Work for Relay {
    fn name(&self) -> &'static str {
        "relay"
    }

    async fn run(&self, stop: CancellationToken) {
        let mut last_work = Instant::now();
        let mut measured: Option<Instant> = None;
        while !stop.is_cancelled() {
            let batch = self.batch().await;
            // Now and then, however much there is to do.
            if measured.is_none_or(|at| at.elapsed() >= POLL) {
                measured = Some(Instant::now());
                if let Err(error) = self.measure().await {
                    tracing::debug!(%error, "the outbox could not be measured");
                }
            }
            match batch {
                Ok(Batch::Empty) => {}
                Ok(Batch::Sent | Batch::Failed) => {
                    last_work = Instant::now();
                    continue;
                }
                Err(error) => tracing::warn!(error = %error, "the outbox could not be read"),
            }
            let idle = last_work.elapsed() > IDLE_AFTER;
            tokio::select! {
                () = self.database.outbox_written.notified() => last_work = Instant::now(),
                () = tokio::time::sleep(POLL), if !idle => {}
                () = stop.cancelled() => {}
            }
        }
    }

    async fn once(&self) -> Result<(), BoxError> {
        self.drain().await?;
        Ok(self.measure().await?)
    }

    async fn after_invocation(&self) {
        // A commit has told; without one there is no query.
        if self.database.outbox_written.notified().now_or_never().is_none() {
            return;
        }
        // Somebody waits for the answer: one batch, and not for long.
        match tokio::time::timeout(PATIENCE, self.batch()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                tracing::warn!(error = %error, "the outbox could not be read; the schedule does it");
            }
            Err(_) => tracing::warn!("the outbox could not be sent in time; the schedule does it"),
        }
    }
}
