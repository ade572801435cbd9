//! The table `notification-suppressions`: who is written to no more.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::ReturnValue;
use cartwright_types::UserId;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::item::{Item, instant, maybe, parsed, string, text};
use super::{StoreError, made};
use crate::domain::{Channel, Suppression, SuppressionReason};

/// The partition of the index that lists all. One is enough: bounces are rare, or marketing stops.
const LISTING: &str = "all";

/// The suppressions.
#[derive(Debug, Clone)]
pub struct Suppressions {
    client: Client,
    table: String,
}

impl Suppressions {
    /// The logical name of the table.
    pub const TABLE: &str = "notification-suppressions";

    /// The table whose real name is `table`.
    #[must_use]
    pub const fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Adds it. One that is there stays as it is: what was first is why. True: it was added.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn add(&self, suppression: &Suppression) -> Result<bool, StoreError> {
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item(suppression)))
            .condition_expression("attribute_not_exists(id)");
        made(request.send().await)
    }

    /// Why an address is suppressed, by [`crate::domain::address_id`].
    ///
    /// # Errors
    /// The table does not answer, or the item cannot be read.
    pub async fn find(&self, id: Uuid) -> Result<Option<Suppression>, StoreError> {
        let request =
            self.client.get_item().table_name(&self.table).key("id", text(id)).consistent_read(true);
        let item = request.send().await.map_err(StoreError::from_sdk)?.item;
        item.as_ref().map(Suppression::try_from).transpose()
    }

    /// Lifts it. False: there was none.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn lift(&self, id: Uuid) -> Result<bool, StoreError> {
        let request = self.client.delete_item().table_name(&self.table).key("id", text(id));
        let answer = request.return_values(ReturnValue::AllOld).send().await.map_err(StoreError::from_sdk)?;
        Ok(answer.attributes.is_some_and(|item| !item.is_empty()))
    }

    /// Up to `most`, newest first, from after `after`. The index is behind the table by moments.
    ///
    /// # Errors
    /// The table does not answer, or an item cannot be read.
    pub async fn list(
        &self,
        channel: Option<Channel>,
        after: Option<&str>,
        most: usize,
    ) -> Result<Vec<Suppression>, StoreError> {
        let (mut rows, mut from): (Vec<Suppression>, Option<Item>) = (Vec::new(), None);
        loop {
            let mut query = self
                .client
                .query()
                .table_name(&self.table)
                .index_name("by_listing")
                .scan_index_forward(false)
                .expression_attribute_values(":all", text(LISTING))
                .set_exclusive_start_key(from.take());
            query = match after {
                Some(after) => query
                    .key_condition_expression("listing = :all AND #position < :after")
                    .expression_attribute_names("#position", "position")
                    .expression_attribute_values(":after", text(after)),
                None => query.key_condition_expression("listing = :all"),
            };
            if let Some(channel) = channel {
                query = query
                    .filter_expression("channel = :channel")
                    .expression_attribute_values(":channel", text(channel.as_str()));
            }
            let answer = query.send().await.map_err(StoreError::from_sdk)?;
            for item in answer.items() {
                rows.push(Suppression::try_from(item)?);
                if rows.len() == most {
                    return Ok(rows);
                }
            }
            match answer.last_evaluated_key {
                Some(key) => from = Some(key),
                None => return Ok(rows),
            }
        }
    }

    /// Those of a user; more than a page of them nobody has.
    ///
    /// # Errors
    /// The table does not answer, or an item cannot be read.
    pub async fn of_user(&self, user: UserId) -> Result<Vec<Suppression>, StoreError> {
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by_user")
            .key_condition_expression("user_id = :user")
            .expression_attribute_values(":user", text(user));
        let answer = request.send().await.map_err(StoreError::from_sdk)?;
        answer.items().iter().map(Suppression::try_from).collect()
    }
}

/// Where it stands in the list: since when, and its id for what happened at the same time.
#[must_use]
pub fn position(created_at: DateTime<Utc>, id: Uuid) -> String {
    format!("{:020}/{id}", created_at.timestamp_micros())
}

fn item(suppression: &Suppression) -> Item {
    let Suppression { id, channel, address, reason, user_id, notification_id, created_at } = suppression;
    let mut item = HashMap::from([
        ("id".to_owned(), text(id)),
        ("listing".to_owned(), text(LISTING)),
        ("position".to_owned(), text(&position(*created_at, *id))),
        ("channel".to_owned(), text(channel.as_str())),
        ("address".to_owned(), text(address)),
        ("reason".to_owned(), text(reason.as_str())),
        ("created_at".to_owned(), instant(*created_at)),
    ]);
    if let Some(user) = user_id {
        item.insert("user_id".to_owned(), text(user));
    }
    if let Some(notification) = notification_id {
        item.insert("notification_id".to_owned(), text(notification));
    }
    item
}

impl TryFrom<&Item> for Suppression {
    type Error = StoreError;

    fn try_from(item: &Item) -> Result<Self, StoreError> {
        let malformed = StoreError::Malformed;
        Ok(Self {
            id: parsed(item, "id")?,
            channel: string(item, "channel").and_then(Channel::parse).ok_or(malformed("channel"))?,
            address: parsed(item, "address")?,
            reason: string(item, "reason").and_then(SuppressionReason::parse).ok_or(malformed("reason"))?,
            user_id: maybe(item, "user_id")?,
            notification_id: maybe(item, "notification_id")?,
            created_at: parsed(item, "created_at")?,
        })
    }
}
