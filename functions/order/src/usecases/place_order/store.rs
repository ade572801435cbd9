//! Commit 3: the order, its lines, its promotions, its first payment and `order.placed`, in one transaction.

use cartwright_contracts::events::OrderPlaced;
use cartwright_types::{Money, OrderId, OrderLineId, PaymentId, UserId};
use chrono::{Datelike as _, TimeDelta};
use sqlx::types::Json;

use super::collect::Collected;
use super::pricing::exhausted;
use super::{Customer, PlaceError, PlaceOrder, refused};
use crate::db::orders::{LineRow, OrderRow};
use crate::db::payments::PaymentRow;
use crate::db::{orders, payments, promotions};
use crate::domain::fulfilment::FulfilmentStatus;
use crate::domain::order::OrderStatus;
use crate::domain::payment::PaymentStatus;
use crate::error::Failure;
use crate::state::State;
use crate::usecases::events::tell;

/// How long the token of a guest's order works.
const TOKEN_LIFE: TimeDelta = TimeDelta::days(90);

/// Stores it; `None`: another try of the request was faster.
pub async fn store(
    state: &State,
    wish: &PlaceOrder,
    collected: &Collected,
) -> Result<Option<PaymentRow>, PlaceError> {
    let lines = &line_rows(state, wish.order_id, collected)?;
    let order = &order_row(state, wish, collected);
    let redeemed: &Vec<_> = &collected.priced.promotions.iter().map(|stored| stored.id).collect();
    let payment = PaymentRow {
        id: PaymentId::new(state.clock.as_ref()).uuid(),
        order_id: order.id,
        provider: wish.payment.provider.clone(),
        token: wish.payment.token.clone(),
        status: PaymentStatus::Created.as_str().to_owned(),
        currency: order.currency.clone(),
        amount: order.grand_total,
        captured: 0,
        refunded: 0,
        client_action: None,
        provider_ref: None,
        capture_method: wish.payment.capture_method().to_owned(),
        disputed: 0,
        created_at: order.created_at,
        updated_at: order.created_at,
    };
    let first = &payment;
    let stored = state
        .database
        .transaction("place_order", |tx| {
            Box::pin(async move {
                let number = orders::next_number(tx).await?;
                let year = state.clock.now().with_timezone(&state.shop.time_zone).year();
                let order = OrderRow { number: format!("C-{year}-{number:06}"), ..order.clone() };
                orders::insert(tx, &order, lines).await?;
                payments::insert(tx, first).await?;
                let event = OrderPlaced {
                    order_id: wish.order_id,
                    number: order.number.clone(),
                    user_id: wish.customer.user(),
                    total: Money::new(order.grand_total, state.shop.currency),
                };
                let actor = wish.customer.actor();
                tell(tx, &state.clock, wish.order_id, order.version, &actor, &event).await?;
                // Last, since everybody with the same code waits for this lock.
                if !promotions::redeem(tx, wish.order_id, wish.customer.holder(), redeemed).await? {
                    return Err(refused(exhausted()));
                }
                Ok::<(), PlaceError>(())
            })
        })
        .await;
    match stored {
        // A request that took over from this one, or from which this one took over, was faster: the order is there.
        Err(PlaceError::Failed(Failure::Database(error)))
            if cartwright_database::violates(&error, "orders_pkey") =>
        {
            Ok(None)
        }
        other => other.map(|()| Some(payment)),
    }
}

fn order_row(state: &State, wish: &PlaceOrder, collected: &Collected) -> OrderRow {
    let now = state.clock.now();
    let (priced, totals) = (&collected.priced, &collected.priced.totals);
    let guest = match &wish.customer {
        Customer::User(_) => None,
        Customer::Guest { email, locale } => Some((email, locale)),
    };
    let billing = wish.billing_address.clone().unwrap_or_else(|| wish.shipping_address.clone());
    OrderRow {
        id: wish.order_id.uuid(),
        number: String::new(),
        user_id: wish.customer.user().map(UserId::uuid),
        status: OrderStatus::PendingPayment.as_str().to_owned(),
        fulfilment_status: FulfilmentStatus::Unfulfilled.as_str().to_owned(),
        currency: state.shop.currency.to_string(),
        lines_total: totals.lines_total,
        discount_total: totals.discount_total,
        shipping_total: totals.shipping.total,
        tax_total: totals.tax_total,
        grand_total: totals.grand_total,
        prices_include_tax: priced.inclusive,
        shipping_address: Json(wish.shipping_address.clone()),
        billing_address: Json(billing),
        shipping_method_id: priced.shipping.id,
        shipping_method_name: priced.shipping.method.name.clone(),
        shipping_tax_rate_bps: totals.shipping.item.rate_bps,
        shipping_tax: totals.shipping.tax,
        promotion_codes: priced.promotions.iter().map(|stored| stored.promotion.code.clone()).collect(),
        explain: Some(Json(totals.explain.clone())),
        note: wish.note.clone(),
        cart_owner: collected.cart.as_ref().map(|(owner, _)| owner.clone()),
        cart_version: collected.cart.as_ref().map(|(_, version)| *version),
        guest_email: guest.map(|(email, _)| email.written().to_owned()),
        guest_email_normalised: guest.map(|(email, _)| email.normalised().to_owned()),
        guest_locale: guest.and_then(|(_, locale)| locale.clone()),
        order_token_hash: guest.map(|_| state.token_keys.of_order(wish.order_id).hash().bytes().to_vec()),
        order_token_expires_at: guest.map(|_| now + TOKEN_LIFE),
        version: 1,
        created_at: now,
        updated_at: now,
        expires_at: now + state.order_expiry,
    }
}

fn line_rows(state: &State, order: OrderId, collected: &Collected) -> Result<Vec<LineRow>, Failure> {
    collected
        .lines
        .iter()
        .zip(&collected.priced.totals.lines)
        .map(|((quote, quantity), charged)| {
            Ok(LineRow {
                id: OrderLineId::new(state.clock.as_ref()).uuid(),
                order_id: order.uuid(),
                sku: quote.sku.clone(),
                product_id: quote.product_id.uuid(),
                name: quote.name.clone(),
                quantity: i32::try_from(*quantity).map_err(|_| Failure::Data("a quantity beyond 32 bits"))?,
                unit_price: quote.unit_price.amount,
                discount: charged.discount,
                tax_rate_bps: charged.item.rate_bps,
                tax: charged.tax,
                total: charged.total,
            })
        })
        .collect()
}
