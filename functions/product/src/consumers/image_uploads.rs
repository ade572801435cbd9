//! The queue `image-uploads`: what S3 says about the bucket `uploads`.

use async_trait::async_trait;
use cartwright_messaging::{HandlerError, Message, MessageHandler};
use serde::Deserialize;

use crate::domain::picture::uploaded;
use crate::usecases::images::{Reception, receive};

/// The queue's logical name.
pub const QUEUE: &str = "image-uploads";

/// Handles what the queue brings.
pub struct ImageUploads {
    reception: Reception,
}

impl ImageUploads {
    /// A handler.
    #[must_use]
    pub fn new(reception: Reception) -> Self {
        Self { reception }
    }
}

/// An S3 event (Amazon S3 User Guide, "Event message structure"), as far as it is looked at.
#[derive(Deserialize)]
struct S3Event {
    #[serde(rename = "Records", default)]
    records: Vec<Record>,
    /// Only in the one that S3 sends when notifications are set up.
    #[serde(rename = "Event")]
    event: Option<String>,
}

#[derive(Deserialize)]
struct Record {
    s3: Place,
}

#[derive(Deserialize)]
struct Place {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    /// Percent-encoded; those of uploads have nothing to encode but a slash, perhaps.
    key: String,
}

#[async_trait]
impl MessageHandler for ImageUploads {
    async fn handle(&self, message: &Message) -> Result<(), HandlerError> {
        let event: S3Event = serde_json::from_str(&message.body).map_err(HandlerError::rejected)?;
        if event.event.as_deref() == Some("s3:TestEvent") {
            return Ok(());
        }
        if event.records.is_empty() {
            return Err(HandlerError::rejected("an S3 event without records"));
        }
        for record in event.records {
            let key = record.s3.object.key.replace("%2F", "/");
            if let Some(id) = uploaded(&key) {
                Box::pin(receive(&self.reception, id)).await.map_err(HandlerError::retry)?;
            } else {
                // Nobody can sign for such a key but us, and we do not.
                tracing::warn!(key, "an object that is no upload of ours");
            }
        }
        Ok(())
    }
}
