//! S3 buckets.

use anyhow::{Context as _, Result};
use aws_sdk_s3::operation::create_bucket::CreateBucketError;
use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, CorsConfiguration, CorsRule, ExpirationStatus, FilterRule, FilterRuleName,
    LifecycleExpiration, LifecycleRule, LifecycleRuleFilter, NotificationConfiguration,
    NotificationConfigurationFilter, QueueConfiguration, S3KeyFilter,
};
use cartwright_contracts::{Bucket, Names};
use serde_json::json;

use super::queues;
use crate::aws::Aws;

pub(super) async fn bucket(aws: &Aws, names: &Names, bucket: &Bucket) -> Result<()> {
    let name = names.of(&bucket.name);
    match aws.s3.create_bucket().bucket(&name).send().await {
        Ok(_) => {}
        Err(error)
            if error.as_service_error().is_some_and(CreateBucketError::is_bucket_already_owned_by_you) => {}
        Err(error) => return Err(error).with_context(|| format!("making the bucket {name}")),
    }
    if bucket.public_read {
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": format!("arn:aws:s3:::{name}/*"),
            }],
        });
        let request = aws.s3.put_bucket_policy().bucket(&name).policy(policy.to_string());
        request.send().await.with_context(|| format!("opening the bucket {name} for reading"))?;
    }
    if let Some(days) = bucket.expire_after_days {
        expire(aws, &name, days).await.with_context(|| format!("the expiry of the bucket {name}"))?;
    }
    if bucket.browser_uploads {
        open_to_browsers(aws, &name)
            .await
            .with_context(|| format!("opening the bucket {name} to browsers"))?;
    }
    if !bucket.notifications.is_empty() {
        notify(aws, names, &name, bucket).await.with_context(|| format!("what the bucket {name} tells"))?;
    }
    Ok(())
}

async fn expire(aws: &Aws, name: &str, days: u32) -> Result<()> {
    let expiration = LifecycleExpiration::builder().days(days.try_into()?).build();
    let rule = LifecycleRule::builder()
        .id("expire")
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix("").build())
        .expiration(expiration)
        .build()?;
    let lifecycle = BucketLifecycleConfiguration::builder().rules(rule).build()?;
    let request = aws.s3.put_bucket_lifecycle_configuration().bucket(name);
    request.lifecycle_configuration(lifecycle).send().await?;
    Ok(())
}

/// On a developer's machine a page comes from any port.
async fn open_to_browsers(aws: &Aws, name: &str) -> Result<()> {
    let rule =
        CorsRule::builder().allowed_methods("PUT").allowed_origins("*").allowed_headers("content-type");
    let cors = CorsConfiguration::builder().cors_rules(rule.build()?).build()?;
    aws.s3.put_bucket_cors().bucket(name).cors_configuration(cors).send().await?;
    Ok(())
}

async fn notify(aws: &Aws, names: &Names, name: &str, bucket: &Bucket) -> Result<()> {
    let mut all = NotificationConfiguration::builder();
    for told in &bucket.notifications {
        let queue = queues::arn(names, &names.of(&told.queue));
        let mut one = QueueConfiguration::builder().queue_arn(queue);
        for event in &told.events {
            one = one.events(event.as_str().into());
        }
        if let Some(prefix) = &told.prefix {
            let rule = FilterRule::builder().name(FilterRuleName::Prefix).value(prefix).build();
            let keys = S3KeyFilter::builder().filter_rules(rule).build();
            one = one.filter(NotificationConfigurationFilter::builder().key(keys).build());
        }
        all = all.queue_configurations(one.build()?);
    }
    let request = aws.s3.put_bucket_notification_configuration().bucket(name);
    request.notification_configuration(all.build()).send().await?;
    Ok(())
}
