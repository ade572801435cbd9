//! Taking back what was not sent yet.

use aws_sdk_dynamodb::types::AttributeValue;
use cartwright_types::NotificationId;
use chrono::{DateTime, Utc};

use super::item::{instant, number, text};
use super::settle::list;
use super::{Notifications, StoreError, made};
use crate::domain::{Attempt, Outcome, Status};

impl Notifications {
    /// Makes a row `cancelled` that waits to be sent, in a queue or among the dead letters. False: it is not there, being sent,
    /// or past that.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn cancel(
        &self,
        id: NotificationId,
        reason: &'static str,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let attempt = Attempt {
            at: now,
            outcome: Outcome::Cancelled,
            provider: None,
            provider_message_id: None,
            reason: Some(reason.to_owned()),
        };
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", text(id))
            .condition_expression("#status = :queued OR (#status = :failed AND dead_letter = :true)")
            .update_expression(
                "SET #status = :cancelled, updated_at = :at, attempts = list_append(attempts, :attempts), \
                version = version + :one REMOVE due, due_at, dead_letter",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":queued", text(Status::Queued.as_str()))
            .expression_attribute_values(":failed", text(Status::Failed.as_str()))
            .expression_attribute_values(":cancelled", text(Status::Cancelled.as_str()))
            .expression_attribute_values(":true", AttributeValue::Bool(true))
            .expression_attribute_values(":at", instant(now))
            .expression_attribute_values(":attempts", list(&[attempt]))
            .expression_attribute_values(":one", number(1));
        made(request.send().await)
    }
}
