//! Hearing what is said on a channel.

use std::sync::LazyLock;
use std::time::Duration;

use async_trait::async_trait;
use cartwright_runtime::metrics::{self, GaugeVec};
use cartwright_runtime::{BoxError, Work, chain};
use cartwright_types::random;
use futures::StreamExt as _;
use redis::Value;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::{MESSAGES, PATIENCE, Redis, RedisError};

/// Between two tries to listen, at first.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A connection on which nothing was heard for so long is asked whether it is one.
const SILENCE: Duration = Duration::from_secs(15);

static LISTENING: LazyLock<GaugeVec> = LazyLock::new(|| {
    let help = "1 while a channel of Redis is heard; at 0 its news come by polling alone";
    metrics::gauge("redis_listening", help, &["channel"])
});

/// What a listener is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard<'a> {
    /// Listening has begun, for the first time or again: what was said before may have been missed.
    Begun,
    /// Somebody said this. Whether it is true is to be looked up.
    Message(&'a str),
}

type Hear = Box<dyn Fn(Heard<'_>) + Send + Sync>;

/// Hears a channel until the process ends, and comes back by itself when Redis does.
pub struct Listener {
    redis: Redis,
    channel: &'static str,
    hear: Hear,
}

impl Listener {
    /// `hear` is called for each message on the channel whose logical name is `channel`; it must not wait.
    #[must_use]
    pub fn new(
        redis: Redis,
        channel: &'static str,
        hear: impl Fn(Heard<'_>) + Send + Sync + 'static,
    ) -> Self {
        tell(channel, false);
        Self { redis, channel, hear: Box::new(hear) }
    }

    /// Listens until that fails; `begun` is set once it works.
    async fn listen(&self, begun: &mut bool) -> Result<(), RedisError> {
        let (mut sink, mut messages) = self.redis.subscribe(self.channel).await?;
        *begun = true;
        tell(self.channel, true);
        tracing::info!(channel = self.channel, "listening to Redis");
        (self.hear)(Heard::Begun);
        loop {
            match timeout(SILENCE, messages.next()).await {
                Ok(Some(message)) => {
                    MESSAGES.with_label_values(&[self.channel, "heard"]).inc();
                    let text: String = message.get_payload().unwrap_or_default();
                    (self.hear)(Heard::Message(&text));
                }
                Ok(None) => return Ok(()),
                Err(_) => drop(timeout(PATIENCE, sink.ping::<Value>()).await.map_err(|_| RedisError::Late)??),
            }
        }
    }
}

fn tell(channel: &str, listening: bool) {
    LISTENING.with_label_values(&[channel]).set(if listening { 1.0 } else { 0.0 });
}

#[async_trait]
impl Work for Listener {
    fn name(&self) -> &'static str {
        self.channel
    }

    async fn run(&self, stop: CancellationToken) {
        let mut pause = FIRST_PAUSE;
        loop {
            let mut begun = false;
            let Some(ended) = stop.run_until_cancelled(self.listen(&mut begun)).await else { return };
            tell(self.channel, false);
            let reason = ended.as_ref().map_or_else(|error| chain(error), |()| "it hung up".to_owned());
            if begun || pause == FIRST_PAUSE {
                tracing::warn!(channel = self.channel, reason, "Redis is not heard; polling goes on");
            }
            if begun {
                pause = FIRST_PAUSE;
            }
            // Not all processes at once.
            let jitter = random::below(u64::try_from(pause.as_millis() / 2).unwrap_or(0));
            let wait = pause / 2 + Duration::from_millis(jitter);
            if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
                return;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// On Lambda nobody listens between requests.
    async fn once(&self) -> Result<(), BoxError> {
        Ok(())
    }
}
