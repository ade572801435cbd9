//! Whether a queue answers, for the health page.

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use cartwright_runtime::chain;

/// Asks for one queue.
#[derive(Debug, Clone)]
pub struct QueueCheck {
    client: Client,
    queue: String,
}

impl QueueCheck {
    /// A check of the queue `logical` of this environment.
    #[must_use]
    pub fn new(config: &SdkConfig, resource_prefix: &str, logical: &str) -> Self {
        Self { client: Client::new(config), queue: format!("{resource_prefix}{logical}") }
    }

    /// Asks now.
    ///
    /// # Errors
    /// SQS does not answer, or has no such queue.
    pub async fn check(&self) -> Result<(), String> {
        let answer = self.client.get_queue_url().queue_name(&self.queue).send().await;
        answer.map(drop).map_err(|error| chain(&error))
    }
}
