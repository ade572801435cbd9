//! The table `notification-templates`: what staff have written. All that is in use lies in one partition, every version of each
//! in one of its own, so a version is never written twice and what was removed can be looked up.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use chrono::{DateTime, Utc};

use super::StoreError;
use super::item::{Item, instant, integer, number, parsed, string, text};
use crate::domain::{Channel, StoredTemplate, Wording};

/// The partition of what is in use.
const CURRENT: &str = "current";

/// The templates.
#[derive(Debug, Clone)]
pub struct Templates {
    client: Client,
    table: String,
}

/// Which template: there is one of a key for each channel and locale.
#[derive(Debug, Clone, Copy)]
pub struct Which<'a> {
    /// Its key.
    pub key: &'a str,
    /// Its channel.
    pub channel: Channel,
    /// Its locale.
    pub locale: &'a str,
}

impl Which<'_> {
    fn name(&self) -> String {
        format!("{}/{}/{}", self.key, self.channel.as_str(), self.locale)
    }
}

impl Templates {
    /// The logical name of the table.
    pub const TABLE: &str = "notification-templates";

    /// The table whose real name is `table`.
    #[must_use]
    pub const fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Everything in use, by key, channel and locale.
    ///
    /// # Errors
    /// The table does not answer, or an item cannot be read.
    pub async fn all(&self) -> Result<Vec<StoredTemplate>, StoreError> {
        self.beginning_with("").await
    }

    /// What is in use of a key on a channel, in all its locales.
    ///
    /// # Errors
    /// The table does not answer, or an item cannot be read.
    pub async fn of(&self, key: &str, channel: Channel) -> Result<Vec<StoredTemplate>, StoreError> {
        self.beginning_with(&format!("{key}/{}/", channel.as_str())).await
    }

    /// What is in use of a key.
    ///
    /// # Errors
    /// The table does not answer, or an item cannot be read.
    pub async fn of_key(&self, key: &str) -> Result<Vec<StoredTemplate>, StoreError> {
        self.beginning_with(&format!("{key}/")).await
    }

    async fn beginning_with(&self, start: &str) -> Result<Vec<StoredTemplate>, StoreError> {
        let (mut templates, mut from): (Vec<StoredTemplate>, Option<Item>) = (Vec::new(), None);
        loop {
            let mut query = self
                .client
                .query()
                .table_name(&self.table)
                .consistent_read(true)
                .key_condition_expression("shelf = :current")
                .expression_attribute_values(":current", text(CURRENT))
                .set_exclusive_start_key(from.take());
            if !start.is_empty() {
                query = query
                    .key_condition_expression("shelf = :current AND begins_with(#name, :start)")
                    .expression_attribute_names("#name", "name")
                    .expression_attribute_values(":start", text(start));
            }
            let answer = query.send().await.map_err(StoreError::from_sdk)?;
            for item in answer.items() {
                templates.push(StoredTemplate::try_from(item)?);
            }
            match answer.last_evaluated_key {
                Some(key) => from = Some(key),
                None => return Ok(templates),
            }
        }
    }

    /// The one in use.
    ///
    /// # Errors
    /// The table does not answer, or the item cannot be read.
    pub async fn find(&self, which: Which<'_>) -> Result<Option<StoredTemplate>, StoreError> {
        self.item(CURRENT, &which.name()).await
    }

    /// A version of it, in use or not.
    ///
    /// # Errors
    /// The table does not answer, or the item cannot be read.
    pub async fn past(&self, which: Which<'_>, version: i64) -> Result<Option<StoredTemplate>, StoreError> {
        self.item(&which.name(), &numbered(version)).await
    }

    async fn item(&self, partition: &str, name: &str) -> Result<Option<StoredTemplate>, StoreError> {
        let request = self.client.get_item().table_name(&self.table).consistent_read(true);
        let request = request.key("shelf", text(partition)).key("name", text(name));
        let item = request.send().await.map_err(StoreError::from_sdk)?.item;
        item.as_ref().map(StoredTemplate::try_from).transpose()
    }

    /// Writes what is not there yet; None when it is.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn create(
        &self,
        wording: Wording,
        now: DateTime<Utc>,
    ) -> Result<Option<StoredTemplate>, StoreError> {
        let version = self.latest(&wording).await? + 1;
        let made = StoredTemplate { wording, version, created_at: now, updated_at: now };
        let absent = |put: aws_sdk_dynamodb::types::builders::PutBuilder| {
            put.condition_expression("attribute_not_exists(shelf)")
        };
        self.write(made, absent).await
    }

    /// Writes anew what has the version that `before` has; None when it has another by now, or is gone.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn replace(
        &self,
        before: &StoredTemplate,
        wording: Wording,
        now: DateTime<Utc>,
    ) -> Result<Option<StoredTemplate>, StoreError> {
        let made = StoredTemplate {
            wording,
            version: before.version + 1,
            created_at: before.created_at,
            updated_at: now,
        };
        let unchanged = |put: aws_sdk_dynamodb::types::builders::PutBuilder| {
            put.condition_expression("version = :version")
                .expression_attribute_values(":version", number(before.version))
        };
        self.write(made, unchanged).await
    }

    /// Takes it out of use, if it has this version still; its versions are kept. False: it has another by now, or is gone.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn remove(&self, which: Which<'_>, version: i64) -> Result<bool, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .key("shelf", text(CURRENT))
            .key("name", AttributeValue::S(which.name()))
            .condition_expression("version = :version")
            .expression_attribute_values(":version", number(version))
            .build()
            .map_err(StoreError::from_sdk)?;
        let write = TransactWriteItem::builder().delete(delete).build();
        done(self.client.transact_write_items().transact_items(write).send().await)
    }

    async fn write(
        &self,
        made: StoredTemplate,
        condition: impl FnOnce(
            aws_sdk_dynamodb::types::builders::PutBuilder,
        ) -> aws_sdk_dynamodb::types::builders::PutBuilder,
    ) -> Result<Option<StoredTemplate>, StoreError> {
        let Wording { key, channel, locale, .. } = &made.wording;
        let name = Which { key, channel: *channel, locale }.name();
        let current = Put::builder().table_name(&self.table).set_item(Some(item(&made, CURRENT, &name)));
        let kept = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item(&made, &name, &numbered(made.version))))
            .condition_expression("attribute_not_exists(shelf)");
        let mut request = self.client.transact_write_items();
        for put in [condition(current), kept] {
            let put = put.build().map_err(StoreError::from_sdk)?;
            request = request.transact_items(TransactWriteItem::builder().put(put).build());
        }
        Ok(done(request.send().await)?.then_some(made))
    }

    /// The highest version there ever was; 0: none.
    async fn latest(&self, wording: &Wording) -> Result<i64, StoreError> {
        let which = Which { key: &wording.key, channel: wording.channel, locale: &wording.locale };
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .scan_index_forward(false)
            .limit(1)
            .key_condition_expression("shelf = :shelf")
            .expression_attribute_values(":shelf", AttributeValue::S(which.name()));
        let answer = request.send().await.map_err(StoreError::from_sdk)?;
        answer.items().first().map_or(Ok(0), |item| integer(item, "version"))
    }
}

/// So that they sort as text.
fn numbered(version: i64) -> String {
    format!("{version:012}")
}

fn done<T, R: std::fmt::Debug>(
    answer: Result<T, SdkError<TransactWriteItemsError, R>>,
) -> Result<bool, StoreError> {
    match answer {
        Ok(_) => Ok(true),
        // A condition does not hold, or somebody else writes at this moment.
        Err(error)
            if error
                .as_service_error()
                .is_some_and(TransactWriteItemsError::is_transaction_canceled_exception) =>
        {
            Ok(false)
        }
        Err(error) => Err(StoreError::from_sdk(error)),
    }
}

fn item(template: &StoredTemplate, shelf: &str, name: &str) -> Item {
    let Wording { key, channel, locale, subject, text: plain, html, variables } = &template.wording;
    let mut item = HashMap::from([
        ("shelf".to_owned(), text(shelf)),
        ("name".to_owned(), text(name)),
        ("key".to_owned(), text(key)),
        ("channel".to_owned(), text(channel.as_str())),
        ("locale".to_owned(), text(locale)),
        ("text".to_owned(), text(plain)),
        ("variables".to_owned(), AttributeValue::L(variables.iter().map(text).collect())),
        ("version".to_owned(), number(template.version)),
        ("created_at".to_owned(), instant(template.created_at)),
        ("updated_at".to_owned(), instant(template.updated_at)),
    ]);
    for (name, value) in [("subject", subject), ("html", html)] {
        if let Some(value) = value {
            item.insert(name.to_owned(), text(value));
        }
    }
    item
}

impl TryFrom<&Item> for StoredTemplate {
    type Error = StoreError;

    fn try_from(item: &Item) -> Result<Self, StoreError> {
        let malformed = StoreError::Malformed;
        let words =
            item.get("variables").and_then(|value| value.as_l().ok()).ok_or(malformed("variables"))?;
        let optional = |name| string(item, name).map(str::to_owned);
        Ok(Self {
            wording: Wording {
                key: parsed(item, "key")?,
                channel: string(item, "channel").and_then(Channel::parse).ok_or(malformed("channel"))?,
                locale: parsed(item, "locale")?,
                subject: optional("subject"),
                text: parsed(item, "text")?,
                html: optional("html"),
                variables: words.iter().filter_map(|word| word.as_s().ok().cloned()).collect(),
            },
            version: integer(item, "version")?,
            created_at: parsed(item, "created_at")?,
            updated_at: parsed(item, "updated_at")?,
        })
    }
}
