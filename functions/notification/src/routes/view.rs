//! A notification as the API shows it.

use cartwright_types::{NotificationId, OrderId};
use cartwright_web::openapi::words;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{Attempt, Channel, Happened, Kind, Notification, Outcome, Status, Told};

/// That something was said, when, and how it went.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Notification)]
pub(super) struct NotificationView {
    #[schema(value_type = Uuid)]
    id: NotificationId,
    #[schema(schema_with = channels)]
    channel: &'static str,
    #[schema(schema_with = kinds)]
    kind: &'static str,
    /// A template's key; `none` for a text of its own.
    #[schema(examples("order_confirmation"))]
    template: String,
    #[schema(schema_with = statuses)]
    status: &'static str,
    /// When it is to be sent; null: as soon as may be.
    #[schema(required)]
    send_at: Option<DateTime<Utc>>,
    /// The notification that it repeats.
    #[schema(required, value_type = Option<Uuid>)]
    resend_of: Option<NotificationId>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    /// The order it is about.
    #[schema(required, value_type = Option<Uuid>)]
    order_id: Option<OrderId>,
    /// Oldest first.
    attempts: Vec<AttemptView>,
    /// What the provider told since, in the order it came.
    events: Vec<EventView>,
}

/// What a provider told.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderEvent)]
struct EventView {
    /// When it happened.
    at: DateTime<Utc>,
    #[schema(schema_with = happenings)]
    event: &'static str,
    /// Who says so.
    #[schema(examples("ses"))]
    provider: String,
    /// A code, such as `Permanent/General`.
    #[schema(required)]
    reason: Option<String>,
}

/// One try to send.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attempt)]
struct AttemptView {
    /// When it ended.
    at: DateTime<Utc>,
    #[schema(schema_with = outcomes)]
    outcome: &'static str,
    /// Who was asked to send; null when nobody was.
    #[schema(required, examples("ses"))]
    provider: Option<String>,
    /// The provider's name for the message.
    #[schema(required)]
    provider_message_id: Option<String>,
    /// A code, such as `MessageRejected`.
    #[schema(required)]
    reason: Option<String>,
}

fn channels() -> utoipa::openapi::Object {
    words("The way it goes.", &Channel::ALL.map(Channel::as_str))
}

fn kinds() -> utoipa::openapi::Object {
    words("Whether it belongs to something its reader does, or is to sell.", &Kind::ALL.map(Kind::as_str))
}

fn statuses() -> utoipa::openapi::Object {
    words("Where it stands.", &Status::ALL.map(Status::as_str))
}

fn happenings() -> utoipa::openapi::Object {
    words("What happened.", &Happened::ALL.map(Happened::as_str))
}

fn outcomes() -> utoipa::openapi::Object {
    words("How it went.", &Outcome::ALL.map(Outcome::as_str))
}

impl From<Notification> for NotificationView {
    fn from(row: Notification) -> Self {
        Self {
            id: row.id,
            channel: row.channel.as_str(),
            kind: row.kind.as_str(),
            template: row.template,
            status: row.status.as_str(),
            send_at: row.send_at,
            resend_of: row.resend_of,
            created_at: row.created_at,
            updated_at: row.updated_at,
            order_id: row.order_id,
            attempts: row.attempts.into_iter().map(AttemptView::from).collect(),
            events: row.events.into_iter().map(EventView::from).collect(),
        }
    }
}

impl From<Told> for EventView {
    fn from(told: Told) -> Self {
        let Told { at, happened, provider, reason } = told;
        Self { at, event: happened.as_str(), provider, reason }
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
