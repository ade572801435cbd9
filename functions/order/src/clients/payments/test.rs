//! The test provider: a stateful payment provider for `local` and `test`, with books of its own.
//!
//! | token | what happens |
//! |---|---|
//! | `tok_success` | captured at once |
//! | `tok_decline` | declined |
//! | `tok_action_required` | waits for `POST /payments/{id}/test-action` `{"outcome": "success" \| "fail"}` |
//! | `tok_lost_webhook` | captured, but nobody is told: only reading back shows it |

use std::str::FromStr;

use async_trait::async_trait;
use cartwright_types::{Money, PaymentId};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;
use uuid::Uuid;

use super::{
    Elsewhere, PaymentProvider, PaymentRequest, ProviderError, ProviderPayment, ProviderRefund,
    ProviderStatus, RefundStatus,
};

/// The provider.
#[derive(Debug, Clone)]
pub struct TestProvider {
    pool: PgPool,
}

/// The magic tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestToken {
    /// `tok_success`
    Success,
    /// `tok_decline`
    Decline,
    /// `tok_action_required`
    ActionRequired,
    /// `tok_lost_webhook`
    LostWebhook,
}

/// Not one of the tokens.
#[derive(Debug, Error)]
#[error("use tok_success, tok_decline, tok_action_required or tok_lost_webhook")]
pub struct UnknownToken;

impl FromStr for TestToken {
    type Err = UnknownToken;

    fn from_str(text: &str) -> Result<Self, UnknownToken> {
        match text {
            "tok_success" => Ok(Self::Success),
            "tok_decline" => Ok(Self::Decline),
            "tok_action_required" => Ok(Self::ActionRequired),
            "tok_lost_webhook" => Ok(Self::LostWebhook),
            _ => Err(UnknownToken),
        }
    }
}

/// What the buyer did at the "bank".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionOutcome {
    /// Approved.
    Success,
    /// Refused.
    Fail,
}

struct Row {
    amount: i64,
    currency: String,
    status: String,
}

impl TestProvider {
    /// The provider on its books.
    #[must_use]
    pub const fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// The buyer acts. False: the payment waits for nothing.
    ///
    /// # Errors
    /// The books cannot be written.
    pub async fn act(&self, id: PaymentId, outcome: ActionOutcome) -> Result<bool, ProviderError> {
        let status = if outcome == ActionOutcome::Success { "captured" } else { "failed" };
        let result = sqlx::query!(
            "UPDATE test_provider_payments SET status = $2 WHERE id = $1 AND status = 'requires_action'",
            id.uuid(),
            status
        )
        .execute(&self.pool)
        .await
        .map_err(failed)?;
        Ok(result.rows_affected() == 1)
    }

    /// Adds it unless it is known; what it is then, in one statement.
    async fn insert(&self, request: &PaymentRequest, status: &str) -> Result<ProviderPayment, ProviderError> {
        let row = sqlx::query_as!(
            Row,
            "INSERT INTO test_provider_payments AS p (id, token, amount, currency, status) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (id) DO UPDATE SET status = p.status RETURNING amount, currency, status",
            request.id.uuid(),
            request.token,
            request.amount.amount,
            request.amount.currency.code(),
            status
        )
        .fetch_one(&self.pool)
        .await
        .map_err(failed)?;
        seen(request.id, &row)
    }

    async fn known(&self, request: &PaymentRequest) -> Result<ProviderPayment, ProviderError> {
        self.get(request).await?.ok_or_else(|| ProviderError("the payment is not in the books".into()))
    }
}

#[async_trait]
impl PaymentProvider for TestProvider {
    async fn create(&self, request: &PaymentRequest) -> Result<ProviderPayment, ProviderError> {
        let token: TestToken =
            request.token.parse().map_err(|error: UnknownToken| ProviderError(error.into()))?;
        let status = match token {
            TestToken::Success | TestToken::LostWebhook => "captured",
            TestToken::Decline => "failed",
            TestToken::ActionRequired => "requires_action",
        };
        let payment = self.insert(request, status).await?;
        if token == TestToken::LostWebhook && payment.status == ProviderStatus::Captured {
            return Ok(ProviderPayment { status: ProviderStatus::Processing, ..payment });
        }
        Ok(payment)
    }

    async fn get(&self, request: &PaymentRequest) -> Result<Option<ProviderPayment>, ProviderError> {
        let id = request.id;
        let row = sqlx::query_as!(
            Row,
            "SELECT amount, currency, status FROM test_provider_payments WHERE id = $1",
            id.uuid()
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(failed)?;
        row.map(|row| seen(id, &row)).transpose()
    }

    async fn cancel(&self, request: &PaymentRequest) -> Result<ProviderPayment, ProviderError> {
        self.insert(request, "cancelled").await?;
        sqlx::query!(
            "UPDATE test_provider_payments SET status = 'cancelled' WHERE id = $1 AND status = 'requires_action'",
            request.id.uuid()
        )
        .execute(&self.pool)
        .await
        .map_err(failed)?;
        self.known(request).await
    }

    async fn capture(&self, request: &PaymentRequest) -> Result<ProviderPayment, ProviderError> {
        // It sets nothing aside: a payment of its is collected or is not.
        self.known(request).await
    }

    async fn refund(
        &self,
        refund: Uuid,
        payment: &PaymentRequest,
        amount: Money,
    ) -> Result<ProviderRefund, ProviderError> {
        sqlx::query!(
            "INSERT INTO test_provider_refunds (id, payment_id, amount) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            refund,
            payment.id.uuid(),
            amount.amount
        )
        .execute(&self.pool)
        .await
        .map_err(failed)?;
        Ok(ProviderRefund { provider_ref: Some(refund.to_string()), status: RefundStatus::Done })
    }

    async fn read_refund(
        &self,
        _payment: &PaymentRequest,
        provider_ref: &str,
    ) -> Result<ProviderRefund, ProviderError> {
        // None of its refunds takes time.
        Ok(ProviderRefund { provider_ref: Some(provider_ref.to_owned()), status: RefundStatus::Done })
    }

    async fn elsewhere(&self, _since: DateTime<Utc>) -> Result<Vec<Elsewhere>, ProviderError> {
        // It has no dashboard.
        Ok(Vec::new())
    }
}

fn seen(id: PaymentId, row: &Row) -> Result<ProviderPayment, ProviderError> {
    let status = match row.status.as_str() {
        "captured" => ProviderStatus::Captured,
        "failed" => ProviderStatus::Failed,
        "cancelled" => ProviderStatus::Cancelled,
        _ => ProviderStatus::RequiresAction(json!({
            "type": "test_action", "method": "POST", "path": format!("/payments/{id}/test-action"),
        })),
    };
    let currency = row.currency.parse().map_err(|error| ProviderError(Box::new(error)))?;
    Ok(ProviderPayment::new(status, Money::new(row.amount, currency), None))
}

fn failed(error: sqlx::Error) -> ProviderError {
    ProviderError(Box::new(error))
}
