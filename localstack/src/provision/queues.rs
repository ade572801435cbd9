//! Topics, queues, their dead letters and subscriptions.

use anyhow::{Context as _, Result};
use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use cartwright_contracts::{DEAD_LETTER_SUFFIX, Names, Queue, Subscription, Topic};
use serde_json::json;

use crate::aws::Aws;

/// SQS keeps dead letters for 14 days at most.
const LONGEST_RETENTION_SECONDS: u32 = 14 * 24 * 60 * 60;

pub(super) async fn topic(aws: &Aws, names: &Names, topic: &Topic) -> Result<()> {
    let name = names.of(&topic.name);
    aws.sns.create_topic().name(&name).send().await.with_context(|| format!("making the topic {name}"))?;
    Ok(())
}

pub(super) async fn queue(aws: &Aws, names: &Names, queue: &Queue) -> Result<()> {
    let name = names.of(&queue.name);
    let retention = queue.dead_letter_retention_seconds.unwrap_or(LONGEST_RETENTION_SECONDS);
    let dead_letters = format!("{name}{DEAD_LETTER_SUFFIX}");
    create(aws, &dead_letters, &[(Attribute::MessageRetentionPeriod, retention.to_string())]).await?;

    let arn = arn(names, &name);
    let redrive = json!({
        "deadLetterTargetArn": format!("{arn}{DEAD_LETTER_SUFFIX}"),
        "maxReceiveCount": queue.max_receive_count,
    });
    let mut attributes = vec![
        (Attribute::VisibilityTimeout, queue.visibility_timeout_seconds.to_string()),
        (Attribute::RedrivePolicy, redrive.to_string()),
    ];
    if let Some(subscription) = &queue.subscription {
        attributes.push((Attribute::Policy, may_send(&arn, &names.topic_arn(&subscription.topic))));
    }
    create(aws, &name, &attributes).await?;
    match &queue.subscription {
        Some(subscription) => subscribe(aws, names, &arn, subscription).await,
        None => Ok(()),
    }
}

/// Creates the queue, or brings the attributes of the one that is there up to date.
async fn create(aws: &Aws, name: &str, attributes: &[(Attribute, String)]) -> Result<()> {
    let found = aws.sqs.get_queue_url().queue_name(name).send().await;
    if let Some(url) = found.ok().and_then(|found| found.queue_url) {
        let mut request = aws.sqs.set_queue_attributes().queue_url(url);
        for (attribute, value) in attributes {
            request = request.attributes(attribute.clone(), value);
        }
        request.send().await.with_context(|| format!("setting up the queue {name}"))?;
        return Ok(());
    }
    let mut request = aws.sqs.create_queue().queue_name(name);
    for (attribute, value) in attributes {
        request = request.attributes(attribute.clone(), value);
    }
    request.send().await.with_context(|| format!("making the queue {name}"))?;
    Ok(())
}

async fn subscribe(aws: &Aws, names: &Names, queue_arn: &str, subscription: &Subscription) -> Result<()> {
    let topic = names.topic_arn(&subscription.topic);
    let filter = json!({ "event_type": subscription.event_types }).to_string();
    let made = aws
        .sns
        .subscribe()
        .topic_arn(&topic)
        .protocol("sqs")
        .endpoint(queue_arn)
        .attributes("RawMessageDelivery", "true")
        .attributes("FilterPolicy", &filter)
        .return_subscription_arn(true)
        .send()
        .await
        .with_context(|| format!("subscribing {queue_arn}"))?;
    // A subscription from before keeps its old filter unless it is told.
    let arn = made.subscription_arn.context("SNS gave the subscription no ARN")?;
    for (attribute, value) in [("FilterPolicy", filter.as_str()), ("RawMessageDelivery", "true")] {
        let request = aws.sns.set_subscription_attributes().subscription_arn(&arn);
        let request = request.attribute_name(attribute).attribute_value(value);
        request.send().await.with_context(|| format!("setting the filter of {queue_arn}"))?;
    }
    Ok(())
}

fn arn(names: &Names, queue: &str) -> String {
    format!("arn:aws:sqs:{}:{}:{queue}", names.region, names.account_id)
}

fn may_send(queue_arn: &str, topic_arn: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
        }],
    })
    .to_string()
}
