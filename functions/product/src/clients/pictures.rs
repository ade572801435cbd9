//! Pictures in S3: what staff upload, and what is served.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::RequestChecksumCalculation;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use thiserror::Error;

use crate::domain::picture::{MOST_BYTES, SERVED_AS, UPLOAD_TIME};

/// Whoever has one may keep it: another picture has another key.
const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// Both buckets.
#[derive(Debug, Clone)]
pub struct Pictures {
    client: Client,
    uploads: Arc<str>,
    images: Arc<str>,
}

/// One of the buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// What staff upload.
    Uploads,
    /// What is served.
    Images,
}

/// A request that only has to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// `PUT`
    pub method: String,
    /// With its signature.
    pub url: String,
    /// The headers that are signed, by name; all must be sent as they are.
    pub headers: Vec<(String, String)>,
}

/// What lies at the key of an upload.
pub enum Fetched {
    /// These bytes.
    Bytes(Arc<[u8]>),
    /// More bytes than an upload may have; they were not read.
    TooLarge,
    /// Nothing (any more).
    Gone,
}

/// S3 failed.
#[derive(Debug, Error)]
#[error("S3 failed")]
pub struct PicturesError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl PicturesError {
    fn new(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(error.into())
    }
}

impl Pictures {
    /// Both buckets by their names.
    #[must_use]
    pub fn new(config: &SdkConfig, uploads: &str, images: &str) -> Self {
        let config = aws_sdk_s3::config::Builder::from(config)
            // So that an emulator needs no DNS of its own; S3 takes both.
            .force_path_style(true)
            // A checksum of bytes that are not known yet would be signed into every upload.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .build();
        Self { client: Client::from_conf(config), uploads: uploads.into(), images: images.into() }
    }

    /// A request that uploads exactly `length` bytes of `content_type` to `key`, and nothing else. Makes no call.
    ///
    /// # Errors
    /// There are no credentials to sign with.
    pub async fn sign(&self, key: &str, content_type: &str, length: i64) -> Result<Upload, PicturesError> {
        let time = PresigningConfig::expires_in(UPLOAD_TIME).map_err(PicturesError::new)?;
        let request = self.client.put_object().bucket(&*self.uploads).key(key);
        let request = request.content_type(content_type).content_length(length);
        let signed = request.presigned(time).await.map_err(PicturesError::new)?;
        Ok(Upload {
            method: signed.method().to_owned(),
            url: signed.uri().to_owned(),
            headers: signed.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        })
    }

    /// Reads an upload, if it is not too large to be one.
    ///
    /// # Errors
    /// S3 failed.
    pub async fn fetch(&self, key: &str) -> Result<Fetched, PicturesError> {
        let object = match self.client.get_object().bucket(&*self.uploads).key(key).send().await {
            Ok(object) => object,
            Err(SdkError::ServiceError(error)) if matches!(error.err(), GetObjectError::NoSuchKey(_)) => {
                return Ok(Fetched::Gone);
            }
            Err(error) => return Err(PicturesError::new(error)),
        };
        let most = usize::try_from(MOST_BYTES).unwrap_or(usize::MAX);
        if object.content_length.is_none_or(|length| length > MOST_BYTES) {
            return Ok(Fetched::TooLarge);
        }
        let mut bytes = Vec::new();
        let mut body = object.body;
        while let Some(chunk) = body.next().await {
            bytes.extend_from_slice(&chunk.map_err(PicturesError::new)?);
            if bytes.len() > most {
                return Ok(Fetched::TooLarge);
            }
        }
        Ok(Fetched::Bytes(bytes.into()))
    }

    /// Stores what is served; the same key again overwrites it with the same bytes.
    ///
    /// # Errors
    /// S3 failed.
    pub async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), PicturesError> {
        let request = self.client.put_object().bucket(&*self.images).key(key).body(ByteStream::from(bytes));
        let request = request.content_type(SERVED_AS).cache_control(CACHE_CONTROL);
        request.send().await.map(drop).map_err(PicturesError::new)
    }

    /// Removes an object; one that is not there is fine.
    ///
    /// # Errors
    /// S3 failed.
    pub async fn remove(&self, place: Place, key: &str) -> Result<(), PicturesError> {
        let bucket = match place {
            Place::Uploads => &*self.uploads,
            Place::Images => &*self.images,
        };
        let answer = self.client.delete_object().bucket(bucket).key(key).send().await;
        answer.map(drop).map_err(PicturesError::new)
    }
}
