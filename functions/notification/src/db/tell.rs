//! What providers tell of a message, written into its row.

use std::fmt::Write as _;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use cartwright_types::NotificationId;
use chrono::{DateTime, Utc};

use super::item::{instant, number, text, told as written};
use super::{Notifications, StoreError, made};
use crate::domain::{Status, Told, below};

impl Notifications {
    /// Adds what was told to the row's history, and moves its status up if that is of a higher rank; never back. What `key`
    /// names is added once. True: it was new.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn tell(
        &self,
        id: NotificationId,
        key: &str,
        told: &Told,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        if let Some(status) = told.happened.status()
            && self.write(id, key, told, Some(status), now).await?
        {
            return Ok(true);
        }
        self.write(id, key, told, None, now).await
    }

    async fn write(
        &self,
        id: NotificationId,
        key: &str,
        told: &Told,
        status: Option<Status>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut change =
            "SET events = list_append(if_not_exists(events, :none), :event), updated_at = :at, version = version + :one"
                .to_owned();
        let mut condition = "attribute_exists(id) AND NOT contains(told, :key)".to_owned();
        let mut request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", text(id))
            .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
            .expression_attribute_values(":event", AttributeValue::L(vec![written(told)]))
            .expression_attribute_values(":at", instant(now))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":key", text(key))
            .expression_attribute_values(":keys", AttributeValue::Ss(vec![key.to_owned()]))
            .return_values(ReturnValue::None);
        if let Some(status) = status {
            change.push_str(", #status = :status");
            let mut lower = Vec::new();
            for (at, low) in below(status).enumerate() {
                lower.push(format!(":low{at}"));
                request = request.expression_attribute_values(format!(":low{at}"), text(low.as_str()));
            }
            let _ = write!(condition, " AND #status IN ({})", lower.join(", "));
            request = request
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":status", text(status.as_str()));
        }
        change.push_str(" ADD told :keys");
        made(request.update_expression(change).condition_expression(condition).send().await)
    }

    /// Whether the row has been told this before; None: there is no row.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn was_told(&self, id: NotificationId, key: &str) -> Result<Option<bool>, StoreError> {
        let request =
            self.client.get_item().table_name(&self.table).key("id", text(id)).consistent_read(true);
        let item = request.send().await.map_err(StoreError::from_sdk)?.item;
        Ok(item.map(|item| {
            let keys = item.get("told").and_then(|value| value.as_ss().ok());
            keys.is_some_and(|keys| keys.iter().any(|known| known == key))
        }))
    }
}
