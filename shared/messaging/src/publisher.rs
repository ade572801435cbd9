//! Sending in batches of ten, the most that SNS and SQS take.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sns::types::{MessageAttributeValue as SnsAttribute, PublishBatchRequestEntry};
use aws_sdk_sqs::types::{MessageAttributeValue as SqsAttribute, SendMessageBatchRequestEntry};
use cartwright_runtime::aws::AwsSettings;
use cartwright_runtime::transport::{Destination, Outgoing, Transport, TransportError};

use crate::queue_urls::QueueUrls;

const BATCH: usize = 10;

/// Sends to topics and queues by their logical names.
#[derive(Debug, Clone)]
pub struct Publisher {
    sns: aws_sdk_sns::Client,
    sqs: aws_sdk_sqs::Client,
    urls: QueueUrls,
    settings: AwsSettings,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl Publisher {
    /// A publisher.
    #[must_use]
    pub fn new(config: &SdkConfig, settings: &AwsSettings) -> Self {
        let sqs = aws_sdk_sqs::Client::new(config);
        Self {
            sns: aws_sdk_sns::Client::new(config),
            urls: QueueUrls::new(sqs.clone(), &settings.resource_prefix),
            sqs,
            settings: settings.clone(),
        }
    }

    /// Sends up to ten messages to one topic; the positions that failed, with what AWS says.
    async fn to_topic(&self, name: &str, messages: &[&Outgoing]) -> Result<Vec<(usize, String)>, BoxError> {
        let AwsSettings { region, account_id, resource_prefix, .. } = &self.settings;
        let arn = format!("arn:aws:sns:{region}:{account_id}:{resource_prefix}{name}");
        let mut request = self.sns.publish_batch().topic_arn(arn);
        for (position, message) in messages.iter().enumerate() {
            let mut entry =
                PublishBatchRequestEntry::builder().id(position.to_string()).message(&message.body);
            for (name, value) in &message.attributes {
                let value = SnsAttribute::builder().data_type("String").string_value(value).build()?;
                entry = entry.message_attributes(name, value);
            }
            request = request.publish_batch_request_entries(entry.build()?);
        }
        let answer = request.send().await.map_err(aws_sdk_sns::Error::from)?;
        Ok(answer
            .failed()
            .iter()
            .filter_map(|entry| Some((entry.id().parse().ok()?, entry.code().to_owned())))
            .collect())
    }

    /// Sends up to ten messages to one queue; the positions that failed, with what AWS says.
    async fn to_queue(&self, name: &str, messages: &[&Outgoing]) -> Result<Vec<(usize, String)>, BoxError> {
        let url = self.urls.of(name).await.map_err(aws_sdk_sqs::Error::from)?;
        let mut request = self.sqs.send_message_batch().queue_url(url);
        for (position, message) in messages.iter().enumerate() {
            let mut entry =
                SendMessageBatchRequestEntry::builder().id(position.to_string()).message_body(&message.body);
            for (name, value) in &message.attributes {
                let value = SqsAttribute::builder().data_type("String").string_value(value).build()?;
                entry = entry.message_attributes(name, value);
            }
            request = request.entries(entry.build()?);
        }
        let answer = request.send().await.map_err(aws_sdk_sqs::Error::from)?;
        Ok(answer
            .failed()
            .iter()
            .filter_map(|entry| Some((entry.id().parse().ok()?, entry.code().to_owned())))
            .collect())
    }
}

#[async_trait]
impl Transport for Publisher {
    async fn send(&self, messages: &[Outgoing]) -> Vec<Result<(), TransportError>> {
        let mut results: Vec<Result<(), TransportError>> = messages.iter().map(|_| Ok(())).collect();
        let mut destinations: Vec<&Destination> = Vec::new();
        for message in messages {
            if !destinations.contains(&&message.destination) {
                destinations.push(&message.destination);
            }
        }
        for destination in destinations {
            let positions: Vec<usize> =
                (0..messages.len()).filter(|at| messages[*at].destination == *destination).collect();
            for chunk in positions.chunks(BATCH) {
                let batch: Vec<&Outgoing> = chunk.iter().map(|at| &messages[*at]).collect();
                let sent = match destination {
                    Destination::Topic(name) => self.to_topic(name, &batch).await,
                    Destination::Queue(name) => self.to_queue(name, &batch).await,
                };
                match sent {
                    Ok(failed) => {
                        for (position, code) in failed {
                            results[chunk[position]] = Err(TransportError(code.into()));
                        }
                    }
                    Err(error) => {
                        let text = error.to_string();
                        for at in chunk {
                            results[*at] = Err(TransportError(text.clone().into()));
                        }
                    }
                }
            }
        }
        results
    }
}
