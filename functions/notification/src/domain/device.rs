//! A device that is sent push messages.

use std::cmp::Reverse;

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
    /// Whether Google or Apple knows its token no more.
    pub is_spent: bool,
}

/// So many devices of one person are told; whoever has more has let go of the older ones.
const MOST: usize = 20;

/// Those of somebody's devices that are sent push messages, the newest first.
#[must_use]
pub fn reachable(mut devices: Vec<Device>) -> Vec<Device> {
    devices.retain(|device| !device.is_spent);
    devices.sort_by_key(|device| Reverse(device.created_at));
    devices.truncate(MOST);
    devices
}

/// The id of the device that has this token: whoever registers it again, or somebody else on the same device, meets the same
/// row. A UUID of version 8.
#[must_use]
pub fn device_id(platform: Platform, token: &str) -> Uuid {
    hashed_id(&[b"device", platform.as_str().as_bytes(), token.as_bytes()])
}

#[cfg(test)]
mod tests {
    use cartwright_types::{Clock as _, SystemClock};
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn the_newest_are_told_and_the_spent_take_nobodys_place() {
        let user_id = UserId::new(&SystemClock);
        let device = |number: i64| Device {
            id: device_id(Platform::Fcm, &number.to_string()),
            user_id,
            platform: Platform::Fcm,
            endpoint_arn: number.to_string(),
            created_at: SystemClock.now() + TimeDelta::seconds(number),
            is_spent: number >= 25,
        };
        let told: Vec<String> =
            reachable((0..50).map(device).collect()).into_iter().map(|device| device.endpoint_arn).collect();
        let newest: Vec<String> = (5..25).rev().map(|number: i64| number.to_string()).collect();
        assert_eq!(told, newest);
    }
}
