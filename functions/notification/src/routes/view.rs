//! A notification as the API shows it.

use cartwright_types::{NotificationId, OrderId};
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::domain::{Attempt, Notification};

/// `{id, channel, template, status, created_at, updated_at, order_id, attempts}`
#[derive(Debug, Serialize)]
pub(super) struct NotificationView {
    id: NotificationId,
    channel: String,
    template: String,
    status: &'static str,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    order_id: Option<OrderId>,
    attempts: Vec<AttemptView>,
}

/// `{at, outcome, provider, provider_message_id, reason}`
#[derive(Debug, Serialize)]
struct AttemptView {
    at: DateTime<Utc>,
    outcome: &'static str,
    provider: Option<String>,
    provider_message_id: Option<String>,
    reason: Option<String>,
}

impl From<Notification> for NotificationView {
    fn from(row: Notification) -> Self {
        Self {
            id: row.id,
            channel: row.channel,
            template: row.template,
            status: row.status.as_str(),
            created_at: row.created_at,
            updated_at: row.updated_at,
            order_id: row.order_id,
            attempts: row.attempts.into_iter().map(AttemptView::from).collect(),
        }
    }
}

impl From<Attempt> for AttemptView {
    fn from(attempt: Attempt) -> Self {
        Self {
            at: attempt.at,
            outcome: attempt.outcome.as_str(),
            provider: attempt.provider,
            provider_message_id: attempt.provider_message_id,
            reason: attempt.reason,
        }
    }
}
