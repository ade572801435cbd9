//! How many messages queues have, for operators.

use std::collections::HashMap;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName::{
    self, ApproximateNumberOfMessages, ApproximateNumberOfMessagesDelayed,
    ApproximateNumberOfMessagesNotVisible,
};
use cartwright_runtime::chain;
use futures::future::join_all;
use tokio::sync::OnceCell;

/// A queue has this long to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// What SQS is asked for.
const ATTRIBUTES: [QueueAttributeName; 3] =
    [ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible, ApproximateNumberOfMessagesDelayed];

/// The messages of one queue. SQS counts them roughly, and is right about a minute after the last change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Those that wait to be received.
    pub visible: u64,
    /// Those that somebody has received and not deleted.
    pub in_flight: u64,
    /// Those that are not to be received yet.
    pub delayed: u64,
}

/// Asks for the depths of some queues.
#[derive(Debug)]
pub struct QueueDepths {
    client: Client,
    queues: Vec<Queue>,
}

#[derive(Debug)]
struct Queue {
    name: String,
    /// Asked for once.
    url: OnceCell<String>,
}

impl QueueDepths {
    /// Of the queues with these names of AWS.
    #[must_use]
    pub fn new(config: &SdkConfig, names: Vec<String>) -> Self {
        let queues = names.into_iter().map(|name| Queue { name, url: OnceCell::new() }).collect();
        Self { client: Client::new(config), queues }
    }

    /// Asks for all of them at the same time: in the order of the names, None for one that cannot be read.
    pub async fn ask(&self) -> Vec<Option<Depth>> {
        let asked = join_all(self.queues.iter().map(|queue| self.ask_one(queue))).await;
        let failed = asked.iter().filter(|depth| depth.is_err()).count();
        if let Some(Err(error)) = asked.iter().find(|depth| depth.is_err()) {
            tracing::warn!(failed, error, "the depths of queues cannot be read");
        }
        asked.into_iter().map(Result::ok).collect()
    }

    async fn ask_one(&self, queue: &Queue) -> Result<Depth, String> {
        let asking = async {
            let url = queue.url.get_or_try_init(|| self.url(&queue.name)).await?;
            let request = self.client.get_queue_attributes().queue_url(url);
            let answer = request.set_attribute_names(Some(ATTRIBUTES.to_vec())).send().await;
            let answer = answer.map_err(|error| chain(&error))?;
            depth(&answer.attributes.unwrap_or_default())
        };
        let asked = tokio::time::timeout(PATIENCE, asking).await;
        let asked = asked.unwrap_or_else(|_| Err("no answer in time".to_owned()));
        asked.map_err(|error| format!("{}: {error}", queue.name))
    }

    async fn url(&self, name: &str) -> Result<String, String> {
        let answer = self.client.get_queue_url().queue_name(name).send().await;
        answer.map_err(|error| chain(&error))?.queue_url.ok_or_else(|| "SQS names no URL".to_owned())
    }
}

/// A count that is missing is none, and not 0.
fn depth(attributes: &HashMap<QueueAttributeName, String>) -> Result<Depth, String> {
    let count = |name: QueueAttributeName| {
        let count = attributes.get(&name).and_then(|count| count.parse().ok());
        count.ok_or_else(|| format!("SQS does not say {name}"))
    };
    Ok(Depth {
        visible: count(ApproximateNumberOfMessages)?,
        in_flight: count(ApproximateNumberOfMessagesNotVisible)?,
        delayed: count(ApproximateNumberOfMessagesDelayed)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_depth_is_read_whole_or_not_at_all() {
        let mut attributes: HashMap<_, _> =
            ATTRIBUTES.into_iter().zip(["3", "2", "1"].map(str::to_owned)).collect();
        assert_eq!(depth(&attributes), Ok(Depth { visible: 3, in_flight: 2, delayed: 1 }));
        attributes.insert(ApproximateNumberOfMessages, "many".to_owned());
        depth(&attributes).unwrap_err();
        attributes.remove(&ApproximateNumberOfMessages);
        depth(&attributes).unwrap_err();
    }
}
