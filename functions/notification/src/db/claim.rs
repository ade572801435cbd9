//! Who may send: a conditional write, so that of all who try at once one wins.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use cartwright_types::NotificationId;
use chrono::{DateTime, TimeDelta, Utc};

use super::item::{expiry, instant, lease_until, number, string, text};
use super::{Notifications, StoreError};
use crate::domain::{Notice, Status};

/// The right to send, for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    id: NotificationId,
    until: DateTime<Utc>,
    interrupted: Option<DateTime<Utc>>,
    first: bool,
}

/// What came of an attempt to claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Send now.
    Won(Lease),
    /// There is nothing left to do.
    Done,
    /// Another worker is at it, or died at it, until then.
    Busy(DateTime<Utc>),
}

/// Nobody has it, somebody gave it back, it was brought back from the dead letters, or whoever had it is taken for dead.
const FREE: &str = "attribute_not_exists(id) OR #status = :queued OR (#status = :failed AND dead_letter = :true) \
    OR (#status = :sending AND lease_until < :now)";
const TAKE: &str = "SET #status = :sending, lease_until = :until, updated_at = :at, \
    created_at = if_not_exists(created_at, :at), channel = :channel, kind = :kind, #template = :template, \
    event_id = :event_id, attempts = if_not_exists(attempts, :none), expires_at = if_not_exists(expires_at, :expires_at), \
    version = if_not_exists(version, :zero) + :one";

impl Notifications {
    /// Makes the row `sending`, or says why not.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn claim(
        &self,
        notice: &Notice,
        now: DateTime<Utc>,
        lease: Duration,
    ) -> Result<Claim, StoreError> {
        let until = now + TimeDelta::from_std(lease).unwrap_or(TimeDelta::MAX);
        let mut take = TAKE.to_owned();
        if notice.user().is_some() {
            take.push_str(", user_id = :user_id");
        }
        if notice.order_id.is_some() {
            take.push_str(", order_id = :order_id");
        }
        take.push_str(" REMOVE dead_letter, due, due_at");
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", text(notice.id))
            .condition_expression(FREE)
            .update_expression(take)
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#template", "template")
            .expression_attribute_values(":queued", text(Status::Queued.as_str()))
            .expression_attribute_values(":sending", text(Status::Sending.as_str()))
            .expression_attribute_values(":failed", text(Status::Failed.as_str()))
            .expression_attribute_values(":true", AttributeValue::Bool(true))
            .expression_attribute_values(":now", number(now.timestamp_millis()))
            .expression_attribute_values(":until", number(until.timestamp_millis()))
            .expression_attribute_values(":at", instant(now))
            .expression_attribute_values(":channel", text(notice.channel.as_str()))
            .expression_attribute_values(":kind", text(notice.kind.as_str()))
            .expression_attribute_values(":template", text(notice.template()))
            .expression_attribute_values(":event_id", text(notice.event_id))
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":expires_at", expiry(now))
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::AllOld);
        let request = match notice.user() {
            Some(user) => request.expression_attribute_values(":user_id", text(user)),
            None => request,
        };
        let request = match notice.order_id {
            Some(order) => request.expression_attribute_values(":order_id", text(order)),
            None => request,
        };
        match request.send().await {
            Ok(answer) => {
                let before = answer.attributes.unwrap_or_default();
                let was_sending = string(&before, "status") == Some(Status::Sending.as_str());
                let interrupted = was_sending.then(|| lease_until(&before)).transpose()?;
                let first = before.is_empty();
                Ok(Claim::Won(Lease { id: notice.id, until, interrupted, first }))
            }
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                self.why_not(notice.id, now).await
            }
            Err(error) => Err(StoreError::from_sdk(error)),
        }
    }

    async fn why_not(&self, id: NotificationId, now: DateTime<Utc>) -> Result<Claim, StoreError> {
        let request =
            self.client.get_item().table_name(&self.table).key("id", text(id)).consistent_read(true);
        let item = request.send().await.map_err(StoreError::from_sdk)?.item.unwrap_or_default();
        match string(&item, "status").and_then(Status::parse) {
            Some(status) if status.is_final() => Ok(Claim::Done),
            Some(Status::Sending) => Ok(Claim::Busy(lease_until(&item)?)),
            // It was given back since: free again, so ask again soon.
            _ => Ok(Claim::Busy(now)),
        }
    }
}

impl Lease {
    /// The row.
    #[must_use]
    pub const fn id(&self) -> NotificationId {
        self.id
    }

    /// When the lease of another ended that was not heard of again: its message may have gone out.
    #[must_use]
    pub const fn interrupted(&self) -> Option<DateTime<Utc>> {
        self.interrupted
    }

    /// When it ends.
    #[must_use]
    pub const fn until(&self) -> DateTime<Utc> {
        self.until
    }

    /// Whether there was no row before.
    #[must_use]
    pub const fn is_first(&self) -> bool {
        self.first
    }
}
