//! What is to be sent and not in a queue yet: rows with a `due_at`, in a sparse index.

use aws_sdk_dynamodb::types::AttributeValue;
use cartwright_types::NotificationId;
use chrono::{DateTime, TimeDelta, Utc};

use super::item::{instant, parsed, string, text};
use super::{Notifications, StoreError, made};
use crate::domain::Kind;

/// Parts of the index: each takes what one partition of DynamoDB does, a thousand writes a second.
const SHARDS: u8 = 4;
/// Rows read at once.
const PAGE: i32 = 100;
/// Whoever takes a row that is due has this long to tell its queue.
const TAKEN: TimeDelta = TimeDelta::minutes(1);

/// A row that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Which.
    pub id: NotificationId,
    /// Its queue.
    pub kind: Kind,
    at: DateTime<Utc>,
}

/// The part of the index that a row is in.
pub(super) fn shard(id: NotificationId) -> String {
    (id.uuid().as_bytes()[15] % SHARDS).to_string()
}

impl Notifications {
    /// The names of the parts of the index.
    pub fn shards() -> impl Iterator<Item = String> {
        (0..SHARDS).map(|shard| shard.to_string())
    }

    /// Rows of a part of the index that are due, the longest due first.
    ///
    /// # Errors
    /// The table does not answer, or a row cannot be read.
    pub async fn due(&self, shard: &str, now: DateTime<Utc>) -> Result<Vec<Due>, StoreError> {
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by_due")
            .key_condition_expression("due = :shard AND due_at <= :now")
            .expression_attribute_values(":shard", AttributeValue::S(shard.to_owned()))
            .expression_attribute_values(":now", instant(now))
            .limit(PAGE);
        let answer = request.send().await.map_err(StoreError::from_sdk)?;
        let read = |item| {
            let kind = string(item, "kind").and_then(Kind::parse).unwrap_or_default();
            Ok(Due { id: parsed(item, "id")?, kind, at: parsed(item, "due_at")? })
        };
        answer.items().iter().map(read).collect()
    }

    /// Takes a row that is due, so that others leave it alone for a minute. False: another did, or it is due no more.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn take_due(&self, due: &Due, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", text(due.id))
            .condition_expression("due_at = :seen")
            .update_expression("SET due_at = :later")
            .expression_attribute_values(":seen", instant(due.at))
            .expression_attribute_values(":later", instant(now + TAKEN));
        made(request.send().await)
    }

    /// Its queue was told.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn told(&self, id: NotificationId) -> Result<(), StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", text(id))
            .condition_expression("attribute_exists(due)")
            .update_expression("REMOVE due, due_at");
        made(request.send().await).map(drop)
    }
}
