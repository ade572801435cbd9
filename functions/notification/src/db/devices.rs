//! The table `notification-devices`: where push messages go.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use cartwright_types::UserId;
use uuid::Uuid;

use super::item::{Item, parsed, string, text};
use super::{StoreError, made};
use crate::domain::Endpoint;

/// So many devices of one person are told; whoever has more has let go of the older ones.
const MOST: i32 = 20;

/// The devices. An item: `id`, `user_id`, `platform`, `endpoint_arn`; one without an `endpoint_arn` cannot be reached.
#[derive(Debug, Clone)]
pub struct Devices {
    pub(super) client: Client,
    pub(super) table: String,
}

impl Devices {
    /// The logical name of the table.
    pub const TABLE: &str = "notification-devices";

    /// The table whose real name is `table`.
    #[must_use]
    pub fn new(config: &SdkConfig, table: String) -> Self {
        Self { client: Client::new(config), table }
    }

    /// Whose a device is, and how it is reached.
    ///
    /// # Errors
    /// The table does not answer, or the item cannot be read.
    pub async fn find(&self, id: Uuid) -> Result<Option<(UserId, Endpoint)>, StoreError> {
        let request =
            self.client.get_item().table_name(&self.table).key("id", text(id)).consistent_read(true);
        let item = request.send().await.map_err(StoreError::from_sdk)?.item;
        let Some(item) = item else { return Ok(None) };
        let Some(endpoint) = endpoint(&item)? else { return Ok(None) };
        Ok(Some((parsed(&item, "user_id")?, endpoint)))
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
            .update_expression("REMOVE endpoint_arn");
        made(request.send().await).map(drop)
    }

    /// The devices of a user that can be reached, the newest [`MOST`] of them.
    ///
    /// # Errors
    /// The table does not answer, or an item cannot be read.
    pub async fn of_user(&self, user: UserId) -> Result<Vec<Endpoint>, StoreError> {
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by_user")
            .key_condition_expression("user_id = :user")
            .expression_attribute_values(":user", text(user))
            .scan_index_forward(false)
            .limit(MOST);
        let answer = request.send().await.map_err(StoreError::from_sdk)?;
        answer.items().iter().filter_map(|item| endpoint(item).transpose()).collect()
    }
}

fn endpoint(item: &Item) -> Result<Option<Endpoint>, StoreError> {
    let Some(arn) = string(item, "endpoint_arn") else { return Ok(None) };
    Ok(Some(Endpoint {
        device_id: parsed(item, "id")?,
        platform: parsed(item, "platform")?,
        arn: arn.to_owned(),
    }))
}
