//! A suppression, as it is shown to staff.

use cartwright_types::{NotificationId, UserId};
use cartwright_web::openapi::words;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::{Channel, Suppression, SuppressionReason};

/// An address that is written to no more.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Suppression)]
pub struct SuppressionView {
    id: Uuid,
    #[schema(schema_with = channels)]
    channel: &'static str,
    /// The address.
    #[schema(examples("ada@example.com"))]
    address: String,
    #[schema(schema_with = reasons)]
    reason: &'static str,
    /// Whose it was, if they have an account.
    #[schema(required, value_type = Option<Uuid>)]
    user_id: Option<UserId>,
    /// The notification that showed it.
    #[schema(required, value_type = Option<Uuid>)]
    notification_id: Option<NotificationId>,
    /// Since when.
    created_at: DateTime<Utc>,
}

fn channels() -> utoipa::openapi::Object {
    words("The way that is closed.", &Channel::ALL.map(Channel::as_str))
}

fn reasons() -> utoipa::openapi::Object {
    words("Why.", &SuppressionReason::ALL.map(SuppressionReason::as_str))
}

impl From<Suppression> for SuppressionView {
    fn from(suppression: Suppression) -> Self {
        let Suppression { id, channel, address, reason, user_id, notification_id, created_at } = suppression;
        Self {
            id,
            channel: channel.as_str(),
            address,
            reason: reason.as_str(),
            user_id,
            notification_id,
            created_at,
        }
    }
}
