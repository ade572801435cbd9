//! Carts in DynamoDB: one item an owner, written only if nobody else did meanwhile.

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use cartwright_types::{CartLineId, SharedClock, UserId};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A cart as it is stored: what and how many. Prices are asked for when it is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredCart {
    /// In the order they were added; each sku once.
    pub lines: Vec<StoredLine>,
    /// Grows with every write, emptying included; 0: never written.
    pub version: i64,
}

/// A line of a stored cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredLine {
    /// Stays while the line does.
    pub id: CartLineId,
    /// What.
    pub sku: String,
    /// How many.
    pub quantity: i64,
}

/// Why a cart could not be read or written.
#[derive(Debug, Error)]
pub enum CartError {
    /// DynamoDB failed.
    #[error("DynamoDB failed")]
    Dynamo(#[source] Box<aws_sdk_dynamodb::Error>),
    /// The item is not a cart.
    #[error("the stored cart cannot be read")]
    Malformed,
    /// Others wrote at the same moment, again and again.
    #[error("the cart is being changed by too many at once")]
    Contended,
}

/// The `carts` table.
pub struct Carts {
    client: Client,
    table: String,
    clock: SharedClock,
}

/// A cart nobody touches is removed after so many days.
const KEPT_DAYS: i64 = 90;
/// Tries of a write that others interfere with.
const ATTEMPTS: usize = 8;

impl Carts {
    /// The table.
    #[must_use]
    pub fn new(config: &SdkConfig, table: String, clock: SharedClock) -> Self {
        Self { client: Client::new(config), table, clock }
    }

    /// Reads a user's cart; one that was never written is empty.
    ///
    /// # Errors
    /// See [`CartError`].
    pub async fn read(&self, user: UserId) -> Result<StoredCart, CartError> {
        let request =
            self.client.get_item().table_name(&self.table).key("owner", owner(user)).consistent_read(true);
        let answer = request.send().await.map_err(|error| CartError::Dynamo(Box::new(error.into())))?;
        answer.item.map_or_else(|| Ok(StoredCart::default()), |item| parse(&item))
    }

    /// Applies `change` to the newest version and stores it; `change` may run several times. `Err` leaves the cart as
    /// it was.
    ///
    /// # Errors
    /// See [`CartError`]; the inner result is what `change` says.
    pub async fn update<E>(
        &self,
        user: UserId,
        change: impl Fn(&mut StoredCart) -> Result<(), E>,
    ) -> Result<Result<StoredCart, E>, CartError> {
        for _ in 0..ATTEMPTS {
            let before = self.read(user).await?;
            let mut after = before.clone();
            if let Err(refusal) = change(&mut after) {
                return Ok(Err(refusal));
            }
            if after.lines == before.lines {
                return Ok(Ok(before));
            }
            after.version = before.version + 1;
            if self.write(user, before.version, &after).await? {
                return Ok(Ok(after));
            }
        }
        Err(CartError::Contended)
    }

    /// Empties the cart if it still is at `version`: what was added after the order stays.
    ///
    /// # Errors
    /// See [`CartError`].
    pub async fn clear(&self, user: UserId, version: i64) -> Result<(), CartError> {
        self.write(user, version, &StoredCart { lines: Vec::new(), version: version + 1 }).await.map(drop)
    }

    /// False: somebody else wrote first.
    async fn write(&self, user: UserId, expected: i64, cart: &StoredCart) -> Result<bool, CartError> {
        let expires_at = self.clock.now().timestamp() + KEPT_DAYS * 86_400;
        let lines = serde_json::to_string(&cart.lines).map_err(|_| CartError::Malformed)?;
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("owner", owner(user))
            .item("lines", AttributeValue::S(lines))
            .item("version", AttributeValue::N(cart.version.to_string()))
            .item("expires_at", AttributeValue::N(expires_at.to_string()))
            .expression_attribute_names("#version", "version");
        let request = if expected == 0 {
            request.condition_expression("attribute_not_exists(#version)")
        } else {
            request
                .condition_expression("#version = :expected")
                .expression_attribute_values(":expected", AttributeValue::N(expected.to_string()))
        };
        match request.send().await.map_err(aws_sdk_dynamodb::Error::from) {
            Ok(_) => Ok(true),
            Err(aws_sdk_dynamodb::Error::ConditionalCheckFailedException(_)) => Ok(false),
            Err(error) => Err(CartError::Dynamo(Box::new(error))),
        }
    }
}

fn owner(user: UserId) -> AttributeValue {
    AttributeValue::S(format!("user:{user}"))
}

fn parse(item: &HashMap<String, AttributeValue>) -> Result<StoredCart, CartError> {
    let lines = item
        .get("lines")
        .and_then(|value| value.as_s().ok())
        .and_then(|text| serde_json::from_str(text).ok());
    let version = item.get("version").and_then(|value| value.as_n().ok()).and_then(|text| text.parse().ok());
    match (lines, version) {
        (Some(lines), Some(version)) => Ok(StoredCart { lines, version }),
        _ => Err(CartError::Malformed),
    }
}

impl Carts {
    /// Asks for a cart that nobody has: whether the table answers.
    ///
    /// # Errors
    /// See [`CartError`].
    pub async fn ping(&self) -> Result<(), CartError> {
        self.read(UserId(uuid::Uuid::nil())).await.map(drop)
    }
}
