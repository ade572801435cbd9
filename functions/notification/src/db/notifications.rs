//! The `notifications` table.

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use cartwright_types::{NotificationId, UserId};
use chrono::{DateTime, Utc};
use thiserror::Error;
use uuid::Uuid;

use crate::domain::notification::{Attempt, Notification, Status};

/// The table failed, or holds what no version of this program writes.
#[derive(Debug, Error)]
pub enum StoreError {
    /// DynamoDB failed.
    #[error("DynamoDB failed")]
    Dynamo(#[source] Box<aws_sdk_dynamodb::Error>),
    /// A row cannot be read.
    #[error("a stored notification cannot be read")]
    Malformed,
}

/// What a claim found.
#[derive(Debug, PartialEq, Eq)]
pub enum Claim {
    /// The row is ours until the lease ends.
    Taken,
    /// Somebody else's lease lives for so many seconds more.
    Held(i64),
    /// Nothing is left to do.
    Done,
}

/// A new row.
#[derive(Debug, Clone)]
pub struct NewNotification {
    /// Derived from the event.
    pub id: NotificationId,
    /// The recipient.
    pub user_id: UserId,
    /// Which text.
    pub template: &'static str,
    /// The event or command.
    pub event_id: Uuid,
    /// What it is about.
    pub order_id: Option<Uuid>,
}

/// The table.
pub struct Notifications {
    client: Client,
    table: String,
}

type Item = HashMap<String, AttributeValue>;

/// History is kept for so many days.
const KEPT_DAYS: i64 = 730;

impl Notifications {
    /// The table.
    #[must_use]
    pub fn new(config: &SdkConfig, table: String) -> Self {
        Self { client: Client::new(config), table }
    }

    /// Makes or takes the row and marks it as `sending` until `lease_seconds` from `now`: before a provider is called.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn claim(
        &self,
        new: &NewNotification,
        now: DateTime<Utc>,
        lease_seconds: i64,
    ) -> Result<Claim, StoreError> {
        let mut request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", text(new.id))
            .update_expression(
                "SET #status = :sending, lease_until = :lease, updated_at = :now, user_id = :user, channel = :channel, \
                 template = :template, event_id = :event, created_at = if_not_exists(created_at, :now), \
                 attempts = if_not_exists(attempts, :none), expires_at = :expires, order_id = :order",
            )
            .condition_expression(
                "attribute_not_exists(id) OR #status = :queued OR (#status = :sending AND lease_until <= :seconds)",
            )
            .expression_attribute_names("#status", "status");
        let order = new.order_id.map_or(AttributeValue::Null(true), text);
        for (name, value) in [
            (":sending", text(Status::Sending.as_str())),
            (":queued", text(Status::Queued.as_str())),
            (":lease", number(now.timestamp() + lease_seconds)),
            (":seconds", number(now.timestamp())),
            (":now", text(now.to_rfc3339())),
            (":user", text(new.user_id)),
            (":channel", text("email")),
            (":template", text(new.template)),
            (":event", text(new.event_id)),
            (":none", text("[]")),
            (":expires", number(now.timestamp() + KEPT_DAYS * 86_400)),
            (":order", order),
        ] {
            request = request.expression_attribute_values(name, value);
        }
        match request.send().await.map_err(aws_sdk_dynamodb::Error::from) {
            Ok(_) => Ok(Claim::Taken),
            Err(aws_sdk_dynamodb::Error::ConditionalCheckFailedException(_)) => self.held(new.id, now).await,
            Err(error) => Err(StoreError::Dynamo(Box::new(error))),
        }
    }

    async fn held(&self, id: NotificationId, now: DateTime<Utc>) -> Result<Claim, StoreError> {
        let item = self.item(id).await?.unwrap_or_default();
        if string(&item, "status") == Some(Status::Sending.as_str()) {
            let lease: i64 = item.get("lease_until").and_then(|value| value.as_n().ok()?.parse().ok()).unwrap_or(0);
            return Ok(Claim::Held((lease - now.timestamp()).max(1)));
        }
        Ok(Claim::Done)
    }

    /// Notes how the try ended. Only who holds the claim calls this.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn settle(&self, id: NotificationId, status: Status, attempt: Attempt) -> Result<(), StoreError> {
        let at = attempt.at;
        let mut attempts: Vec<Attempt> = match self.item(id).await? {
            Some(item) => parse(&item)?.attempts,
            None => Vec::new(),
        };
        attempts.push(attempt);
        let attempts = serde_json::to_string(&attempts).map_err(|_| StoreError::Malformed)?;
        self.client
            .update_item()
            .table_name(&self.table)
            .key("id", text(id))
            .update_expression("SET #status = :status, attempts = :attempts, updated_at = :now REMOVE lease_until")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":status", text(status.as_str()))
            .expression_attribute_values(":attempts", text(attempts))
            .expression_attribute_values(":now", text(at.to_rfc3339()))
            .return_values(ReturnValue::None)
            .send()
            .await
            .map(drop)
            .map_err(dynamo)
    }

    /// A notification.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn find(&self, id: NotificationId) -> Result<Option<Notification>, StoreError> {
        self.item(id).await?.as_ref().map(parse).transpose()
    }

    async fn item(&self, id: NotificationId) -> Result<Option<Item>, StoreError> {
        let request = self.client.get_item().table_name(&self.table).key("id", text(id)).consistent_read(true);
        request.send().await.map(|answer| answer.item).map_err(dynamo)
    }

    /// A user's notifications from `after` on, newest first, at most `limit`, that `keep` wants.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn of_user(
        &self,
        user: UserId,
        after: Option<NotificationId>,
        limit: usize,
        keep: impl Fn(&Notification) -> bool,
    ) -> Result<Vec<Notification>, StoreError> {
        let mut found = Vec::new();
        let mut start: Option<Item> =
            after.map(|id| HashMap::from([("id".to_owned(), text(id)), ("user_id".to_owned(), text(user))]));
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .index_name("by_user")
                .key_condition_expression("user_id = :user")
                .expression_attribute_values(":user", text(user))
                .scan_index_forward(false)
                .limit(100)
                .set_exclusive_start_key(start.take())
                .send()
                .await
                .map_err(dynamo)?;
            for item in answer.items() {
                let notification = parse(item)?;
                if keep(&notification) {
                    found.push(notification);
                }
                if found.len() == limit {
                    return Ok(found);
                }
            }
            match answer.last_evaluated_key {
                Some(key) => start = Some(key),
                None => return Ok(found),
            }
        }
    }

    /// Whether the table answers.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.item(NotificationId(Uuid::nil())).await.map(drop)
    }
}

fn dynamo<E: Into<aws_sdk_dynamodb::Error>>(error: E) -> StoreError {
    StoreError::Dynamo(Box::new(error.into()))
}

fn text(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn string<'i>(item: &'i Item, name: &str) -> Option<&'i str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

fn parse(item: &Item) -> Result<Notification, StoreError> {
    let field = |name| string(item, name).ok_or(StoreError::Malformed);
    let time = |name| -> Result<DateTime<Utc>, StoreError> {
        field(name)?.parse().map_err(|_| StoreError::Malformed)
    };
    Ok(Notification {
        id: field("id")?.parse().map_err(|_| StoreError::Malformed)?,
        user_id: field("user_id")?.parse().map_err(|_| StoreError::Malformed)?,
        channel: field("channel")?.to_owned(),
        template: field("template")?.to_owned(),
        status: Status::parse(field("status")?).ok_or(StoreError::Malformed)?,
        created_at: time("created_at")?,
        updated_at: time("updated_at")?,
        order_id: string(item, "order_id").and_then(|id| id.parse().ok()),
        attempts: serde_json::from_str(field("attempts")?).map_err(|_| StoreError::Malformed)?,
    })
}
