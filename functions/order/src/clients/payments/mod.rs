//! Payment providers: one trait, one file each.

mod test;

use async_trait::async_trait;
use cartwright_types::{Money, PaymentId};
use serde_json::Value;
use thiserror::Error;
use uuid::Uuid;

pub use test::{ActionOutcome, TestProvider, TestToken};

/// What a provider is asked to collect. Our payment's id is its idempotency key.
#[derive(Debug, Clone)]
pub struct PaymentRequest {
    /// Ours.
    pub id: PaymentId,
    /// What the buyer's client got from the provider.
    pub token: String,
    /// How much.
    pub amount: Money,
    /// The provider's id of it, once it is known.
    pub provider_ref: Option<String>,
    /// Whether the money is only set aside until somebody captures it.
    pub manual_capture: bool,
}

/// A payment as its provider sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderPayment {
    /// Where it stands.
    pub status: ProviderStatus,
    /// How much the provider collects or has collected.
    pub amount: Money,
    /// The provider's id of it.
    pub provider_ref: Option<String>,
}

/// Where a payment stands at its provider.
#[derive(Debug, Clone, PartialEq)]
pub enum ProviderStatus {
    /// The buyer has something to do; the value goes to the client as `client_action`.
    RequiresAction(Value),
    /// Nothing to do but wait.
    Processing,
    /// Set aside, to be captured.
    Authorized,
    /// Collected.
    Captured,
    /// Declined.
    Failed,
    /// Cancelled before any money moved.
    Cancelled,
}

/// A refund as its provider sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRefund {
    /// The provider's id of it.
    pub provider_ref: Option<String>,
    /// Where it stands.
    pub status: RefundStatus,
}

/// Where a refund stands at its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundStatus {
    /// On its way: it counts until it fails.
    Pending,
    /// The money is back.
    Done,
    /// It did not work out.
    Failed,
}

/// The provider did not answer, or not in a way that tells the outcome: read back, or ask again with the same key.
#[derive(Debug, Error)]
#[error("the provider did not answer")]
pub struct ProviderError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Collects and returns money. Every method may be repeated with the same ids.
#[async_trait]
pub trait PaymentProvider: Send + Sync {
    /// Creates the payment, or gives the one that exists under its id.
    async fn create(&self, request: &PaymentRequest) -> Result<ProviderPayment, ProviderError>;
    /// Reads the payment; `None`: the provider does not know it.
    async fn get(&self, request: &PaymentRequest) -> Result<Option<ProviderPayment>, ProviderError>;
    /// Collects what was set aside; a payment that is collected stays so.
    async fn capture(&self, request: &PaymentRequest) -> Result<ProviderPayment, ProviderError>;
    /// Cancels what is not collected; after it a late `create` under the id collects nothing.
    async fn cancel(&self, request: &PaymentRequest) -> Result<ProviderPayment, ProviderError>;
    /// Returns `amount`; `refund` is the idempotency key.
    async fn refund(
        &self,
        refund: Uuid,
        payment: &PaymentRequest,
        amount: Money,
    ) -> Result<ProviderRefund, ProviderError>;
}
