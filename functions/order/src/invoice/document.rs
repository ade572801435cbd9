//! The contents of an invoice, frozen when it is issued.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// An issued invoice: everything that the PDF shows, and the JSON form of it.
///
/// Amounts are integer minor units of [`InvoiceDocument::currency`]. Nothing is computed when printing: the document
/// repeats what the order was charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(
    as = Invoice,
    description = "An issued invoice: what its PDF shows. Amounts are whole minor units of `currency`."
)]
pub struct InvoiceDocument {
    /// Number in its series, e.g. `R-2026-000001`.
    pub number: String,
    /// Date of issue in the shop's time zone.
    pub issued_on: NaiveDate,
    /// Human number of the order, e.g. `C-2026-000123`.
    pub order_number: String,
    /// Id of the order.
    pub order_id: Uuid,
    /// What all amounts are in.
    pub currency: InvoiceCurrency,
    /// Who issues the invoice.
    pub seller: Seller,
    /// Who is billed.
    pub buyer: Buyer,
    /// Postal address of delivery, line by line, the name first; empty when nothing was shipped.
    #[serde(default)]
    #[schema(required)]
    pub shipping_address: Vec<String>,
    /// What was bought.
    pub lines: Vec<InvoiceLine>,
    /// Delivery, when it was part of the order.
    #[serde(default)]
    #[schema(required)]
    pub shipping: Option<ShippingLine>,
    /// Sums over the invoice.
    pub totals: InvoiceTotals,
    /// Tax by rate; the sums of `tax` and `gross` are those of the totals.
    #[serde(default)]
    #[schema(required)]
    pub taxes: Vec<TaxRow>,
    /// Whether unit prices and `totals.lines` contain the tax.
    pub prices_include_tax: bool,
    /// How it was paid, in the buyer's language; nothing is printed when absent.
    #[serde(default)]
    #[schema(required)]
    pub payment_note: Option<String>,
    /// BCP 47 tag of the buyer's language; `de…` is printed in German, all else in English.
    pub locale: String,
}

/// A currency as an invoice needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InvoiceCurrency {
    /// ISO 4217 code, e.g. `EUR`.
    pub code: String,
    /// Digits after the decimal separator: 2 for EUR, 0 for JPY.
    pub exponent: u8,
}

/// Who issues the invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = InvoiceSeller)]
pub struct Seller {
    /// Name of the shop or company.
    pub name: String,
    /// Postal address in one line.
    pub address: String,
    /// VAT or other tax id; not printed when empty.
    pub tax_id: String,
}

/// Who is billed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = InvoiceBuyer)]
pub struct Buyer {
    /// Name of the person or company.
    pub name: String,
    /// Postal address below the name, line by line.
    pub lines: Vec<String>,
    /// Mail address; not printed when empty.
    pub email: String,
}

/// One item of the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InvoiceLine {
    /// Stock keeping unit.
    pub sku: String,
    /// Name of the product when it was ordered.
    pub name: String,
    /// Pieces.
    pub quantity: i64,
    /// Price of one piece, with or without tax as `prices_include_tax` says.
    pub unit_price: i64,
    /// What was taken off the whole line; positive.
    pub discount: i64,
    /// Tax rate in hundredths of a per cent: 1900 is 19 %.
    pub tax_rate_bps: u32,
    /// Tax of the line.
    pub tax: i64,
    /// What the line costs after the discount, as it stands in the last column.
    pub total: i64,
}

/// The delivery as an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = InvoiceShipping)]
pub struct ShippingLine {
    /// Name of the shipping method.
    pub name: String,
    /// What it costs, with or without tax as `prices_include_tax` says.
    pub amount: i64,
    /// Tax rate in hundredths of a per cent.
    pub tax_rate_bps: u32,
    /// Tax of the delivery.
    pub tax: i64,
    /// What it costs, as it stands in the last column.
    pub total: i64,
}

/// Sums over the invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InvoiceTotals {
    /// The lines before discounts.
    pub lines: i64,
    /// All discounts together; positive, subtracted.
    pub discount: i64,
    /// Delivery.
    pub shipping: i64,
    /// Tax, contained in or added to the others as `prices_include_tax` says.
    pub tax: i64,
    /// What the buyer pays.
    pub grand: i64,
}

/// All that is taxed at one rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = InvoiceTax)]
pub struct TaxRow {
    /// Name of the tax, e.g. `VAT`.
    pub label: String,
    /// Rate in hundredths of a per cent.
    pub rate_bps: u32,
    /// Amount without the tax.
    pub net: i64,
    /// The tax.
    pub tax: i64,
    /// Amount with the tax.
    pub gross: i64,
}
