//! For an order that costs nothing, whatever provider the buyer named: none of them takes nothing.

use async_trait::async_trait;
use cartwright_types::Money;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    Elsewhere, PaymentProvider, PaymentRequest, ProviderError, ProviderPayment, ProviderRefund,
    ProviderStatus, RefundStatus,
};

/// Has collected the nothing that is owed, from the start and for ever.
#[derive(Debug, Clone, Copy)]
pub struct NothingOwed;

fn collected(request: &PaymentRequest) -> ProviderPayment {
    ProviderPayment::new(ProviderStatus::Captured, request.amount, None)
}

#[async_trait]
impl PaymentProvider for NothingOwed {
    async fn create(&self, request: &PaymentRequest) -> Result<ProviderPayment, ProviderError> {
        Ok(collected(request))
    }

    async fn get(&self, request: &PaymentRequest) -> Result<Option<ProviderPayment>, ProviderError> {
        Ok(Some(collected(request)))
    }

    async fn capture(&self, request: &PaymentRequest) -> Result<ProviderPayment, ProviderError> {
        Ok(collected(request))
    }

    async fn cancel(&self, request: &PaymentRequest) -> Result<ProviderPayment, ProviderError> {
        Ok(collected(request))
    }

    async fn refund(
        &self,
        _refund: Uuid,
        _payment: &PaymentRequest,
        _amount: Money,
    ) -> Result<ProviderRefund, ProviderError> {
        Ok(ProviderRefund { provider_ref: None, status: RefundStatus::Done })
    }

    async fn read_refund(
        &self,
        _payment: &PaymentRequest,
        _provider_ref: &str,
    ) -> Result<ProviderRefund, ProviderError> {
        Ok(ProviderRefund { provider_ref: None, status: RefundStatus::Done })
    }

    async fn elsewhere(&self, _since: DateTime<Utc>) -> Result<Vec<Elsewhere>, ProviderError> {
        Ok(Vec::new())
    }
}
