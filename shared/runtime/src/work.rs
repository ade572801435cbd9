//! Work beside requests: the same code as a loop in a container and as one round on Lambda.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::errors::{BoxError, chain};

/// Work that nobody asks for: the relay, sweepers, reconcilers.
#[async_trait]
pub trait Work: Send + Sync + 'static {
    /// For the log.
    fn name(&self) -> &'static str;

    /// In a container: works until `stop`.
    async fn run(&self, stop: CancellationToken);

    /// On Lambda, by the schedule: one round.
    ///
    /// # Errors
    /// It is tried again by the next round.
    async fn once(&self) -> Result<(), BoxError>;

    /// On Lambda, before each answer: what the invocation left to do. The process is frozen afterwards.
    async fn after_invocation(&self) {}
}

/// Takes a queue's messages: by polling in a container, by events on Lambda.
#[async_trait]
pub trait QueueConsumer: Send + Sync + 'static {
    /// The queue's name in AWS.
    fn queue(&self) -> &str;

    /// In a container: polls until `stop`; messages in work are finished first.
    async fn run(self: Arc<Self>, stop: CancellationToken);

    /// On Lambda: handles an SQS event; the ids of the messages that stay in the queue.
    ///
    /// # Errors
    /// It is no SQS event; all of it stays in the queue.
    async fn batch(self: Arc<Self>, event: &str) -> Result<Vec<String>, BoxError>;
}

/// Runs `work` every `interval`; a failure is logged and tried again.
pub fn every<F, Fut, E>(name: &'static str, interval: Duration, work: F) -> impl Work
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), E>> + Send + 'static,
    E: Into<BoxError> + 'static,
{
    Every { name, interval, work, last: Mutex::new(None) }
}

struct Every<F> {
    name: &'static str,
    interval: Duration,
    work: F,
    last: Mutex<Option<Instant>>,
}

impl<F> Every<F> {
    /// Whether it is time again; Lambda's one schedule comes more often than most work is due.
    fn is_due(&self) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|last| last.elapsed() >= self.interval);
        if due {
            *last = Some(Instant::now());
        }
        due
    }
}

impl<F, Fut, E> Every<F>
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), E>> + Send + 'static,
    E: Into<BoxError> + 'static,
{
    async fn work(&self) -> Result<(), BoxError> {
        let work = (self.work)();
        Context::new(self.name, None).scope(async move { work.await.map_err(Into::into) }).await
    }
}

#[async_trait]
impl<F, Fut, E> Work for Every<F>
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<(), E>> + Send + 'static,
    E: Into<BoxError> + 'static,
{
    fn name(&self) -> &'static str {
        self.name
    }

    async fn run(&self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(self.interval)).await.is_some() {
            if let Err(error) = self.work().await {
                let error = chain(error.as_ref());
                tracing::warn!(job = self.name, error, "a background job failed and is tried again");
            }
        }
    }

    async fn once(&self) -> Result<(), BoxError> {
        if self.is_due() { self.work().await } else { Ok(()) }
    }
}
