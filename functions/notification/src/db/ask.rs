//! What staff and services ask for. The row is written last and once: with it the notification is there, and will be sent.
//! Whoever dies before leaves what a retry of the request goes on with, under the same id.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use cartwright_types::NotificationId;
use chrono::{DateTime, TimeDelta, Utc};

use super::contents::Contents;
use super::due::shard;
use super::item::{Item, expiry, instant, number, parsed, string, text};
use super::{Notifications, StoreError, made};
use crate::domain::{Asked, Status};

/// A request's key is kept for this long.
const KEY_KEPT: TimeDelta = TimeDelta::hours(24);
/// Whoever asks for a message to be sent now tells the queue himself; the sweep sees to what he could not.
const GRACE: TimeDelta = TimeDelta::seconds(30);

/// What identifies a request among its retries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// The caller and the key, hashed.
    pub key: String,
    /// Of method, path and body.
    pub fingerprint: String,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is kept now, as this one.
    Fresh(NotificationId),
    /// It was kept before, as this one.
    Before(NotificationId),
    /// The key was used for another request.
    Reused,
}

impl Notifications {
    /// Keeps a notification to be sent; under the id of an earlier try, if there was one with the same key.
    ///
    /// # Errors
    /// The tables do not answer.
    pub async fn ask(
        &self,
        contents: &Contents,
        mut asked: Asked,
        once: Option<&Once>,
        now: DateTime<Utc>,
    ) -> Result<Kept, StoreError> {
        if let Some(once) = once {
            match self.bind(contents, once, asked.notice.id, now).await? {
                Some(id) => asked.notice.id = id,
                None => return Ok(Kept::Reused),
            }
        }
        let send_at = asked.send_at.unwrap_or(now).max(now);
        self.put(&contents.table, Contents::item(&asked.notice, send_at)).await?;
        let is_new = self.put(&self.table, row(&asked, now)).await?;
        Ok(if is_new { Kept::Fresh(asked.notice.id) } else { Kept::Before(asked.notice.id) })
    }

    /// The id that a key stands for, which is `id` if it stood for none. None: it is another request's.
    async fn bind(
        &self,
        contents: &Contents,
        once: &Once,
        id: NotificationId,
        now: DateTime<Utc>,
    ) -> Result<Option<NotificationId>, StoreError> {
        let request = self
            .client
            .put_item()
            .table_name(&contents.table)
            .set_item(Some(key(once, id, now)))
            .condition_expression("attribute_not_exists(id) OR expires_at <= :now")
            .expression_attribute_values(":now", number(now.timestamp()));
        if made(request.send().await)? {
            return Ok(Some(id));
        }
        let request = self
            .client
            .get_item()
            .table_name(&contents.table)
            .key("id", AttributeValue::S(key_id(once)))
            .consistent_read(true);
        let item = request.send().await.map_err(StoreError::from_sdk)?.item.unwrap_or_default();
        if string(&item, "fingerprint") == Some(once.fingerprint.as_str()) {
            return parsed(&item, "notification_id").map(Some);
        }
        Ok(None)
    }

    /// False: there is one with this id, which stays.
    async fn put(&self, table: &str, item: Item) -> Result<bool, StoreError> {
        let request = self
            .client
            .put_item()
            .table_name(table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(id)");
        made(request.send().await)
    }
}

fn row(asked: &Asked, now: DateTime<Utc>) -> Item {
    let notice = &asked.notice;
    let due_at = asked.send_at.filter(|at| *at > now).unwrap_or(now + GRACE);
    let mut row = HashMap::from([
        ("id".to_owned(), text(notice.id)),
        ("event_id".to_owned(), text(notice.event_id)),
        ("channel".to_owned(), text(notice.channel.as_str())),
        ("kind".to_owned(), text(notice.kind.as_str())),
        ("template".to_owned(), text(notice.template())),
        ("status".to_owned(), text(Status::Queued.as_str())),
        ("attempts".to_owned(), AttributeValue::L(Vec::new())),
        ("created_at".to_owned(), instant(now)),
        ("updated_at".to_owned(), instant(now)),
        ("expires_at".to_owned(), expiry(asked.send_at.unwrap_or(now).max(now))),
        ("version".to_owned(), number(1)),
        ("due".to_owned(), AttributeValue::S(shard(notice.id))),
        ("due_at".to_owned(), instant(due_at)),
    ]);
    let optional = [
        ("user_id", notice.user().map(text)),
        ("order_id", notice.order_id.map(text)),
        ("resend_of", notice.resend_of.map(text)),
        ("send_at", asked.send_at.map(instant)),
    ];
    row.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    row
}

fn key(once: &Once, id: NotificationId, now: DateTime<Utc>) -> Item {
    HashMap::from([
        ("id".to_owned(), AttributeValue::S(key_id(once))),
        ("fingerprint".to_owned(), AttributeValue::S(once.fingerprint.clone())),
        ("notification_id".to_owned(), text(id)),
        ("expires_at".to_owned(), number((now + KEY_KEPT).timestamp())),
    ])
}

/// Beside the contents, whose keys are UUIDs.
fn key_id(once: &Once) -> String {
    format!("request:{}", once.key)
}
