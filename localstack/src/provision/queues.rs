//! Topics, queues, their dead letters and subscriptions.

use anyhow::{Context as _, Result};
use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use cartwright_contracts::{Bucket, DEAD_LETTER_SUFFIX, Names, Queue, Subscription, Topic, resources};
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
    let senders = senders(names, queue);
    if !senders.is_empty() {
        attributes.push((Attribute::Policy, may_send(&arn, &senders)));
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
    // An empty policy lets all pass; a list of no types would let none.
    let filter = match subscription.event_types.as_slice() {
        [] => json!({}).to_string(),
        types => json!({ "event_type": types }).to_string(),
    };
    let attributes = [("FilterPolicy", filter.as_str()), ("RawMessageDelivery", "true")];
    let mut request = aws.sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(queue_arn);
    for (attribute, value) in attributes {
        request = request.attributes(attribute, value);
    }
    let made = request
        .return_subscription_arn(true)
        .send()
        .await
        .with_context(|| format!("subscribing {queue_arn}"))?;
    // A subscription from before keeps its old filter unless it is told.
    let arn = made.subscription_arn.context("SNS gave the subscription no ARN")?;
    for (attribute, value) in attributes {
        let request = aws.sns.set_subscription_attributes().subscription_arn(&arn);
        let request = request.attribute_name(attribute).attribute_value(value);
        request.send().await.with_context(|| format!("setting the filter of {queue_arn}"))?;
    }
    Ok(())
}

pub(super) fn arn(names: &Names, queue: &str) -> String {
    format!("arn:aws:sqs:{}:{}:{queue}", names.region, names.account_id)
}

/// Who may send to the queue beside the services: the topic it hears, the buckets that tell it of their objects. Each by
/// the name of the AWS service and the ARN of the sender.
fn senders(names: &Names, queue: &Queue) -> Vec<(&'static str, String)> {
    let topic = queue.subscription.iter().map(|subscription| names.topic_arn(&subscription.topic));
    let tells = |bucket: &&Bucket| bucket.notifications.iter().any(|told| told.queue == queue.name);
    let buckets = resources().buckets.iter().filter(tells);
    let buckets = buckets.map(|bucket| format!("arn:aws:s3:::{}", names.of(&bucket.name)));
    topic.map(|arn| ("sns", arn)).chain(buckets.map(|arn| ("s3", arn))).collect()
}

fn may_send(queue_arn: &str, senders: &[(&str, String)]) -> String {
    let statement = |(service, arn): &(&str, String)| {
        json!({
            "Effect": "Allow",
            "Principal": {"Service": format!("{service}.amazonaws.com")},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": arn}},
        })
    };
    let statements: Vec<_> = senders.iter().map(statement).collect();
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_may_send_to_the_queue_that_it_tells_of_its_objects() {
        let names = crate::provision::names("probe");
        let queue = |name: &str| resources().queues.iter().find(|queue| queue.name == name).unwrap();
        let uploads = senders(&names, queue("image-uploads"));
        assert_eq!(uploads, [("s3", "arn:aws:s3:::cartwright-probe-uploads".to_owned())]);
        let mail = senders(&names, queue("mail-events"));
        assert_eq!(mail, [("sns", names.topic_arn("mail-events"))]);
        assert!(senders(&names, queue("order-commands")).is_empty());
    }
}
