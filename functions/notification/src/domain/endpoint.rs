//! Where a push message goes.

use uuid::Uuid;

/// A device that somebody has registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The device's id at the shop.
    pub device_id: Uuid,
    /// `fcm` or `apns`.
    pub platform: String,
    /// The SNS platform endpoint made of its token.
    pub arn: String,
}
