//! How many messages the shop's queues have, as operators are shown them.

use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use cartwright_contracts::{Names, resources};
use cartwright_messaging::QueueDepths;

pub use cartwright_messaging::Depth;

/// A queue and its dead letters. None: it cannot be read.
#[derive(Debug, Clone)]
pub struct QueueState {
    /// Its logical name.
    pub name: String,
    /// The service that consumes it, if one does.
    pub consumer: Option<String>,
    /// Its messages.
    pub messages: Option<Depth>,
    /// Those that were received too often.
    pub dead_letters: Option<Depth>,
}

/// For how long an answer counts.
pub const KEPT: Duration = Duration::from_secs(5);

/// Where the queues are.
#[async_trait]
pub trait Queues: Send + Sync {
    /// All of them, as they are now.
    async fn look(&self) -> Vec<QueueState>;
}

/// The queues of `resources.json`, in SQS.
#[derive(Debug)]
pub struct ShopQueues(QueueDepths);

impl ShopQueues {
    /// Those of one environment.
    #[must_use]
    pub fn new(sdk: &SdkConfig, names: &Names) -> Self {
        let queues = resources().queues.iter();
        let queues = queues.flat_map(|queue| [names.of(&queue.name), names.of(&queue.dead_letters())]);
        Self(QueueDepths::new(sdk, queues.collect()))
    }
}

#[async_trait]
impl Queues for ShopQueues {
    async fn look(&self) -> Vec<QueueState> {
        let depths = self.0.ask().await;
        let of = |at: usize| depths.get(at).copied().flatten();
        let queues = resources().queues.iter().enumerate();
        queues
            .map(|(at, queue)| QueueState {
                name: queue.name.clone(),
                consumer: queue.consumer.clone(),
                messages: of(2 * at),
                dead_letters: of(2 * at + 1),
            })
            .collect()
    }
}
