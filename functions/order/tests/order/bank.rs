//! A payment provider with books in memory, that can be slow to decide, away, or lose its answers. Takes the tokens of the
//! test provider.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use cartwright_types::{Money, PaymentId, RefundId};
use chrono::{DateTime, Utc};
use order::clients::payments::{
    Elsewhere, PaymentProvider, PaymentRequest, ProviderError, ProviderPayment, ProviderRefund,
    ProviderStatus, RefundStatus,
};
use serde_json::json;
use uuid::Uuid;

#[derive(Clone, Default)]
pub struct Bank(Arc<Mutex<Books>>);

#[derive(Default)]
struct Books {
    payments: HashMap<PaymentId, ProviderPayment>,
    refunds: HashMap<Uuid, (PaymentId, i64, RefundStatus)>,
    /// What becomes of a new refund.
    refunds_are: Option<RefundStatus>,
    is_away: bool,
    loses_answers: bool,
}

impl Bank {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap()
    }

    /// The buyer approves at the bank; nothing if it is too late.
    pub fn approve(&self, id: PaymentId) {
        self.move_on(id, ProviderStatus::Captured);
    }

    /// The money is only set aside.
    pub fn authorize(&self, id: PaymentId) {
        self.move_on(id, ProviderStatus::Authorized);
    }

    fn move_on(&self, id: PaymentId, to: ProviderStatus) {
        let mut books = self.books();
        let payment = books.payments.get_mut(&id).unwrap();
        if matches!(payment.status, ProviderStatus::RequiresAction(_) | ProviderStatus::Authorized) {
            payment.status = to;
        }
    }

    /// From now on nobody answers, or somebody does again.
    pub fn be_away(&self, is_away: bool) {
        self.books().is_away = is_away;
    }

    /// From now on what is asked for is done and nobody hears of it, or does again.
    pub fn lose_answers(&self, loses_answers: bool) {
        self.books().loses_answers = loses_answers;
    }

    /// What becomes of new refunds.
    pub fn refunds_are(&self, status: RefundStatus) {
        self.books().refunds_are = Some(status);
    }

    /// The bank decides about a refund.
    pub fn decide(&self, id: RefundId, status: RefundStatus) {
        self.books().refunds.get_mut(&id.uuid()).unwrap().2 = status;
    }

    /// What the bank has collected and not given back: that of one payment.
    pub fn kept(&self, id: PaymentId) -> i64 {
        let books = self.books();
        let Some(payment) = books.payments.get(&id) else { return 0 };
        let collected = if payment.status == ProviderStatus::Captured { payment.amount.amount } else { 0 };
        let back =
            books.refunds.values().filter(|(of, _, status)| *of == id && *status == RefundStatus::Done);
        collected - back.map(|(_, amount, _)| amount).sum::<i64>()
    }

    /// Where a payment stands here.
    pub fn status(&self, id: PaymentId) -> Option<ProviderStatus> {
        self.books().payments.get(&id).map(|payment| payment.status.clone())
    }

    fn answer<T>(&self, work: impl FnOnce(&mut Books) -> T) -> Result<T, ProviderError> {
        let mut books = self.books();
        if books.is_away {
            return Err(ProviderError("away".into()));
        }
        let answer = work(&mut books);
        if books.loses_answers { Err(ProviderError("the answer is lost".into())) } else { Ok(answer) }
    }
}

#[async_trait]
impl PaymentProvider for Bank {
    async fn create(&self, request: &PaymentRequest) -> Result<ProviderPayment, ProviderError> {
        self.answer(|books| {
            let status = match request.token.as_str() {
                "tok_decline" => ProviderStatus::Failed,
                "tok_action_required" => ProviderStatus::RequiresAction(json!({ "type": "approve" })),
                _ => ProviderStatus::Captured,
            };
            let fresh = ProviderPayment::new(status, request.amount, None);
            books.payments.entry(request.id).or_insert(fresh).clone()
        })
    }

    async fn get(&self, request: &PaymentRequest) -> Result<Option<ProviderPayment>, ProviderError> {
        self.answer(|books| books.payments.get(&request.id).cloned())
    }

    async fn capture(&self, request: &PaymentRequest) -> Result<ProviderPayment, ProviderError> {
        self.answer(|books| {
            let payment = books.payments.get_mut(&request.id).unwrap();
            if payment.status == ProviderStatus::Authorized {
                payment.status = ProviderStatus::Captured;
            }
            payment.clone()
        })
    }

    async fn cancel(&self, request: &PaymentRequest) -> Result<ProviderPayment, ProviderError> {
        self.answer(|books| {
            let unknown = ProviderPayment::new(ProviderStatus::Cancelled, request.amount, None);
            let payment = books.payments.entry(request.id).or_insert(unknown);
            if matches!(payment.status, ProviderStatus::RequiresAction(_) | ProviderStatus::Authorized) {
                payment.status = ProviderStatus::Cancelled;
            }
            payment.clone()
        })
    }

    async fn refund(
        &self,
        refund: Uuid,
        payment: &PaymentRequest,
        amount: Money,
    ) -> Result<ProviderRefund, ProviderError> {
        self.answer(|books| {
            let status = books.refunds_are.unwrap_or(RefundStatus::Done);
            let known = books.refunds.entry(refund).or_insert((payment.id, amount.amount, status));
            ProviderRefund { provider_ref: Some(format!("re_{refund}")), status: known.2 }
        })
    }

    async fn read_refund(
        &self,
        _payment: &PaymentRequest,
        provider_ref: &str,
    ) -> Result<ProviderRefund, ProviderError> {
        let id: Uuid = provider_ref.strip_prefix("re_").unwrap().parse().unwrap();
        self.answer(|books| ProviderRefund {
            provider_ref: Some(provider_ref.to_owned()),
            status: books.refunds[&id].2,
        })
    }

    /// Nobody does anything here without us.
    async fn elsewhere(&self, _since: DateTime<Utc>) -> Result<Vec<Elsewhere>, ProviderError> {
        Ok(Vec::new())
    }
}
