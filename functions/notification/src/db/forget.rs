//! Taking the provider's names for messages out of a row, and noting that nobody is behind it any more.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};

use super::item::{instant, number, text};
use super::{Notifications, StoreError, made};
use crate::domain::Notification;

impl Notifications {
    /// Removes `provider_message_id` from the attempts of `row`, one by one: others may be added meanwhile. A row that is gone
    /// is as good.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn forget_messages(&self, row: &Notification, now: DateTime<Utc>) -> Result<(), StoreError> {
        let named =
            row.attempts.iter().enumerate().filter(|(_, attempt)| attempt.provider_message_id.is_some());
        let paths: Vec<String> = named.map(|(at, _)| format!("attempts[{at}].provider_message_id")).collect();
        if paths.is_empty() && row.forgotten {
            return Ok(());
        }
        let remove = if paths.is_empty() { String::new() } else { format!(" REMOVE {}", paths.join(", ")) };
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", text(row.id))
            .condition_expression("attribute_exists(id)")
            .update_expression(format!(
                "SET updated_at = :at, forgotten = :true, version = version + :one{remove}"
            ))
            .expression_attribute_values(":at", instant(now))
            .expression_attribute_values(":true", AttributeValue::Bool(true))
            .expression_attribute_values(":one", number(1));
        made(request.send().await).map(drop)
    }
}
