//! From a queue's logical name to its URL, asked for once.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::SdkError;
use aws_sdk_sqs::operation::get_queue_url::GetQueueUrlError;
use tokio::sync::Mutex;

#[derive(Debug, Clone)]
pub(crate) struct QueueUrls {
    client: Client,
    prefix: String,
    known: Arc<Mutex<HashMap<String, String>>>,
}

impl QueueUrls {
    pub fn new(client: Client, prefix: &str) -> Self {
        Self { client, prefix: prefix.to_owned(), known: Arc::default() }
    }

    pub async fn of(&self, logical: &str) -> Result<String, SdkError<GetQueueUrlError>> {
        let mut known = self.known.lock().await;
        if let Some(url) = known.get(logical) {
            return Ok(url.clone());
        }
        let name = format!("{}{logical}", self.prefix);
        let answer = self.client.get_queue_url().queue_name(name).send().await?;
        let url = answer.queue_url().unwrap_or_default().to_owned();
        known.insert(logical.to_owned(), url.clone());
        Ok(url)
    }
}
