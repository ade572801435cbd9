//! What Terraform made on the emulator, held against `resources.json`: two readers of one list must not differ.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use aws_sdk_s3::operation::get_bucket_cors::GetBucketCorsOutput;
use aws_sdk_s3::operation::get_bucket_lifecycle_configuration::GetBucketLifecycleConfigurationOutput;
use aws_sdk_s3::types::CorsRule;
use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use cartwright_contracts::{Bucket, DEAD_LETTER_SUFFIX, Names, Queue, Table, resources};
use serde_json::{Value, json};

use crate::aws::Aws;

/// Terraform's own: where load balancers and buckets write who called.
const LOGS: &str = "logs";
/// SQS keeps dead letters for 14 days at most.
const LONGEST_RETENTION_SECONDS: u32 = 14 * 24 * 60 * 60;

/// A sentence for each difference.
///
/// # Errors
/// The emulator does not answer.
pub async fn differences(aws: &Aws, names: &Names) -> Result<Vec<String>> {
    let mut found = listed(aws, names).await?;
    for queue in &resources().queues {
        found.extend(queue_differences(aws, names, queue).await?);
    }
    for table in &resources().tables {
        found.extend(table_differences(aws, names, table).await?);
    }
    for bucket in &resources().buckets {
        found.extend(bucket_differences(aws, names, bucket).await?);
    }
    Ok(found)
}

/// Nothing is missing, and nothing is there beside.
async fn listed(aws: &Aws, names: &Names) -> Result<Vec<String>> {
    let wanted = resources();
    let last = |text: &String| text.rsplit(['/', ':']).next().unwrap_or_default().to_owned();
    let queues = aws.sqs.list_queues().max_results(1000).send().await?.queue_urls.unwrap_or_default();
    let topics = aws.sns.list_topics().send().await?.topics.unwrap_or_default();
    let tables = aws.dynamodb.list_tables().send().await?.table_names.unwrap_or_default();
    let buckets = aws.s3.list_buckets().send().await?.buckets.unwrap_or_default();
    let secrets = aws.secrets.list_secrets().max_results(100).send().await?.secret_list.unwrap_or_default();

    let mut found = Vec::new();
    let mut compare = |what: &str, there: BTreeSet<String>, wanted: BTreeSet<String>| {
        found.extend(wanted.difference(&there).map(|name| format!("the {what} {name} is missing")));
        found.extend(there.difference(&wanted).map(|name| format!("nobody asked for the {what} {name}")));
    };
    let logical = |name: &String| names.of(name);
    let both = wanted
        .queues
        .iter()
        .flat_map(|queue| [names.of(&queue.name), format!("{}{DEAD_LETTER_SUFFIX}", names.of(&queue.name))]);
    compare("queue", queues.iter().map(last).collect(), both.collect());
    let topics = topics.into_iter().filter_map(|topic| topic.topic_arn).map(|arn| last(&arn)).collect();
    compare("topic", topics, wanted.topics.iter().map(|topic| logical(&topic.name)).collect());
    compare(
        "table",
        tables.into_iter().collect(),
        wanted.tables.iter().map(|table| logical(&table.name)).collect(),
    );
    let buckets = buckets.into_iter().filter_map(|bucket| bucket.name).collect();
    let with_logs = wanted.buckets.iter().map(|bucket| logical(&bucket.name)).chain([names.of(LOGS)]);
    compare("bucket", buckets, with_logs.collect());
    // RDS keeps the master password in a secret of its own.
    let secrets =
        secrets.into_iter().filter_map(|secret| secret.name).filter(|name| !name.starts_with("rds!"));
    compare(
        "secret",
        secrets.collect(),
        wanted.secrets.iter().map(|secret| names.secret(&secret.name)).collect(),
    );
    Ok(found)
}

async fn queue_differences(aws: &Aws, names: &Names, queue: &Queue) -> Result<Vec<String>> {
    let name = names.of(&queue.name);
    let (own, dead) =
        (attributes(aws, &name).await?, attributes(aws, &format!("{name}{DEAD_LETTER_SUFFIX}")).await?);
    let mut found = Vec::new();
    let mut compare = |what: &str, there: Value, wanted: Value| {
        if there != wanted {
            found.push(format!("the queue {name} has {what} {there}, not {wanted}"));
        }
    };
    let text = |value: u32| json!(value.to_string());
    compare(
        "the visibility timeout",
        own["VisibilityTimeout"].clone(),
        text(queue.visibility_timeout_seconds),
    );
    let redrive: Value = serde_json::from_str(own["RedrivePolicy"].as_str().unwrap_or("{}"))?;
    // A number or its text, both of which SQS takes.
    let receives = redrive["maxReceiveCount"].to_string();
    compare("the number of receives", json!(receives.trim_matches('"')), text(queue.max_receive_count));
    compare("the dead letters", redrive["deadLetterTargetArn"].clone(), dead["QueueArn"].clone());
    let retention = queue.dead_letter_retention_seconds.unwrap_or(LONGEST_RETENTION_SECONDS);
    compare("the retention of dead letters", dead["MessageRetentionPeriod"].clone(), text(retention));
    found.extend(subscription_differences(aws, names, queue, &own["QueueArn"]).await?);
    Ok(found)
}

async fn attributes(aws: &Aws, queue: &str) -> Result<Value> {
    let url = aws
        .sqs
        .get_queue_url()
        .queue_name(queue)
        .send()
        .await
        .with_context(|| format!("the queue {queue}"))?;
    let request = aws.sqs.get_queue_attributes().set_queue_url(url.queue_url).attribute_names(Attribute::All);
    let attributes = request.send().await?.attributes.unwrap_or_default();
    Ok(attributes.into_iter().map(|(name, value)| (name.as_str().to_owned(), json!(value))).collect())
}

async fn subscription_differences(
    aws: &Aws,
    names: &Names,
    queue: &Queue,
    arn: &Value,
) -> Result<Vec<String>> {
    let mut there = BTreeMap::new();
    for topic in &resources().topics {
        let topic_arn = names.topic_arn(&topic.name);
        let all = aws.sns.list_subscriptions_by_topic().topic_arn(topic_arn).send().await?;
        for one in all.subscriptions.unwrap_or_default() {
            if one.endpoint.as_deref() == arn.as_str() {
                there.insert(topic.name.clone(), one.subscription_arn.unwrap_or_default());
            }
        }
    }
    let wanted: Vec<&String> = queue.subscription.iter().map(|subscription| &subscription.topic).collect();
    if there.keys().collect::<Vec<_>>() != wanted {
        return Ok(vec![format!("the queue {} hears {:?}, not {wanted:?}", queue.name, there.keys())]);
    }
    let mut found = Vec::new();
    if let (Some(subscription), Some(arn)) = (&queue.subscription, there.values().next()) {
        let answer = aws.sns.get_subscription_attributes().subscription_arn(arn).send().await?;
        let attributes = answer.attributes.unwrap_or_default();
        if attributes.get("RawMessageDelivery").map(String::as_str) != Some("true") {
            found.push(format!("the queue {} hears its topic in envelopes", queue.name));
        }
        let filter = attributes.get("FilterPolicy").map_or("{}", String::as_str);
        let filter: Value = serde_json::from_str(filter).context("reading a filter policy")?;
        let names = |value: &Value| -> BTreeSet<String> {
            value
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect()
        };
        let (there, wanted) =
            (names(&filter["event_type"]), subscription.event_types.iter().cloned().collect());
        if there != wanted {
            found.push(format!("the queue {} filters for {there:?}, not {wanted:?}", queue.name));
        }
    }
    Ok(found)
}

async fn table_differences(aws: &Aws, names: &Names, table: &Table) -> Result<Vec<String>> {
    let name = names.of(&table.name);
    let described = aws.dynamodb.describe_table().table_name(&name).send().await?;
    let described = described.table.with_context(|| format!("the table {name} has no description"))?;
    let keys = |schema: &[aws_sdk_dynamodb::types::KeySchemaElement]| -> Vec<String> {
        schema.iter().map(|key| key.attribute_name.clone()).collect()
    };
    let wanted_keys = |partition: &String, sort: &Option<String>| -> Vec<String> {
        std::iter::once(partition).chain(sort).cloned().collect()
    };
    let mut there = BTreeMap::from([(String::new(), keys(described.key_schema()))]);
    for index in described.global_secondary_indexes() {
        there.insert(index.index_name().unwrap_or_default().to_owned(), keys(index.key_schema()));
    }
    let mut wanted = BTreeMap::from([(String::new(), wanted_keys(&table.partition_key, &table.sort_key))]);
    for index in &table.indexes {
        wanted.insert(index.name.clone(), wanted_keys(&index.partition_key, &index.sort_key));
    }
    let mut found = Vec::new();
    if there != wanted {
        found.push(format!("the table {name} has the keys {there:?}, not {wanted:?}"));
    }
    let expiry = aws.dynamodb.describe_time_to_live().table_name(&name).send().await?;
    let expiry = expiry.time_to_live_description.and_then(|description| description.attribute_name);
    if expiry != table.ttl_attribute {
        found.push(format!("the table {name} expires by {expiry:?}, not {:?}", table.ttl_attribute));
    }
    Ok(found)
}

async fn bucket_differences(aws: &Aws, names: &Names, bucket: &Bucket) -> Result<Vec<String>> {
    let name = names.of(&bucket.name);
    let mut found = Vec::new();
    if let Some(days) = bucket.expire_after_days {
        // Without any rule S3 answers with an error.
        let lifecycle = aws.s3.get_bucket_lifecycle_configuration().bucket(&name).send().await.ok();
        let rules = lifecycle.iter().flat_map(GetBucketLifecycleConfigurationOutput::rules);
        let mut expiries = rules.filter_map(|rule| rule.expiration()?.days);
        if !expiries.any(|there| i64::from(there) == i64::from(days)) {
            found.push(format!("the bucket {name} does not expire objects after {days} days"));
        }
    }
    // Without any rule S3 answers with an error.
    let cors = aws.s3.get_bucket_cors().bucket(&name).send().await.ok();
    let mut methods =
        cors.iter().flat_map(GetBucketCorsOutput::cors_rules).flat_map(CorsRule::allowed_methods);
    if methods.any(|method| method == "PUT") != bucket.browser_uploads {
        found.push(format!(
            "the bucket {name} is open to browsers, or not, against {}",
            bucket.browser_uploads
        ));
    }
    let told = aws.s3.get_bucket_notification_configuration().bucket(&name).send().await?;
    let there: BTreeSet<String> =
        told.queue_configurations().iter().map(|one| one.queue_arn().to_owned()).collect();
    let arn = |queue: &str| format!("arn:aws:sqs:{}:{}:{}", names.region, names.account_id, names.of(queue));
    let wanted: BTreeSet<String> = bucket.notifications.iter().map(|told| arn(&told.queue)).collect();
    if there != wanted {
        found.push(format!("the bucket {name} tells {there:?}, not {wanted:?}"));
    }
    Ok(found)
}
