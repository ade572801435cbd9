//! The table `notification-preferences`: what each user wants. A wish that nobody has uttered is not there.

use std::fmt::Write as _;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use cartwright_types::UserId;
use chrono::{DateTime, Utc};

use super::item::{Item, instant, integer, number, text};
use super::{StoreError, made};
use crate::domain::{Category, Channel, Preferences};

/// The wishes.
#[derive(Debug, Clone)]
pub struct Wishes {
    client: Client,
    table: String,
}

/// What a user has said so far.
#[derive(Debug, Clone, Default)]
pub struct Said {
    item: Item,
    /// Counts changes; 0: nothing was ever said.
    pub version: i64,
}

impl Said {
    /// With what is usual where nothing was said.
    #[must_use]
    pub fn over(&self, mut usual: Preferences) -> Preferences {
        for category in Category::CHOSEN {
            let Some(ways) = usual.of_mut(category) else { continue };
            for channel in Channel::ALL {
                if let Some(AttributeValue::Bool(wanted)) = self.item.get(&name(category, channel)) {
                    *ways = ways.with(channel, *wanted);
                }
            }
        }
        usual
    }

    /// Whether they have said that they do not want it, which is more than not having said that they do.
    #[must_use]
    pub fn refuses(&self, category: Category, channel: Channel) -> bool {
        self.item.get(&name(category, channel)) == Some(&AttributeValue::Bool(false))
    }

    /// Whether every wish was uttered, so that nothing else need be known.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let mut names = Category::CHOSEN
            .into_iter()
            .flat_map(|category| Channel::ALL.map(|channel| name(category, channel)));
        names.all(|name| self.item.contains_key(&name))
    }
}

fn name(category: Category, channel: Channel) -> String {
    format!("{}_{}", category.as_str(), channel.as_str())
}

impl Wishes {
    /// The logical name of the table.
    pub const TABLE: &str = "notification-preferences";

    /// The table whose real name is `table`.
    #[must_use]
    pub const fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// What a user has said.
    ///
    /// # Errors
    /// The table does not answer, or the item cannot be read.
    pub async fn of(&self, user: UserId) -> Result<Said, StoreError> {
        let request =
            self.client.get_item().table_name(&self.table).key("user_id", text(user)).consistent_read(true);
        let item = request.send().await.map_err(StoreError::from_sdk)?.item;
        let Some(item) = item else { return Ok(Said::default()) };
        let version = integer(&item, "version")?;
        Ok(Said { item, version })
    }

    /// Says all of it, if nothing was said since `version`. False: something was.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn say(
        &self,
        user: UserId,
        preferences: &Preferences,
        version: i64,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut change = "SET updated_at = :at, version = :next".to_owned();
        let mut request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("user_id", text(user))
            .condition_expression(if version == 0 {
                "attribute_not_exists(user_id)"
            } else {
                "version = :version"
            })
            .expression_attribute_values(":at", instant(now))
            .expression_attribute_values(":next", number(version + 1));
        if version > 0 {
            request = request.expression_attribute_values(":version", number(version));
        }
        for category in Category::CHOSEN {
            let Some(ways) = preferences.of(category) else { continue };
            for channel in Channel::ALL {
                let name = name(category, channel);
                let _ = write!(change, ", {name} = :{name}");
                request = request
                    .expression_attribute_values(format!(":{name}"), AttributeValue::Bool(ways.by(channel)));
            }
        }
        made(request.update_expression(change).send().await)
    }

    /// Says that they want no marketing mail. True: they had wanted some, or said nothing.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn unsubscribe(&self, user: UserId, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let name = name(Category::Marketing, Channel::Email);
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("user_id", text(user))
            .condition_expression(format!("attribute_not_exists({name}) OR {name} = :true"))
            .update_expression(format!(
                "SET {name} = :false, updated_at = :at, version = if_not_exists(version, :zero) + :one"
            ))
            .expression_attribute_values(":true", AttributeValue::Bool(true))
            .expression_attribute_values(":false", AttributeValue::Bool(false))
            .expression_attribute_values(":at", instant(now))
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":one", number(1));
        made(request.send().await)
    }

    /// Forgets what a user has said.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn forget(&self, user: UserId) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.table).key("user_id", text(user));
        request.send().await.map(drop).map_err(StoreError::from_sdk)
    }
}
