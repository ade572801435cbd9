//! Invoices in S3.

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use thiserror::Error;

/// The `invoices` bucket.
pub struct InvoiceStore {
    client: Client,
    bucket: String,
}

/// S3 failed.
#[derive(Debug, Error)]
#[error("S3 failed")]
pub struct StorageError(#[source] Box<aws_sdk_s3::Error>);

impl InvoiceStore {
    /// The store.
    #[must_use]
    pub fn new(config: &SdkConfig, bucket: String) -> Self {
        // Path-style, so that an emulator needs no DNS of its own; S3 takes both.
        let config = aws_sdk_s3::config::Builder::from(config).force_path_style(true).build();
        Self { client: Client::from_conf(config), bucket }
    }

    /// Stores a PDF; the same key again overwrites it with the same bytes.
    ///
    /// # Errors
    /// S3 failed.
    pub async fn put(&self, key: &str, pdf: Vec<u8>) -> Result<(), StorageError> {
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .content_type("application/pdf")
            .body(ByteStream::from(pdf))
            .send()
            .await
            .map(drop)
            .map_err(|error| StorageError(Box::new(error.into())))
    }

    /// Reads a PDF.
    ///
    /// # Errors
    /// S3 failed.
    pub async fn get(&self, key: &str) -> Result<Vec<u8>, StorageError> {
        let object = self.client.get_object().bucket(&self.bucket).key(key).send().await;
        let object = object.map_err(|error| StorageError(Box::new(error.into())))?;
        let body = object.body.collect().await;
        body.map(|body| body.into_bytes().to_vec())
            .map_err(|error| StorageError(Box::new(aws_sdk_s3::error::SdkError::<aws_sdk_s3::operation::get_object::GetObjectError>::construction_failure(error).into())))
    }
}
