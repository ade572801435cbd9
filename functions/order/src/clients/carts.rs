//! Carts in DynamoDB: one item an owner, written only if nobody else did meanwhile.

mod item;

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::error::TransactionCanceledException;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use cartwright_types::{SharedClock, UserId, random};
use thiserror::Error;

use crate::domain::cart::Cart;
use crate::domain::token::TokenHash;

type Item = HashMap<String, AttributeValue>;

/// Whose cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CartOwner {
    /// An account's.
    User(UserId),
    /// That of whoever has its token.
    Guest(TokenHash),
}

impl fmt::Display for CartOwner {
    /// The table's key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Guest(hash) => write!(f, "guest:{hash}"),
        }
    }
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

/// What a write came to.
#[derive(Debug)]
pub enum Updated<E> {
    /// The cart as it is now.
    Stored(Cart),
    /// The change was refused, and nothing was written.
    Refused(E),
    /// There is no such cart, and it was not to be made.
    Gone,
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

    /// Reads a cart; one that was never written is empty.
    ///
    /// # Errors
    /// See [`CartError`].
    pub async fn read(&self, owner: CartOwner) -> Result<Cart, CartError> {
        self.get(&owner.to_string()).await
    }

    /// Applies `change` to the newest version and stores it; `change` may run several times. `first` was just read. A cart
    /// that is not there is made only if `make` says so.
    ///
    /// # Errors
    /// See [`CartError`].
    pub async fn update<E>(
        &self,
        owner: CartOwner,
        first: Option<Cart>,
        make: bool,
        mut change: impl FnMut(&mut Cart) -> Result<(), E>,
    ) -> Result<Updated<E>, CartError> {
        let (key, mut known) = (owner.to_string(), first);
        for _ in 0..ATTEMPTS {
            let before = match known.take() {
                Some(cart) => cart,
                None => self.get(&key).await?,
            };
            if before.version == 0 && !make {
                return Ok(Updated::Gone);
            }
            let mut after = before.clone();
            if let Err(refusal) = change(&mut after) {
                return Ok(Updated::Refused(refusal));
            }
            if after == before {
                return Ok(Updated::Stored(before));
            }
            after.version = before.version + 1;
            if self.write(&key, before.version, &after).await? {
                return Ok(Updated::Stored(after));
            }
            pause().await;
        }
        Err(CartError::Contended)
    }

    /// Moves what a guest has in the cart into the user's, in one transaction: after it the guest's cart is gone, so that a
    /// second merge finds nothing. The user's cart as it is then.
    ///
    /// # Errors
    /// See [`CartError`].
    pub async fn merge(&self, user: UserId, guest: TokenHash) -> Result<Cart, CartError> {
        let (own_key, other_key) = (CartOwner::User(user).to_string(), CartOwner::Guest(guest).to_string());
        for _ in 0..ATTEMPTS {
            // In this order: a cart that another merge has just taken is in what is read after it.
            let brought = self.get(&other_key).await?;
            let own = self.get(&own_key).await?;
            if brought.lines.is_empty() {
                return Ok(own);
            }
            let mut merged = own.clone();
            merged.merge(&brought);
            merged.version = own.version + 1;
            if self.replace((&own_key, own.version), &merged, (&other_key, brought.version)).await? {
                return Ok(merged);
            }
            pause().await;
        }
        Err(CartError::Contended)
    }

    /// Empties the cart that the table knows as `owner` if it still is at `version`: what was added after the order stays.
    ///
    /// # Errors
    /// See [`CartError`].
    pub async fn clear(&self, owner: &str, version: i64) -> Result<(), CartError> {
        let cart = self.get(owner).await?;
        if cart.version != version {
            return Ok(());
        }
        let emptied = Cart { id: cart.id, applied: cart.applied, version: version + 1, ..Cart::default() };
        self.write(owner, version, &emptied).await.map(drop)
    }

    /// Asks for a cart that nobody has: whether the table answers.
    ///
    /// # Errors
    /// See [`CartError`].
    pub async fn ping(&self) -> Result<(), CartError> {
        self.get("nobody").await.map(drop)
    }

    async fn get(&self, owner: &str) -> Result<Cart, CartError> {
        let request =
            self.client.get_item().table_name(&self.table).key("owner", text(owner)).consistent_read(true);
        let answer = request.send().await.map_err(dynamo)?;
        answer.item.map_or_else(|| Ok(Cart::default()), |item| item::read(&item))
    }

    /// False: somebody else wrote first.
    async fn write(&self, owner: &str, expected: i64, cart: &Cart) -> Result<bool, CartError> {
        let condition = Condition::at(expected);
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(self.item(owner, cart)?))
            .condition_expression(condition.expression)
            .expression_attribute_names("#version", "version")
            .set_expression_attribute_values(condition.values);
        match request.send().await.map_err(aws_sdk_dynamodb::Error::from) {
            Ok(_) => Ok(true),
            // The latter: a merge is at it.
            Err(
                aws_sdk_dynamodb::Error::ConditionalCheckFailedException(_)
                | aws_sdk_dynamodb::Error::TransactionConflictException(_),
            ) => Ok(false),
            Err(error) => Err(CartError::Dynamo(Box::new(error))),
        }
    }

    /// Writes the user's cart and deletes the guest's, both or neither. False: somebody else wrote one of them first.
    async fn replace(&self, own: (&str, i64), merged: &Cart, other: (&str, i64)) -> Result<bool, CartError> {
        let (free, known) = (Condition::at(own.1), Condition::at(other.1));
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(self.item(own.0, merged)?))
            .condition_expression(free.expression)
            .expression_attribute_names("#version", "version")
            .set_expression_attribute_values(free.values)
            .build();
        let delete = Delete::builder()
            .table_name(&self.table)
            .key("owner", text(other.0))
            .condition_expression(known.expression)
            .expression_attribute_names("#version", "version")
            .set_expression_attribute_values(known.values)
            .build();
        let (put, delete) =
            (put.map_err(|_| CartError::Malformed)?, delete.map_err(|_| CartError::Malformed)?);
        let request = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(put).build())
            .transact_items(TransactWriteItem::builder().delete(delete).build());
        match request.send().await.map_err(aws_sdk_dynamodb::Error::from) {
            Ok(_) => Ok(true),
            Err(aws_sdk_dynamodb::Error::TransactionCanceledException(error)) if is_overtaken(&error) => {
                Ok(false)
            }
            Err(error) => Err(CartError::Dynamo(Box::new(error))),
        }
    }

    fn item(&self, owner: &str, cart: &Cart) -> Result<Item, CartError> {
        let expires_at = self.clock.now().timestamp() + KEPT_DAYS * 86_400;
        item::write(owner, cart, expires_at)
    }
}

/// Who was overtaken waits for a moment of its own, or the same ones meet again.
async fn pause() {
    tokio::time::sleep(Duration::from_millis(random::below(30))).await;
}

/// What a write depends on.
struct Condition {
    expression: &'static str,
    values: Option<HashMap<String, AttributeValue>>,
}

impl Condition {
    /// The cart is at `version`; 0: there is none.
    fn at(version: i64) -> Self {
        if version == 0 {
            return Self { expression: "attribute_not_exists(#version)", values: None };
        }
        let value = AttributeValue::N(version.to_string());
        Self { expression: "#version = :expected", values: Some([(":expected".to_owned(), value)].into()) }
    }
}

/// Whether a transaction failed since another request was at the same carts.
fn is_overtaken(error: &TransactionCanceledException) -> bool {
    error
        .cancellation_reasons()
        .iter()
        .any(|reason| matches!(reason.code(), Some("ConditionalCheckFailed" | "TransactionConflict")))
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn dynamo<E: Into<aws_sdk_dynamodb::Error>>(error: E) -> CartError {
    CartError::Dynamo(Box::new(error.into()))
}
