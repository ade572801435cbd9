//! Money back: decided in one transaction, asked for at the provider after it, asked again until the provider has decided. The
//! refund's id is its idempotency key there. What is decided counts against the payment until it fails.

use std::sync::LazyLock;

use cartwright_contracts::events::{OrderRefunded, RefundedLine};
use cartwright_database::Tx;
use cartwright_runtime::chain;
use cartwright_runtime::metrics::{self, IntCounterVec};
use cartwright_types::{Currency, Money, OrderId, OrderLineId, PaymentId, RefundId, new_uuid};
use cartwright_web::{FieldError, Problem};
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use crate::clients::payments::RefundStatus;
use crate::db::discrepancies::{self, Finding};
use crate::db::orders::OrderRow;
use crate::db::refunds::{PaidLine, RefundLine, RefundRow, WITHIN_CAPTURED};
use crate::db::{orders, payments, refunds};
use crate::domain::order::OrderStatus;
use crate::domain::refund::{RefundState, share};
use crate::error::Failure;
use crate::state::State;
use crate::usecases::events::tell;
use crate::usecases::pay_order;

static REFUNDS: LazyLock<IntCounterVec> =
    LazyLock::new(|| metrics::counter("refunds_total", "Refunds and what became of them", &["outcome"]));

/// The `actor` of refunds that were made at the provider.
pub(super) const PROVIDER: &str = "provider";

/// What staff want to give back.
#[derive(Debug, Clone)]
pub struct WantedRefund {
    /// None: what the lines cost, or all that is left.
    pub amount: Option<Money>,
    /// For which lines; each once.
    pub lines: Option<Vec<RefundLine>>,
    /// Why, for the books.
    pub reason: String,
    /// The lines' goods go back on the shelf.
    pub restock: bool,
}

/// Why there is no refund.
#[derive(Debug, thiserror::Error)]
pub enum RefundError {
    /// There is too little left for it; the answer is final and is stored.
    #[error("refused: {}", .0.code)]
    Refused(Box<Problem>),
    /// The request does not fit the order; the key stays free.
    #[error("invalid: {}", .0.code)]
    Invalid(Box<Problem>),
    /// A dependency failed; the same request may be tried again.
    #[error("a dependency failed")]
    Failed(#[from] Failure),
}

impl From<sqlx::Error> for RefundError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(Failure::Database(error))
    }
}

impl From<Problem> for RefundError {
    fn from(problem: Problem) -> Self {
        Self::Refused(Box::new(problem))
    }
}

/// Decides a refund under the id minted for its request, unless an earlier try did, and sends it to the provider. When that does
/// not answer, the refund stays open and the reconciler asks again.
///
/// # Errors
/// See [`RefundError`].
pub async fn refund(
    state: &State,
    id: RefundId,
    order: &OrderRow,
    wanted: &WantedRefund,
    actor: &str,
) -> Result<(), RefundError> {
    if refunds::find(state.database.pool(), id).await?.is_none() {
        decide(state, id, order, wanted, actor).await?;
    }
    send_or_leave(state, id).await;
    Ok(())
}

async fn decide(
    state: &State,
    id: RefundId,
    order: &OrderRow,
    wanted: &WantedRefund,
    actor: &str,
) -> Result<(), RefundError> {
    let order_id = OrderId(order.id);
    let currency: Currency = order.currency.parse().map_err(|_| Failure::Data("unknown currency"))?;
    let decided = state
        .database
        .transaction("decide_refund", |tx| {
            Box::pin(async move {
                let status = orders::lock(tx, order_id).await?;
                let lines = refunds::lines(tx, order_id).await?;
                // One payment at most has money: the index `payments_one_live`.
                let source = refunds::refundable(tx, order_id).await?.into_iter().next();
                let left = Money::new(source.map_or(0, |source| source.amount), currency);
                let amount = amount(wanted, &lines, left)?;
                if wanted.restock && !has_goods(status.as_deref()) {
                    return Err(Problem::conflict("nothing_to_restock")
                        .detail("The order's stock is not sold, or has gone back already.")
                        .into());
                }
                let source = source.ok_or_else(|| beyond(left))?;
                let refund = RefundRow {
                    id: id.uuid(),
                    payment_id: source.payment_id,
                    amount,
                    status: RefundState::Requested.as_str().to_owned(),
                    reason: wanted.reason.clone(),
                    lines: wanted.lines.clone().map(Json),
                    restock: wanted.restock,
                    actor: actor.to_owned(),
                    provider_ref: None,
                    created_at: state.clock.now(),
                };
                refunds::insert(tx, &refund).await?;
                Ok::<(), RefundError>(())
            })
        })
        .await;
    match decided {
        // Another try of the same request was faster.
        Err(RefundError::Failed(Failure::Database(error)))
            if cartwright_database::violates(&error, "refunds_pkey") =>
        {
            Ok(())
        }
        // Never while everybody takes the locks above; the database does not rely on it.
        Err(RefundError::Failed(Failure::Database(error)))
            if cartwright_database::violates(&error, WITHIN_CAPTURED) =>
        {
            Err(beyond(Money::zero(currency)).into())
        }
        other => other,
    }
}

/// Whether the order's stock is sold and was not given back as a whole.
fn has_goods(status: Option<&str>) -> bool {
    let status = status.and_then(|status| status.parse::<OrderStatus>().ok());
    status.is_some_and(|status| !status.is_off() && status != OrderStatus::PendingPayment)
}

fn beyond(left: Money) -> Problem {
    Problem::conflict("refund_exceeds_captured")
        .detail("That is more than can still go back; see refundable.")
        .with("refundable", left)
}

/// How much goes back: what was asked for, what the lines cost, or all that is left.
fn amount(wanted: &WantedRefund, lines: &[PaidLine], left: Money) -> Result<i64, RefundError> {
    let of_lines = wanted.lines.as_ref().map(|of| worth(of, lines, left)).transpose()?;
    let amount = match (wanted.amount, of_lines) {
        (Some(amount), _) if amount.currency != left.currency => {
            return Err(invalid("/amount/currency", "wrong_currency", "must be the order's currency"));
        }
        (Some(amount), _) => amount.amount,
        (None, Some(0)) => return Err(invalid("/lines", "nothing_paid", "these lines cost nothing")),
        (None, Some(worth)) => worth,
        (None, None) => left.amount,
    };
    if amount > left.amount || amount == 0 {
        return Err(beyond(left).into());
    }
    Ok(amount)
}

/// What the lines of a refund cost, each by what of it was not refunded before.
fn worth(wanted: &[RefundLine], lines: &[PaidLine], left: Money) -> Result<i64, RefundError> {
    let (mut sum, mut wrong, mut short) = (0, Vec::new(), Vec::new());
    for (at, of) in wanted.iter().enumerate() {
        let Some(line) = lines.iter().find(|line| line.id == of.line_id) else {
            wrong.push((format!("/lines/{at}/line_id"), "unknown_line", "is not a line of this order"));
            continue;
        };
        if of.quantity > line.quantity {
            wrong.push((format!("/lines/{at}/quantity"), "out_of_range", "is more than was ordered"));
        } else if of.quantity > line.quantity - line.refunded {
            short.push(json!({ "line_id": line.id, "refundable": line.quantity - line.refunded }));
        } else {
            sum += share(line.paid, line.quantity, line.refunded, of.quantity);
        }
    }
    if !wrong.is_empty() {
        let errors = wrong.into_iter().map(|(pointer, code, detail)| FieldError {
            pointer,
            code: code.into(),
            detail: detail.into(),
        });
        return Err(RefundError::Invalid(Box::new(Problem::validation(errors.collect()))));
    }
    if short.is_empty() { Ok(sum) } else { Err(beyond(left).with("lines", short).into()) }
}

fn invalid(pointer: &'static str, code: &'static str, detail: &'static str) -> RefundError {
    RefundError::Invalid(Box::new(Problem::invalid(pointer, code, detail)))
}

/// Asks `amount` of a payment back in the name of `actor`, as part of the transaction that decides it; nothing if it is 0. The
/// caller holds the order's lock.
pub(crate) async fn ask_back(
    tx: &mut Tx<'_>,
    state: &State,
    payment: PaymentId,
    amount: i64,
    reason: &str,
    actor: &str,
) -> Result<(), sqlx::Error> {
    if amount == 0 {
        return Ok(());
    }
    let refund = RefundRow {
        id: new_uuid(state.clock.as_ref()),
        payment_id: payment.uuid(),
        amount,
        status: RefundState::Requested.as_str().to_owned(),
        reason: reason.to_owned(),
        lines: None,
        restock: false,
        actor: actor.to_owned(),
        provider_ref: None,
        created_at: state.clock.now(),
    };
    refunds::insert(tx, &refund).await
}

/// Asks back all that is left of a payment, once: where a refund failed somebody has to look.
pub(crate) async fn ask_rest_back(
    tx: &mut Tx<'_>,
    state: &State,
    payment: PaymentId,
    reason: &str,
) -> Result<(), sqlx::Error> {
    match refunds::refundable_of(tx, payment).await? {
        Some(left) if !left.has_failed => ask_back(tx, state, payment, left.amount, reason, "system").await,
        _ => Ok(()),
    }
}

/// [`send`], where a failure can wait for the reconciler.
pub(crate) async fn send_or_leave(state: &State, id: RefundId) {
    if let Err(error) = send(state, id).await {
        tracing::warn!(refund_id = %id, error = chain(&error), "the refund could not be done yet");
    }
}

/// Asks the provider for a refund that is open, or for what became of it, and notes the answer.
///
/// # Errors
/// A dependency failed; run it again.
pub async fn send(state: &State, id: RefundId) -> Result<(), Failure> {
    let pool = state.database.pool();
    let refund = refunds::find(pool, id).await?.ok_or(Failure::Data("no such refund"))?;
    let now: RefundState = refund.status.parse().map_err(|_| Failure::Data("unknown refund status"))?;
    if !now.is_open() {
        return Ok(());
    }
    let payment_id = PaymentId(refund.payment_id);
    let payment = payments::find(pool, payment_id).await?.ok_or(Failure::Data("refund without payment"))?;
    let order_id = OrderId(payment.order_id);
    let order = &orders::find(pool, order_id).await?.ok_or(Failure::Data("payment without order"))?;
    let (provider, request) = pay_order::request(state, &payment)?;
    let amount = Money::new(refund.amount, request.amount.currency);
    let answer = &match &refund.provider_ref {
        // The key would only give the first answer again.
        Some(reference) => provider.read_refund(&request, reference).await?,
        None => provider.refund(refund.id, &request, amount).await?,
    };
    state
        .database
        .transaction("settle_refund", |tx| {
            Box::pin(async move {
                orders::lock(tx, order_id).await?;
                payments::lock(tx, payment_id).await?;
                note(tx, state, order, id, answer.status, answer.provider_ref.as_deref()).await
            })
        })
        .await
}

/// Notes where a refund stands at its provider, unless that is old news; tells when the money is back. The caller holds the locks
/// of its order and payment.
pub(super) async fn note(
    tx: &mut Tx<'_>,
    state: &State,
    order: &OrderRow,
    id: RefundId,
    seen: RefundStatus,
    provider_ref: Option<&str>,
) -> Result<(), Failure> {
    let (order_id, now) = (OrderId(order.id), state.clock.now());
    let next = match seen {
        RefundStatus::Pending => RefundState::Pending,
        RefundStatus::Done => RefundState::Done,
        RefundStatus::Failed => RefundState::Failed,
    };
    let current = refunds::lock(tx, id).await?.and_then(|text| text.parse::<RefundState>().ok());
    if !current.is_some_and(|current| current.may_become(next)) {
        return Ok(());
    }
    refunds::set_status(tx, id, next, provider_ref, now).await?;
    let refund = refunds::find(&mut **tx, id).await?.ok_or(Failure::Data("a locked refund is gone"))?;
    let version = orders::touch(tx, &state.clock, order_id).await?;
    match next {
        RefundState::Done => {
            let lines = refunds::lines(tx, order_id).await?;
            let event = refunded_event(order, &refund, &lines)?;
            // What was made in the provider's dashboard has no actor that we know.
            let actor = if refund.actor == PROVIDER { "system" } else { &refund.actor };
            tell(tx, &state.clock, order_id, version, actor, &event).await?;
        }
        RefundState::Failed => {
            let finding = Finding {
                payment_id: refund.payment_id,
                kind: "refund_failed".to_owned(),
                detail: json!({ "refund_ids": [id], "amount": refund.amount, "currency": order.currency }),
            };
            discrepancies::note(&mut **tx, new_uuid(state.clock.as_ref()), &finding, now).await?;
            tracing::error!(refund_id = %id, payment_id = %refund.payment_id, "a refund failed at the provider");
        }
        RefundState::Requested | RefundState::Pending => {}
    }
    REFUNDS.with_label_values(&[next.as_str()]).inc();
    Ok(())
}

fn refunded_event(
    order: &OrderRow,
    refund: &RefundRow,
    lines: &[PaidLine],
) -> Result<OrderRefunded, Failure> {
    let currency: Currency = order.currency.parse().map_err(|_| Failure::Data("unknown currency"))?;
    let sku = |id: Uuid| lines.iter().find(|line| line.id == id).map(|line| line.sku.clone());
    let of_refund = refund.lines.as_ref().map_or(&[][..], |Json(lines)| lines.as_slice());
    let lines = of_refund.iter().map(|of| {
        let sku = sku(of.line_id).ok_or(Failure::Data("a refund of a line that is gone"))?;
        Ok(RefundedLine { line_id: OrderLineId(of.line_id), sku, quantity: of.quantity })
    });
    Ok(OrderRefunded {
        order_id: OrderId(order.id),
        number: order.number.clone(),
        user_id: order.buyer(),
        refund_id: RefundId(refund.id),
        amount: Money::new(refund.amount, currency),
        lines: lines.collect::<Result<_, Failure>>()?,
        restock: refund.restock,
    })
}
