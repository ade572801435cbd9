//! Starting a payment at its provider: the first one of an order, or another after a decline.

use cartwright_types::{Money, OrderId, PaymentId};
use cartwright_web::Problem;

use crate::clients::payments::{PaymentProvider, PaymentRequest};
use crate::db::payments::{ONE_LIVE, PaymentRow};
use crate::db::{orders, payments};
use crate::domain::payment::PaymentStatus;
use crate::error::Failure;
use crate::state::State;
use crate::usecases::observe_payment::act_on;

/// Creates the payment at its provider (its id is the idempotency key) and acts on the answer. Nothing to do when it is
/// known there already.
///
/// # Errors
/// A dependency failed; run it again.
pub async fn start(state: &State, payment: &PaymentRow) -> Result<(), Failure> {
    if payment.status != PaymentStatus::Created.as_str() {
        return Ok(());
    }
    let (provider, request) = request(state, payment)?;
    let seen = provider.create(&request).await?;
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
        token: payment.token.clone(),
        amount: Money::new(payment.amount, currency),
        provider_ref: payment.provider_ref.clone(),
        manual_capture: payment.capture_method == "manual",
    };
    Ok((provider.as_ref(), request))
}

/// Adds a payment to an order whose last one failed; the result is the problem to answer with, if any.
///
/// # Errors
/// A dependency failed.
pub async fn again(
    state: &State,
    order_id: OrderId,
    payment_id: PaymentId,
    provider: &str,
    token: &str,
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
            provider: provider.to_owned(),
            token: token.to_owned(),
            status: PaymentStatus::Created.as_str().to_owned(),
            currency: order.currency,
            amount: order.grand_total,
            captured: 0,
            refunded: 0,
            client_action: None,
            provider_ref: None,
            capture_method: "automatic".to_owned(),
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
