//! The table `notifications`.

mod claim;
mod forget;
mod item;
mod read;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::DisplayErrorContext;
use thiserror::Error;

pub use claim::{Claim, Lease, NewRow};
pub use read::Filter;

/// The logical name of the table.
pub const TABLE: &str = "notifications";

/// Why the table gave no answer.
#[derive(Debug, Error)]
pub enum StoreError {
    /// DynamoDB did not answer, or refused.
    #[error("the notifications table is not available")]
    Unavailable(String),
    /// A row is not what this program writes.
    #[error("a row of the notifications table has no readable {0}")]
    Malformed(&'static str),
}

impl StoreError {
    fn from_sdk(error: impl std::error::Error) -> Self {
        Self::Unavailable(DisplayErrorContext(error).to_string())
    }
}

/// The rows.
#[derive(Debug, Clone)]
pub struct Notifications {
    client: Client,
    table: String,
}

impl Notifications {
    /// The table whose real name is `table`.
    #[must_use]
    pub fn new(config: &SdkConfig, table: String) -> Self {
        Self { client: Client::new(config), table }
    }

    /// Whether the table can be reached; costs no capacity.
    ///
    /// # Errors
    /// It cannot.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.client
            .describe_table()
            .table_name(&self.table)
            .send()
            .await
            .map(drop)
            .map_err(StoreError::from_sdk)
    }
}
