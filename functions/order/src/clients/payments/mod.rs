//! Payment providers: one trait, one file each.

mod nothing;
pub mod stripe;
mod test;

use async_trait::async_trait;
use cartwright_types::{Money, OrderId, PaymentId};
use chrono::{DateTime, Utc};
use serde_json::Value;
use thiserror::Error;
use uuid::Uuid;

pub use nothing::NothingOwed;
pub use test::{ActionOutcome, TestProvider, TestToken};

/// What a provider is asked to collect. Our payment's id is its idempotency key.
#[derive(Debug, Clone)]
pub struct PaymentRequest {
    /// Ours.
    pub id: PaymentId,
    /// What it is for.
    pub order_id: OrderId,
    /// What the buyer's client got from the provider; empty: the client confirms there by itself.
    pub token: String,
    /// How much.
    pub amount: Money,
    /// The provider's id of it, once it is known.
    pub provider_ref: Option<String>,
    /// Whether the money is only set aside until somebody captures it.
    pub manual_capture: bool,
    /// Whether money went back, or was to go back: then the provider's refunds are read too.
    pub has_refunds: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
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
    /// What else it says.
    pub facts: Facts,
}

/// What a provider says of a payment beside where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Until when the money is set aside.
    pub authorized_until: Option<DateTime<Utc>>,
    /// What went back or is on its way, ours and what was returned at the provider.
    pub refunds: Vec<SeenRefund>,
    /// What is contested, or was lost by that; minor units.
    pub disputed: i64,
    /// Why it cannot be the payment that was asked for. Then it is never paid.
    pub mismatch: Option<Mismatch>,
}

/// Why a provider's payment is not ours, whatever its amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// A currency that there is not.
    Currency,
    /// Play money where real money is asked for, or the reverse.
    Livemode,
    /// Collected for another account.
    Account,
    /// It belongs to another payment.
    Identity,
}

/// Something that happened at the provider, perhaps without us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// The provider's id of the payment.
    pub payment: String,
    /// The provider's id of the refund, if it was one; else it is contested.
    pub refund: Option<String>,
}

/// A refund that the provider knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRefund {
    /// The provider's id of it.
    pub provider_ref: String,
    /// Ours, if it was we who asked.
    pub ours: Option<Uuid>,
    /// Minor units.
    pub amount: i64,
    /// Where it stands.
    pub status: RefundStatus,
    /// The provider's word for why.
    pub reason: Option<String>,
}

impl ProviderPayment {
    /// A payment of which there is nothing else to say.
    #[must_use]
    pub fn new(status: ProviderStatus, amount: Money, provider_ref: Option<String>) -> Self {
        Self { status, amount, provider_ref, facts: Facts::default() }
    }

    /// The kind of discrepancy, when this is not what was asked for.
    #[must_use]
    pub fn discrepancy(&self, amount: i64, currency: &str) -> Option<&'static str> {
        match self.facts.mismatch {
            Some(Mismatch::Currency) => Some("currency_mismatch"),
            Some(Mismatch::Livemode) => Some("livemode_mismatch"),
            Some(Mismatch::Account) => Some("account_mismatch"),
            Some(Mismatch::Identity) => Some("identity_mismatch"),
            None if self.amount.currency.code() != currency => Some("currency_mismatch"),
            None if self.amount.amount != amount => Some("amount_mismatch"),
            None => None,
        }
    }

    /// Whether this is not what was asked for.
    #[must_use]
    pub fn is_wrong(&self, request: &PaymentRequest) -> bool {
        self.discrepancy(request.amount.amount, request.amount.currency.code()).is_some()
    }
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

impl RefundStatus {
    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
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
    /// Reads a refund that was on its way.
    async fn read_refund(
        &self,
        payment: &PaymentRequest,
        provider_ref: &str,
    ) -> Result<ProviderRefund, ProviderError>;
    /// Refunds and disputes since `since`, whoever made them.
    async fn elsewhere(&self, since: DateTime<Utc>) -> Result<Vec<Elsewhere>, ProviderError>;
}
