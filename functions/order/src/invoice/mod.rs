//! The invoice: what it says ([`InvoiceDocument`], also its JSON form) and how it is printed ([`render`]).
//!
//! Two steps, so that the number of pages is known before the first one is drawn: `layout` places text and shapes on
//! pages and touches no PDF, `render` writes them. The same document always gives the same bytes.

mod address_block;
mod closing;
mod document;
mod fonts;
mod format;
mod labels;
mod layout;
mod page;
mod render;
mod table;
#[cfg(test)]
mod tests;

pub use document::{
    Buyer, InvoiceCurrency, InvoiceDocument, InvoiceLine, InvoiceTotals, Seller, ShippingLine, TaxRow,
};
pub use render::{RenderError, render};
