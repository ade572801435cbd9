//! A device that is sent push messages.

use cartwright_types::UserId;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::suppression::hashed_id;

/// Whose service reaches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// Firebase Cloud Messaging.
    Fcm,
    /// Apple Push Notification service.
    Apns,
}

impl Platform {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Fcm, Self::Apns];

    /// The word in rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fcm => "fcm",
            Self::Apns => "apns",
        }
    }

    /// The platform a word names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|platform| platform.as_str() == text)
    }
}

/// A device, without its token, which only SNS holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// See [`device_id`].
    pub id: Uuid,
    /// Whose.
    pub user_id: UserId,
    /// How it is reached.
    pub platform: Platform,
    /// Its SNS endpoint.
    pub endpoint_arn: String,
    /// When its user registered it.
    pub created_at: DateTime<Utc>,
}

/// The id of the device that has this token: whoever registers it again, or somebody else on the same device, meets the same
/// row. A UUID of version 8.
#[must_use]
pub fn device_id(platform: Platform, token: &str) -> Uuid {
    hashed_id(&[b"device", platform.as_str().as_bytes(), token.as_bytes()])
}
