//! What became of an attempt.

use aws_sdk_dynamodb::types::AttributeValue;
use cartwright_types::NotificationId;
use chrono::{DateTime, Utc};

use super::claim::Lease;
use super::item::{attempt, instant, number, text};
use super::{Notifications, StoreError, made};
use crate::domain::{Attempt, Status};

/// How an attempt leaves its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The provider took it.
    Sent,
    /// To be tried again.
    Queued,
    /// Over, without having been sent.
    Over(Status),
    /// Failed for now: the message goes to the dead-letter queue, and who brings it back may try again.
    DeadLettered,
}

impl Settled {
    /// The row's status.
    #[must_use]
    pub const fn status(self) -> Status {
        match self {
            Self::Sent => Status::Sent,
            Self::Queued => Status::Queued,
            Self::Over(status) => status,
            Self::DeadLettered => Status::Failed,
        }
    }
}

impl Notifications {
    /// Writes how it went and ends the lease. That a message was sent is written whoever holds the row by now, but over nothing
    /// that was told since; anything else only while the lease is one's own. False: the row stands as it stood.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn settle(
        &self,
        lease: &Lease,
        settled: Settled,
        attempts: &[Attempt],
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut change =
            "SET #status = :status, updated_at = :at, attempts = list_append(attempts, :attempts), version = version + :one"
                .to_owned();
        if settled == Settled::DeadLettered {
            change.push_str(", dead_letter = :true");
        }
        let mut request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", text(lease.id()))
            .update_expression(change)
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":status", text(settled.status().as_str()))
            .expression_attribute_values(":sending", text(Status::Sending.as_str()))
            .expression_attribute_values(":at", instant(now))
            .expression_attribute_values(":attempts", list(attempts))
            .expression_attribute_values(":one", number(1));
        if settled == Settled::DeadLettered {
            request = request.expression_attribute_values(":true", AttributeValue::Bool(true));
        }
        request = if settled == Settled::Sent {
            request
                .condition_expression("#status IN (:sending, :queued, :failed)")
                .expression_attribute_values(":queued", text(Status::Queued.as_str()))
                .expression_attribute_values(":failed", text(Status::Failed.as_str()))
        } else {
            request
                .condition_expression("#status = :sending AND lease_until = :until")
                .expression_attribute_values(":until", number(lease.until().timestamp_millis()))
        };
        if made(request.send().await)? {
            return Ok(true);
        }
        if settled == Settled::Sent {
            self.note(lease.id(), attempts, now).await?;
        }
        Ok(false)
    }

    /// Adds attempts to a row that is somebody else's, or stays as it is. False: it is not there.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn note(
        &self,
        id: NotificationId,
        attempts: &[Attempt],
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", text(id))
            .update_expression(
                "SET updated_at = :at, attempts = list_append(attempts, :attempts), version = version + :one",
            )
            .condition_expression("attribute_exists(id)")
            .expression_attribute_values(":at", instant(now))
            .expression_attribute_values(":attempts", list(attempts))
            .expression_attribute_values(":one", number(1));
        made(request.send().await)
    }
}

pub(super) fn list(attempts: &[Attempt]) -> AttributeValue {
    AttributeValue::L(attempts.iter().map(attempt).collect())
}
