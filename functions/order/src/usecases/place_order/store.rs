//! Commit 3: the order, its lines, its first payment and `order.placed`, in one transaction.

use cartwright_contracts::events::OrderPlaced;
use cartwright_types::{Money, OrderId, OrderLineId, PaymentId};
use chrono::Datelike as _;
use sqlx::types::Json;

use super::collect::Collected;
use super::{PlaceError, PlaceOrder};
use crate::db::orders::{LineRow, OrderRow};
use crate::db::payments::PaymentRow;
use crate::db::{orders, payments};
use crate::domain::order::OrderStatus;
use crate::domain::payment::PaymentStatus;
use crate::error::Failure;
use crate::state::State;
use crate::usecases::events::tell;

pub async fn store(state: &State, wish: &PlaceOrder, collected: &Collected) -> Result<(), PlaceError> {
    let lines = &line_rows(state, wish.order_id, collected)?;
    let order = &order_row(state, wish, collected);
    let payment = &PaymentRow {
        id: PaymentId::new(state.clock.as_ref()).uuid(),
        order_id: order.id,
        provider: wish.provider.clone(),
        token: wish.token.clone(),
        status: PaymentStatus::Created.as_str().to_owned(),
        currency: order.currency.clone(),
        amount: order.grand_total,
        captured: 0,
        refunded: 0,
        client_action: None,
        provider_ref: None,
        capture_method: "automatic".to_owned(),
        disputed: 0,
        created_at: order.created_at,
        updated_at: order.created_at,
    };
    let stored = state
        .database
        .transaction("place_order", |tx| {
            Box::pin(async move {
                let number = orders::next_number(tx).await?;
                let year = state.clock.now().with_timezone(&state.shop.time_zone).year();
                let order = OrderRow { number: format!("C-{year}-{number:06}"), ..order.clone() };
                orders::insert(tx, &order, lines).await?;
                payments::insert(tx, payment).await?;
                let event = OrderPlaced {
                    order_id: wish.order_id,
                    number: order.number.clone(),
                    user_id: Some(wish.user_id),
                    total: Money::new(order.grand_total, state.shop.currency),
                };
                let actor = format!("user:{}", wish.user_id);
                tell(tx, &state.clock, wish.order_id, order.version, &actor, &event).await?;
                Ok::<(), Failure>(())
            })
        })
        .await;
    match stored {
        // A request that took over from this one, or from which this one took over, was faster: the order is there.
        Err(Failure::Database(error)) if cartwright_database::violates(&error, "orders_pkey") => Ok(()),
        other => other.map_err(PlaceError::from),
    }
}

fn order_row(state: &State, wish: &PlaceOrder, collected: &Collected) -> OrderRow {
    let now = state.clock.now();
    let totals = &collected.totals;
    let billing = wish.billing_address.clone().unwrap_or_else(|| wish.shipping_address.clone());
    OrderRow {
        id: wish.order_id.uuid(),
        number: String::new(),
        user_id: Some(wish.user_id.uuid()),
        status: OrderStatus::PendingPayment.as_str().to_owned(),
        currency: state.shop.currency.to_string(),
        lines_total: totals.lines_total,
        discount_total: 0,
        shipping_total: totals.shipping.total,
        tax_total: totals.tax_total,
        grand_total: totals.grand_total,
        prices_include_tax: collected.inclusive,
        shipping_address: Json(wish.shipping_address.clone()),
        billing_address: Json(billing),
        shipping_method_id: collected.shipping.id,
        shipping_method_name: collected.shipping.name.clone(),
        shipping_tax_rate_bps: totals.shipping.item.rate_bps,
        shipping_tax: totals.shipping.tax,
        note: wish.note.clone(),
        cart_owner: None,
        cart_version: collected.cart_version,
        guest_email: None,
        guest_email_normalised: None,
        guest_locale: None,
        order_token_hash: None,
        order_token_expires_at: None,
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
        .zip(&collected.totals.lines)
        .map(|((quote, quantity), charged)| {
            Ok(LineRow {
                id: OrderLineId::new(state.clock.as_ref()).uuid(),
                order_id: order.uuid(),
                sku: quote.sku.clone(),
                product_id: quote.product_id.uuid(),
                name: quote.name.clone(),
                quantity: i32::try_from(*quantity).map_err(|_| Failure::Data("a quantity beyond 32 bits"))?,
                unit_price: quote.unit_price.amount,
                discount: 0,
                tax_rate_bps: charged.item.rate_bps,
                tax: charged.tax,
                total: charged.total,
            })
        })
        .collect()
}
