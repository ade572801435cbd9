//! Starting a payment at its provider: the first one of an order, or another after a decline.

use std::time::Duration;

use cartwright_runtime::chain;
use cartwright_types::{Money, OrderId, PaymentId};
use cartwright_web::Problem;
use tokio::time::timeout;

use crate::clients::payments::{NothingOwed, PaymentProvider, PaymentRequest, ProviderError};
use crate::db::payments::{ONE_LIVE, PaymentRow};
use crate::db::{orders, payments};
use crate::domain::order::OrderStatus;
use crate::domain::payment::PaymentStatus;
use crate::error::Failure;
use crate::state::State;
use crate::usecases::observe_payment::{act_on, lose_sight};

/// How long a buyer waits for the provider, with all its tries. The gateway gives the whole request 30 seconds.
const PATIENCE: Duration = Duration::from_secs(15);
/// And for reading back, after that.
const READING_BACK: Duration = Duration::from_secs(5);

/// Creates the payment at its provider (its id is the idempotency key) and acts on the answer. Nothing to do when it is
/// known there already. Without an answer it is read back; if that tells nothing either, it is `unknown` until the reconciler
/// hears more.
///
/// # Errors
/// The database or the product service failed; run it again.
pub async fn start(state: &State, payment: &PaymentRow) -> Result<(), Failure> {
    let status: PaymentStatus =
        payment.status.parse().map_err(|_| Failure::Data("unknown payment status"))?;
    if !matches!(status, PaymentStatus::Created | PaymentStatus::Unknown) {
        return Ok(());
    }
    let (provider, request) = request(state, payment)?;
    let created = timeout(PATIENCE, provider.create(&request)).await;
    let error = match created.unwrap_or_else(|elapsed| Err(ProviderError(elapsed.into()))) {
        Ok(seen) => return act_on(state, payment, &seen).await,
        Err(error) => error,
    };
    tracing::warn!(payment_id = %payment.id, error = chain(&error), "a payment's creation was not answered");
    match timeout(READING_BACK, provider.get(&request)).await {
        Ok(Ok(Some(seen))) => act_on(state, payment, &seen).await,
        _ => lose_sight(state, payment).await,
    }
}

/// Creates a payment that its provider does not know although it was asked to: with the same key, so never twice.
///
/// # Errors
/// A dependency failed; run it again.
pub(super) async fn retry(
    state: &State,
    provider: &dyn PaymentProvider,
    request: &PaymentRequest,
    payment: &PaymentRow,
) -> Result<(), Failure> {
    let order = orders::find(state.database.pool(), OrderId(payment.order_id)).await?;
    let waits = order.is_some_and(|order| {
        order.status == OrderStatus::PendingPayment.as_str() && order.expires_at > state.clock.now()
    });
    // An order whose time is over is the sweeper's, which makes sure that nothing can be collected any more.
    if !waits {
        return Ok(());
    }
    let seen = provider.create(request).await?;
    act_on(state, payment, &seen).await
}

/// The provider of a payment and what it is told.
pub(crate) fn request<'s>(
    state: &'s State,
    payment: &PaymentRow,
) -> Result<(&'s dyn PaymentProvider, PaymentRequest), Failure> {
    let provider =
        state.providers.get(payment.provider.as_str()).ok_or(Failure::Data("provider is not configured"))?;
    let currency = payment.currency.parse().map_err(|_| Failure::Data("unknown currency"))?;
    let request = PaymentRequest {
        id: PaymentId(payment.id),
        order_id: OrderId(payment.order_id),
        token: payment.token.clone(),
        amount: Money::new(payment.amount, currency),
        provider_ref: payment.provider_ref.clone(),
        manual_capture: payment.capture_method == "manual",
        has_refunds: payment.refunded > 0,
        created_at: payment.created_at,
    };
    let provider: &dyn PaymentProvider = if payment.amount == 0 { &NothingOwed } else { provider.as_ref() };
    Ok((provider, request))
}

/// How somebody wants to pay.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Who collects the money.
    pub provider: String,
    /// What the provider gave the client; empty: the client confirms there by itself.
    pub token: String,
    /// Whether the money is only set aside until somebody captures it.
    pub manual_capture: bool,
}

impl Choice {
    /// The word in the database.
    #[must_use]
    pub const fn capture_method(&self) -> &'static str {
        if self.manual_capture { "manual" } else { "automatic" }
    }
}

/// Adds a payment to an order whose last one failed; the result is the problem to answer with, if any.
///
/// # Errors
/// A dependency failed.
pub async fn again(
    state: &State,
    order_id: OrderId,
    payment_id: PaymentId,
    choice: &Choice,
) -> Result<Result<(), Problem>, Failure> {
    let pool = state.database.pool();
    if payments::find(pool, payment_id).await?.is_none() {
        let order = orders::find(pool, order_id).await?.ok_or(Failure::Data("no such order"))?;
        match order.status.as_str() {
            "pending_payment" => {}
            "cancelled" | "expired" => {
                return Ok(Err(Problem::conflict("order_closed").detail("The order has ended.")));
            }
            _ => return Ok(Err(already_paid())),
        }
        let now = state.clock.now();
        let payment = &PaymentRow {
            id: payment_id.uuid(),
            order_id: order.id,
            provider: choice.provider.clone(),
            token: choice.token.clone(),
            status: PaymentStatus::Created.as_str().to_owned(),
            currency: order.currency,
            amount: order.grand_total,
            captured: 0,
            refunded: 0,
            client_action: None,
            provider_ref: None,
            capture_method: choice.capture_method().to_owned(),
            disputed: 0,
            created_at: now,
            updated_at: now,
        };
        let added = state
            .database
            .transaction("add_payment", |tx| {
                Box::pin(async move {
                    let status = orders::lock(tx, order_id).await?;
                    if status.as_deref() != Some("pending_payment") {
                        return Ok(false);
                    }
                    payments::insert(tx, payment).await?;
                    orders::touch(tx, &state.clock, order_id).await?;
                    Ok::<bool, Failure>(true)
                })
            })
            .await;
        match added {
            Ok(true) => {}
            Ok(false) => return Ok(Err(Problem::conflict("order_closed").detail("The order has ended."))),
            Err(Failure::Database(error)) if cartwright_database::violates(&error, ONE_LIVE) => {
                return Ok(Err(
                    Problem::conflict("payment_in_progress").detail("Another payment is under way.")
                ));
            }
            Err(error) => return Err(error),
        }
    }
    if let Some(payment) = payments::find(pool, payment_id).await? {
        start(state, &payment).await?;
    }
    Ok(Ok(()))
}

fn already_paid() -> Problem {
    Problem::conflict("already_paid").detail("The order is paid.")
}
