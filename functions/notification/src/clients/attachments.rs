//! Attachments from S3.

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::GetObjectError;

use crate::Failure;

/// The `invoices` bucket.
pub struct Attachments {
    client: Client,
    bucket: String,
}

impl Attachments {
    /// The bucket.
    #[must_use]
    pub fn new(config: &SdkConfig, bucket: String) -> Self {
        // Path-style, so that an emulator needs no DNS of its own; S3 takes both.
        let config = aws_sdk_s3::config::Builder::from(config).force_path_style(true).build();
        Self { client: Client::from_conf(config), bucket }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// S3 failed.
    pub async fn get(&self, key: &str) -> Result<Vec<u8>, Failure> {
        let failed = |error: SdkError<GetObjectError>| Failure::Attachment(Box::new(error.into()));
        let object = self.client.get_object().bucket(&self.bucket).key(key).send().await.map_err(failed)?;
        let body = object.body.collect().await;
        body.map(|body| body.into_bytes().to_vec()).map_err(|error| failed(SdkError::construction_failure(error)))
    }
}
