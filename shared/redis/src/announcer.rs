//! Saying something on a channel, beside what else is done.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use cartwright_runtime::{BoxError, Work, chain};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::{MESSAGES, Redis};

/// Messages that wait at most; what is beyond is found without Redis.
const MOST: usize = 10_000;
/// After Redis did not take something.
const PAUSE: Duration = Duration::from_secs(1);

/// Says messages on a channel soon. Nobody waits for it, and nothing fails by it: whoever listens would find out without.
#[derive(Clone)]
pub struct Announcer(Arc<Announcements>);

struct Announcements {
    redis: Redis,
    channel: &'static str,
    waiting: Mutex<BTreeSet<String>>,
    added: Notify,
}

impl Announcer {
    /// On the channel whose logical name is `channel`. It is to be added to the program's work.
    #[must_use]
    pub fn new(redis: Redis, channel: &'static str) -> Self {
        let (waiting, added) = (Mutex::default(), Notify::new());
        Self(Arc::new(Announcements { redis, channel, waiting, added }))
    }

    /// Says `message` soon; one that waits already is said once.
    pub fn say(&self, message: impl Into<String>) {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MOST {
            waiting.insert(message.into());
        }
        drop(waiting);
        self.0.added.notify_one();
    }

    /// Says what waits. False: Redis is away.
    async fn flush(&self) -> bool {
        let messages = std::mem::take(&mut *self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let messages: Vec<String> = messages.into_iter().collect();
        if messages.is_empty() {
            return true;
        }
        let outcome = match self.0.redis.publish(self.0.channel, &messages).await {
            Ok(()) => "sent",
            Err(error) => {
                tracing::debug!(channel = self.0.channel, error = chain(&error), "nobody was told by Redis");
                "lost"
            }
        };
        MESSAGES.with_label_values(&[self.0.channel, outcome]).inc_by(messages.len() as u64);
        outcome == "sent"
    }
}

#[async_trait]
impl Work for Announcer {
    fn name(&self) -> &'static str {
        "announcements"
    }

    async fn run(&self, stop: CancellationToken) {
        while stop.run_until_cancelled(self.0.added.notified()).await.is_some() {
            if !self.flush().await && stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_none() {
                return;
            }
        }
    }

    /// What an invocation left to say is said before its answer.
    async fn once(&self) -> Result<(), BoxError> {
        Ok(())
    }

    async fn after_invocation(&self) {
        self.flush().await;
    }
}
