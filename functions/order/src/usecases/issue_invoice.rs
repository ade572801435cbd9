//! The invoice of a paid order: its number and contents in one transaction, then the PDF, then the word that it is there.

use std::collections::BTreeMap;

use cartwright_contracts::events::InvoiceIssued;
use cartwright_types::{Currency, InvoiceId, OrderId};
use chrono::Datelike as _;

use crate::db::invoices::{InvoiceRow, NewInvoice};
use crate::db::orders::{LineRow, OrderRow};
use crate::db::{invoices, orders};
use crate::error::Failure;
use crate::invoice::{
    Buyer, InvoiceCurrency, InvoiceDocument, InvoiceLine, InvoiceTotals, Seller, ShippingLine, TaxRow, render,
};
use crate::state::State;
use crate::usecases::buyer_contact::{self, BuyerContact};
use crate::usecases::events::tell;

/// The series of invoices; credit notes will have their own.
const SERIES: &str = "R";

/// Issues the invoice, or goes on where an earlier try ended. Every step finds what the one before left.
///
/// # Errors
/// A dependency failed; run it again.
pub async fn issue(state: &State, order_id: OrderId) -> Result<(), Failure> {
    let pool = state.database.pool();
    let order = orders::find(pool, order_id).await?.ok_or(Failure::Data("paid order does not exist"))?;
    let invoice = if let Some(invoice) = invoices::of_order(pool, order_id).await? {
        invoice
    } else {
        number(state, &order).await?;
        invoices::of_order(pool, order_id).await?.ok_or(Failure::Data("the invoice is gone"))?
    };
    if invoice.issued_at.is_some() {
        return Ok(());
    }
    let document = invoice.document.0.clone();
    let pdf = tokio::task::spawn_blocking(move || render(&document)).await;
    let Ok(Ok(pdf)) = pdf else { return Err(Failure::Data("the invoice cannot be printed")) };
    state.invoices.put(&invoice.s3_key, pdf).await?;
    announce(state, &order, &invoice).await
}

/// Gives the invoice its number and freezes what it says.
async fn number(state: &State, order: &OrderRow) -> Result<(), Failure> {
    let order_id = OrderId(order.id);
    let lines = &orders::lines_of(state.database.pool(), order_id).await?;
    // An account that was erased meanwhile does not undo the sale: the invoice names the buyer as the order does.
    let contact = buyer_contact::of(state, order).await?;
    let contact = contact.as_ref();
    state
        .database
        .transaction("number_invoice", |tx| {
            Box::pin(async move {
                orders::lock(tx, order_id).await?;
                if invoices::exists(tx, order_id).await? {
                    return Ok(());
                }
                let now = state.clock.now();
                let today = now.with_timezone(&state.shop.time_zone).date_naive();
                let sequence = invoices::next_number(tx, SERIES, today.year()).await?;
                let number = format!("{SERIES}-{}-{sequence:06}", today.year());
                let invoice = NewInvoice {
                    id: InvoiceId::new(state.clock.as_ref()).uuid(),
                    order_id,
                    series: SERIES,
                    year: today.year(),
                    sequence,
                    s3_key: format!("{}/{number}.pdf", today.year()),
                    document: document(state, order, lines, contact, number, today)?,
                    created_at: now,
                };
                invoices::insert(tx, &invoice).await?;
                Ok::<(), Failure>(())
            })
        })
        .await
}

async fn announce(state: &State, order: &OrderRow, invoice: &InvoiceRow) -> Result<(), Failure> {
    let order_id = OrderId(order.id);
    let event = &InvoiceIssued {
        invoice_id: InvoiceId(invoice.id),
        number: invoice.number.clone(),
        order_id,
        order_number: order.number.clone(),
        user_id: order.buyer(),
        s3_key: invoice.s3_key.clone(),
    };
    state
        .database
        .transaction("announce_invoice", |tx| {
            Box::pin(async move {
                orders::lock(tx, order_id).await?;
                if invoices::mark_issued(tx, invoice.id, state.clock.now()).await? {
                    let version = orders::touch(tx, &state.clock, order_id).await?;
                    tell(tx, &state.clock, order_id, version, "system", event).await?;
                }
                Ok::<(), Failure>(())
            })
        })
        .await
}

fn document(
    state: &State,
    order: &OrderRow,
    lines: &[LineRow],
    contact: Option<&BuyerContact>,
    number: String,
    issued_on: chrono::NaiveDate,
) -> Result<InvoiceDocument, Failure> {
    let currency: Currency = order.currency.parse().map_err(|_| Failure::Data("unknown currency"))?;
    let (billing, shipping) = (&order.billing_address.0, &order.shipping_address.0);
    let bps = |rate: i32| u32::try_from(rate).unwrap_or(0);
    let mut delivery = vec![shipping.name.clone()];
    delivery.extend(shipping.postal_lines());
    Ok(InvoiceDocument {
        number,
        issued_on,
        order_number: order.number.clone(),
        order_id: order.id,
        currency: InvoiceCurrency { code: currency.to_string(), exponent: currency.exponent() },
        seller: Seller {
            name: state.shop.name.clone(),
            address: state.shop.address.clone(),
            tax_id: state.shop.tax_id.clone(),
        },
        buyer: Buyer {
            name: billing.name.clone(),
            lines: billing.postal_lines(),
            email: contact.map(|contact| contact.email.clone()).unwrap_or_default(),
        },
        shipping_address: delivery,
        lines: lines
            .iter()
            .map(|line| InvoiceLine {
                sku: line.sku.clone(),
                name: line.name.clone(),
                quantity: i64::from(line.quantity),
                unit_price: line.unit_price,
                discount: line.discount,
                tax_rate_bps: bps(line.tax_rate_bps),
                tax: line.tax,
                total: line.total,
            })
            .collect(),
        shipping: Some(ShippingLine {
            name: order.shipping_method_name.clone(),
            amount: order.shipping_total,
            tax_rate_bps: bps(order.shipping_tax_rate_bps),
            tax: order.shipping_tax,
            total: order.shipping_total,
        }),
        totals: InvoiceTotals {
            lines: order.lines_total,
            discount: order.discount_total,
            shipping: order.shipping_total,
            tax: order.tax_total,
            grand: order.grand_total,
        },
        taxes: tax_rows(order, lines),
        prices_include_tax: order.prices_include_tax,
        payment_note: None,
        locale: contact.map_or_else(|| "en".to_owned(), |contact| contact.locale.clone()),
    })
}

/// Tax by rate, the highest first.
fn tax_rows(order: &OrderRow, lines: &[LineRow]) -> Vec<TaxRow> {
    let shipping = (order.shipping_tax_rate_bps, order.shipping_total, order.shipping_tax);
    let mut by_rate: BTreeMap<i32, (i64, i64)> = BTreeMap::new();
    for (rate, total, tax) in
        lines.iter().map(|line| (line.tax_rate_bps, line.total, line.tax)).chain([shipping])
    {
        let sums = by_rate.entry(rate).or_default();
        sums.0 += total;
        sums.1 += tax;
    }
    by_rate
        .into_iter()
        .rev()
        .map(|(rate, (total, tax))| {
            let (net, gross) =
                if order.prices_include_tax { (total - tax, total) } else { (total, total + tax) };
            TaxRow { label: "VAT".to_owned(), rate_bps: u32::try_from(rate).unwrap_or(0), net, tax, gross }
        })
        .collect()
}
