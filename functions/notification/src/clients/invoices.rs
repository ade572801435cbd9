//! The PDFs that the order service puts into the bucket `invoices`.

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::DisplayErrorContext;
use thiserror::Error;

/// SES takes 40 MB in all, base64 included; an invoice is far below this.
const LARGEST: i64 = 10 * 1024 * 1024;

/// Reads the bucket.
#[derive(Debug, Clone)]
pub struct Invoices {
    client: Client,
    bucket: String,
}

/// Why there is no file.
#[derive(Debug, Error)]
pub enum InvoiceError {
    /// S3 did not give it; the event says it is there, so it is asked again.
    #[error("the invoice could not be read: {0}")]
    Unavailable(String),
    /// No mail can carry it.
    #[error("the invoice is larger than a mail can carry")]
    TooLarge,
}

impl Invoices {
    /// The bucket whose real name is `bucket`; path-style when there is an emulator.
    #[must_use]
    pub fn new(config: &SdkConfig, bucket: String) -> Self {
        let path_style = config.endpoint_url().is_some();
        let config = aws_sdk_s3::config::Builder::from(config).force_path_style(path_style).build();
        Self { client: Client::from_conf(config), bucket }
    }

    /// The file at `key`.
    ///
    /// # Errors
    /// See [`InvoiceError`].
    pub async fn get(&self, key: &str) -> Result<Vec<u8>, InvoiceError> {
        let request = self.client.get_object().bucket(&self.bucket).key(key);
        let answer = request.send().await.map_err(|error| unavailable(&error))?;
        if answer.content_length().is_some_and(|length| length > LARGEST) {
            return Err(InvoiceError::TooLarge);
        }
        Ok(answer.body.collect().await.map_err(|error| unavailable(&error))?.to_vec())
    }
}

fn unavailable(error: &(impl std::error::Error + 'static)) -> InvoiceError {
    InvoiceError::Unavailable(DisplayErrorContext(error).to_string())
}
