//! The calls of a payment provider, as Stripe takes them.

use async_trait::async_trait;
use axum::http::StatusCode;
use cartwright_runtime::chain;
use cartwright_types::Money;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::api::{ATTEMPTS, Answer, ApiError, pause};
use super::objects::{Dispute, Intent, Refund};
use super::{FIRST_TRY, INTENTS, StripeProvider, reading};
use crate::clients::payments::{
    Elsewhere, PaymentProvider, PaymentRequest, ProviderError, ProviderPayment, ProviderRefund,
    ProviderStatus, RefundStatus,
};

/// What a try to create an intent came to.
enum Created {
    /// The intent as it is.
    Intent(Box<Intent>),
    /// An intent as it was: it has to be read.
    Was(String),
    /// Stripe takes no such payment: nothing was collected, nothing will be.
    Nothing,
}

impl StripeProvider {
    async fn create_once(&self, request: &PaymentRequest) -> Result<Created, ApiError> {
        let key = request.id.to_string();
        match self.api.post_once::<Intent>(INTENTS, &self.creation(request), &key).await {
            Ok(Answer { object, replayed: false }) => Ok(Created::Intent(Box::new(object))),
            Ok(Answer { object, replayed: true }) => Ok(Created::Was(object.id)),
            Err(ApiError::Refused { kind, intent: Some(intent), .. }) if kind == "card_error" => {
                Ok(Created::Was(intent.id))
            }
            Err(error) if error.is_final() => match self.search(request).await? {
                // The key was used for something else: then that is the payment.
                Some(intent) => Ok(Created::Intent(Box::new(intent))),
                None if error.is_about_the_key() => Err(error),
                None => {
                    tracing::warn!(payment_id = %request.id, error = chain(&error), "Stripe refused a payment");
                    Ok(Created::Nothing)
                }
            },
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl PaymentProvider for StripeProvider {
    async fn create(&self, request: &PaymentRequest) -> Result<ProviderPayment, ProviderError> {
        self.check_account().await?;
        let mut may_exist =
            request.provider_ref.is_some() || self.clock.now() - request.created_at > FIRST_TRY;
        let mut attempt = 0;
        loop {
            attempt += 1;
            if may_exist && let Some(intent) = self.find(request).await? {
                return self.seen(request, intent).await;
            }
            match self.create_once(request).await {
                Err(error) if error.is_open() && attempt < ATTEMPTS => pause(attempt).await,
                Err(error) => return Err(error.into()),
                Ok(Created::Intent(intent)) => return self.seen(request, *intent).await,
                Ok(Created::Was(id)) => {
                    let intent = self.reread(request, &id).await?;
                    return self.seen(request, intent).await;
                }
                Ok(Created::Nothing) => {
                    return Ok(ProviderPayment::new(ProviderStatus::Failed, request.amount, None));
                }
            }
            may_exist = true;
        }
    }

    async fn get(&self, request: &PaymentRequest) -> Result<Option<ProviderPayment>, ProviderError> {
        self.check_account().await?;
        match self.find(request).await? {
            Some(intent) => self.seen(request, intent).await.map(Some),
            None => Ok(None),
        }
    }

    async fn capture(&self, request: &PaymentRequest) -> Result<ProviderPayment, ProviderError> {
        self.check_account().await?;
        let intent =
            self.find(request).await?.ok_or_else(|| ProviderError("there is no intent to capture".into()))?;
        let seen = self.seen(request, intent.clone()).await?;
        if seen.status != ProviderStatus::Authorized || seen.is_wrong(request) {
            return Ok(seen);
        }
        let (path, key) = (format!("{}/{}/capture", INTENTS, intent.id), format!("{}:capture", request.id));
        let form = vec![("expand[]", "latest_charge".to_owned())];
        let intent = match self.api.post::<Intent>(&path, &form, Some(&key)).await {
            Ok(Answer { object, replayed: false }) => object,
            Ok(Answer { replayed: true, .. }) | Err(ApiError::Refused { .. }) => {
                self.reread(request, &intent.id).await?
            }
            Err(error) => return Err(error.into()),
        };
        self.seen(request, intent).await
    }

    async fn cancel(&self, request: &PaymentRequest) -> Result<ProviderPayment, ProviderError> {
        self.check_account().await?;
        let intent = match self.find(request).await? {
            Some(intent) => intent,
            None => match self.burn_key(request).await? {
                Some(intent) => intent,
                None => return Ok(ProviderPayment::new(ProviderStatus::Cancelled, request.amount, None)),
            },
        };
        let intent = self.cancel_intent(request, intent).await?;
        self.seen(request, intent).await
    }

    async fn refund(
        &self,
        refund: Uuid,
        payment: &PaymentRequest,
        amount: Money,
    ) -> Result<ProviderRefund, ProviderError> {
        self.check_account().await?;
        let intent =
            self.find(payment).await?.ok_or_else(|| ProviderError("there is no intent to refund".into()))?;
        let id = refund.to_string();
        let form = vec![
            ("payment_intent", intent.id.clone()),
            ("amount", amount.amount.to_string()),
            ("metadata[refund_id]", id.clone()),
            ("metadata[payment_id]", payment.id.to_string()),
        ];
        let mut attempt = 0;
        loop {
            attempt += 1;
            // The key is forgotten after a day, the metadata is not.
            let known = self.refunds(&intent.id).await?;
            if let Some(known) = known.iter().find(|known| known.metadata.get("refund_id") == Some(&id)) {
                return Ok(reading::outcome(known));
            }
            match self.api.post_once::<Refund>("/v1/refunds", &form, &id).await {
                Ok(answer) => return Ok(reading::outcome(&answer.object)),
                Err(error) if error.is_open() && attempt < ATTEMPTS => pause(attempt).await,
                Err(error) if error.is_final() && !error.is_about_the_key() => {
                    tracing::error!(refund_id = id, error = chain(&error), "Stripe refused a refund");
                    return Ok(ProviderRefund { provider_ref: None, status: RefundStatus::Failed });
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn read_refund(
        &self,
        _payment: &PaymentRequest,
        provider_ref: &str,
    ) -> Result<ProviderRefund, ProviderError> {
        let refund: Refund = self.api.get(&format!("/v1/refunds/{provider_ref}"), &[]).await?;
        Ok(reading::outcome(&refund))
    }

    async fn elsewhere(&self, since: DateTime<Utc>) -> Result<Vec<Elsewhere>, ProviderError> {
        let refunds = self.since::<Refund>("/v1/refunds", since).await?.into_iter().filter_map(|refund| {
            Some(Elsewhere { payment: refund.payment_intent?, refund: Some(refund.id) })
        });
        let disputes = match self.since::<Dispute>("/v1/disputes", since).await {
            Ok(disputes) => disputes,
            // Not every emulator knows disputes.
            Err(ApiError::Refused { status: StatusCode::NOT_FOUND, .. }) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let disputes = disputes
            .into_iter()
            .filter_map(|dispute| Some(Elsewhere { payment: dispute.payment_intent?, refund: None }));
        Ok(refunds.chain(disputes).collect())
    }
}
