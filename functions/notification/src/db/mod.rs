//! The tables of DynamoDB; `notifications` has the rows.

mod ask;
mod cancel;
mod claim;
mod contents;
mod devices;
mod due;
mod forget;
mod item;
mod mail_health;
mod preferences;
mod read;
mod settle;
mod stores;
mod suppressions;
mod tell;
mod templates;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use thiserror::Error;

pub use ask::{Kept, Once};
pub use claim::{Claim, Lease};
pub use contents::Contents;
pub use devices::Devices;
pub use due::Due;
pub use mail_health::MailHealth;
pub use preferences::{Said, Wishes};
pub use read::Filter;
pub use settle::Settled;
pub use stores::Stores;
pub use suppressions::{Suppressions, position};
pub use templates::{Templates, Which};

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

/// What a write did whose condition may not have held: true, it was made.
fn made<T, E, R>(answer: Result<T, SdkError<E, R>>) -> Result<bool, StoreError>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    match answer {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
        Err(error) => Err(StoreError::from_sdk(error)),
    }
}

/// The rows.
#[derive(Debug, Clone)]
pub struct Notifications {
    client: Client,
    table: String,
}

impl Notifications {
    /// The logical name of the table.
    pub const TABLE: &str = "notifications";

    /// The table whose real name is `table`.
    #[must_use]
    pub const fn new(client: Client, table: String) -> Self {
        Self { client, table }
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
