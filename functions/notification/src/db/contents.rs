//! The table `notification-contents`: what a notification says, apart from its row, so that it can be sent later or again. It
//! goes after a month, or with its reader's account; what holds a token is never here.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use cartwright_types::NotificationId;
use chrono::{DateTime, TimeDelta, Utc};

use super::StoreError;
use super::item::{Item, number, string, text};
use crate::domain::Notice;

/// Contents go after this many days.
const KEPT_DAYS: i64 = 30;

/// The contents.
#[derive(Debug, Clone)]
pub struct Contents {
    client: Client,
    pub(super) table: String,
}

impl Contents {
    /// The logical name of the table.
    pub const TABLE: &str = "notification-contents";

    /// The table whose real name is `table`.
    #[must_use]
    pub const fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Keeps what a notice says.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn keep(&self, notice: &Notice, now: DateTime<Utc>) -> Result<(), StoreError> {
        let item = Self::item(notice, now);
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        request.send().await.map(drop).map_err(StoreError::from_sdk)
    }

    /// What the notification says; None when it is not known any more.
    ///
    /// # Errors
    /// The table does not answer, or the item cannot be read.
    pub async fn find(&self, id: NotificationId) -> Result<Option<Notice>, StoreError> {
        let request =
            self.client.get_item().table_name(&self.table).key("id", text(id)).consistent_read(true);
        let item = request.send().await.map_err(StoreError::from_sdk)?.item;
        let Some(item) = item else { return Ok(None) };
        let content = string(&item, "content").ok_or(StoreError::Malformed("content"))?;
        serde_json::from_str(content).map(Some).map_err(|_| StoreError::Malformed("content"))
    }

    /// Removes it. One that is not there is as good.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn remove(&self, id: NotificationId) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.table).key("id", text(id));
        request.send().await.map(drop).map_err(StoreError::from_sdk)
    }

    /// Kept for a month from `from`, which is when it is sent.
    pub(super) fn item(notice: &Notice, from: DateTime<Utc>) -> Item {
        // Text, numbers and ids only: that always makes JSON.
        let content = serde_json::to_string(notice).unwrap_or_default();
        HashMap::from([
            ("id".to_owned(), text(notice.id)),
            ("content".to_owned(), AttributeValue::S(content)),
            ("expires_at".to_owned(), number((from + TimeDelta::days(KEPT_DAYS)).timestamp())),
        ])
    }
}
