//! A device, as it is shown; its token is not.

use cartwright_web::openapi::words;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::{Device, Platform};

/// A device.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Device)]
pub struct DeviceView {
    id: Uuid,
    #[schema(schema_with = platforms)]
    platform: &'static str,
    /// When it was last registered.
    created_at: DateTime<Utc>,
}

/// Whose service reaches it.
pub fn platforms() -> utoipa::openapi::Object {
    words("Whose service reaches it.", &Platform::ALL.map(Platform::as_str))
}

impl From<Device> for DeviceView {
    fn from(device: Device) -> Self {
        Self { id: device.id, platform: device.platform.as_str(), created_at: device.created_at }
    }
}
