//! S3 buckets.

use anyhow::{Context as _, Result};
use aws_sdk_s3::operation::create_bucket::CreateBucketError;
use cartwright_contracts::{Bucket, Names};
use serde_json::json;

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
    Ok(())
}
