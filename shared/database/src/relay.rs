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

    /// Sends until nothing is left that may be sent now.
    ///
    /// # Errors
    /// The outbox cannot be read or written.
    pub async fn drain(&self) -> Result<(), sqlx::Error> {
        while self.batch().await? > 0 {}
        Ok(())
    }

    /// Sends what waits; the number of rows that were leased.
    async fn batch(&self) -> Result<usize, sqlx::Error> {
        let pool = self.database.pool();
        let leased = outbox::lease(pool, BATCH).await?;
        if leased.is_empty() {
            return Ok(0);
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
        Ok(leased.len())
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
        while !stop.is_cancelled() {
            match self.batch().await {
                Ok(0) => {}
                Ok(_) => {
                    last_work = Instant::now();
                    continue;
                }
                Err(error) => tracing::warn!(error = %error, "the outbox could not be read"),
            }
            if let Err(error) = self.measure().await {
                tracing::debug!(%error, "the outbox could not be measured");
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
        if self.database.outbox_written.notified().now_or_never().is_some()
            && let Err(error) = self.drain().await
        {
            tracing::warn!(error = %error, "the outbox could not be sent; the schedule does it");
        }
    }
}
