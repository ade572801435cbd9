//! The files that go with mails, from the shop's own buckets.

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::DisplayErrorContext;
use thiserror::Error;

use crate::domain::Shelf;

/// What all files of one mail may hold. SES takes 40 MB in all, base64 included; what most receivers take is 25 MB.
pub const LARGEST: usize = 10 * 1024 * 1024;

/// Reads the buckets.
#[derive(Debug, Clone)]
pub struct Attachments {
    client: Client,
    prefix: String,
}

/// Why there is no file.
#[derive(Debug, Error)]
pub enum AttachmentError {
    /// S3 did not give it; whoever named it says it is there, so it is asked again.
    #[error("the attachment could not be read: {0}")]
    Unavailable(String),
    /// No mail can carry it.
    #[error("the attachments are larger than a mail can carry")]
    TooLarge,
    /// It is not where files to be sent lie.
    #[error("the attachment is not where files to be sent lie")]
    NotOurs,
}

impl Attachments {
    /// The buckets whose names begin with `prefix` (`RESOURCE_PREFIX`); path-style when there is an emulator.
    #[must_use]
    pub fn new(config: &SdkConfig, prefix: String) -> Self {
        let path_style = config.endpoint_url().is_some();
        let config = aws_sdk_s3::config::Builder::from(config).force_path_style(path_style).build();
        Self { client: Client::from_conf(config), prefix }
    }

    /// The file at `key`, read piece by piece: no more of it is ever held than `room`, whatever S3 says of its length.
    ///
    /// # Errors
    /// See [`AttachmentError`].
    pub async fn get(&self, key: &str, room: usize) -> Result<Vec<u8>, AttachmentError> {
        let place = Shelf::of(key).ok_or(AttachmentError::NotOurs)?;
        let bucket = format!("{}{}", self.prefix, place.bucket());
        let request = self.client.get_object().bucket(bucket).key(key);
        let object = request.send().await.map_err(|error| unavailable(&error))?;
        let length = usize::try_from(object.content_length().unwrap_or_default()).unwrap_or_default();
        if length > room {
            return Err(AttachmentError::TooLarge);
        }
        let mut content = Vec::with_capacity(length);
        let mut body = object.body;
        while let Some(chunk) = body.try_next().await.map_err(|error| unavailable(&error))? {
            if content.len() + chunk.len() > room {
                return Err(AttachmentError::TooLarge);
            }
            content.extend_from_slice(&chunk);
        }
        Ok(content)
    }
}

fn unavailable(error: &(impl std::error::Error + 'static)) -> AttachmentError {
    AttachmentError::Unavailable(DisplayErrorContext(error).to_string())
}

/// What a mail says a file is, by its name's end.
#[must_use]
pub fn content_type(filename: &str) -> &'static str {
    match filename.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).as_deref() {
        Some("pdf") => "application/pdf",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("txt") => "text/plain; charset=utf-8",
        Some("csv") => "text/csv; charset=utf-8",
        Some("ics") => "text/calendar; charset=utf-8",
        _ => "application/octet-stream",
    }
}
