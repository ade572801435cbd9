//! The table `notification-devices`: where push messages go.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use cartwright_types::UserId;
use uuid::Uuid;

use super::item::{Item, instant, parsed, string, text};
use super::{StoreError, made};
use crate::domain::{Device, Platform};

/// The devices. An item: `id`, `user_id`, `platform`, `endpoint_arn`, `created_at`, and `spent` once its app is gone.
#[derive(Debug, Clone)]
pub struct Devices {
    client: Client,
    table: String,
}

impl Devices {
    /// The logical name of the table.
    pub const TABLE: &str = "notification-devices";

    /// The table whose real name is `table`.
    #[must_use]
    pub const fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Nothing is sent to the device any more: its token is spent. One that is gone is as good.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn disable(&self, id: Uuid) -> Result<(), StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("id", text(id))
            .condition_expression("attribute_exists(id)")
            .update_expression("SET spent = :true")
            .expression_attribute_values(":true", AttributeValue::Bool(true));
        made(request.send().await).map(drop)
    }

    /// Writes it; whoever had the device before has it no more.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn put(&self, device: &Device) -> Result<(), StoreError> {
        let Device { id, user_id, platform, endpoint_arn, created_at, is_spent } = device;
        let mut item: Item = HashMap::from([
            ("id".to_owned(), text(id)),
            ("user_id".to_owned(), text(user_id)),
            ("platform".to_owned(), text(platform.as_str())),
            ("endpoint_arn".to_owned(), text(endpoint_arn)),
            ("created_at".to_owned(), instant(*created_at)),
        ]);
        if *is_spent {
            item.insert("spent".to_owned(), AttributeValue::Bool(true));
        }
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        request.send().await.map(drop).map_err(StoreError::from_sdk)
    }

    /// The device, if it is known.
    ///
    /// # Errors
    /// The table does not answer, or the item cannot be read.
    pub async fn get(&self, id: Uuid) -> Result<Option<Device>, StoreError> {
        let request =
            self.client.get_item().table_name(&self.table).key("id", text(id)).consistent_read(true);
        let item = request.send().await.map_err(StoreError::from_sdk)?.item;
        item.as_ref().map(Device::try_from).transpose()
    }

    /// Every device of a user, also those whose token is spent.
    ///
    /// # Errors
    /// The table does not answer, or an item cannot be read.
    pub async fn of_user(&self, user: UserId) -> Result<Vec<Device>, StoreError> {
        let (mut devices, mut from): (Vec<Device>, Option<Item>) = (Vec::new(), None);
        loop {
            let request = self
                .client
                .query()
                .table_name(&self.table)
                .index_name("by_user")
                .key_condition_expression("user_id = :user")
                .expression_attribute_values(":user", text(user))
                .set_exclusive_start_key(from.take());
            let answer = request.send().await.map_err(StoreError::from_sdk)?;
            for item in answer.items() {
                devices.push(Device::try_from(item)?);
            }
            match answer.last_evaluated_key {
                Some(key) => from = Some(key),
                None => return Ok(devices),
            }
        }
    }

    /// Forgets a device, if it is this user's still. False: it is not.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn remove(&self, id: Uuid, user: UserId) -> Result<bool, StoreError> {
        let request = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key("id", text(id))
            .condition_expression("user_id = :user")
            .expression_attribute_values(":user", text(user));
        made(request.send().await)
    }
}

impl TryFrom<&Item> for Device {
    type Error = StoreError;

    fn try_from(item: &Item) -> Result<Self, StoreError> {
        Ok(Self {
            id: parsed(item, "id")?,
            user_id: parsed(item, "user_id")?,
            platform: string(item, "platform")
                .and_then(Platform::parse)
                .ok_or(StoreError::Malformed("platform"))?,
            endpoint_arn: parsed(item, "endpoint_arn")?,
            created_at: parsed(item, "created_at")?,
            is_spent: item.contains_key("spent"),
        })
    }
}
