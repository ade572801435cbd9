//! The fixed words of an invoice.

use super::format::Language;

/// The fixed words in one language.
pub(super) struct Labels {
    pub(super) invoice: &'static str,
    pub(super) billed_to: &'static str,
    pub(super) delivered_to: &'static str,
    pub(super) details: &'static str,
    pub(super) number: &'static str,
    pub(super) issued_on: &'static str,
    pub(super) order: &'static str,
    pub(super) currency: &'static str,
    pub(super) tax_id: &'static str,
    pub(super) item: &'static str,
    pub(super) sku: &'static str,
    pub(super) quantity: &'static str,
    pub(super) unit_price: &'static str,
    pub(super) discount: &'static str,
    pub(super) tax: &'static str,
    pub(super) total: &'static str,
    pub(super) shipping: &'static str,
    pub(super) subtotal: &'static str,
    pub(super) grand_total: &'static str,
    pub(super) included_tax: &'static str,
    pub(super) rate: &'static str,
    pub(super) net: &'static str,
    pub(super) gross: &'static str,
    pub(super) payment: &'static str,
    pub(super) prices_with_tax: &'static str,
    pub(super) prices_without_tax: &'static str,
}

const ENGLISH: Labels = Labels {
    invoice: "Invoice",
    billed_to: "Billed to",
    delivered_to: "Delivered to",
    details: "Details",
    number: "Invoice number",
    issued_on: "Invoice date",
    order: "Order",
    currency: "Currency",
    tax_id: "Tax ID",
    item: "Item",
    sku: "SKU",
    quantity: "Qty",
    unit_price: "Unit price",
    discount: "Discount",
    tax: "Tax",
    total: "Total",
    shipping: "Shipping",
    subtotal: "Subtotal",
    grand_total: "Total",
    included_tax: "Tax included",
    rate: "Rate",
    net: "Net",
    gross: "Gross",
    payment: "Payment",
    prices_with_tax: "Unit prices include tax.",
    prices_without_tax: "Unit prices do not include tax.",
};

const GERMAN: Labels = Labels {
    invoice: "Rechnung",
    billed_to: "Rechnung an",
    delivered_to: "Lieferung an",
    details: "Angaben",
    number: "Rechnungsnummer",
    issued_on: "Rechnungsdatum",
    order: "Bestellung",
    currency: "Währung",
    tax_id: "USt-IdNr.",
    item: "Artikel",
    sku: "Art.-Nr.",
    quantity: "Menge",
    unit_price: "Einzelpreis",
    discount: "Rabatt",
    tax: "Steuer",
    total: "Summe",
    shipping: "Versand",
    subtotal: "Zwischensumme",
    grand_total: "Gesamtbetrag",
    included_tax: "Enthaltene Steuer",
    rate: "Satz",
    net: "Netto",
    gross: "Brutto",
    payment: "Zahlung",
    prices_with_tax: "Die Einzelpreise enthalten die Steuer.",
    prices_without_tax: "Die Einzelpreise enthalten keine Steuer.",
};

impl Language {
    /// The fixed words in this language.
    pub(super) const fn labels(self) -> &'static Labels {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
        }
    }

    /// `Page 1 of 3`.
    pub(super) fn page_of(self, page: usize, pages: usize) -> String {
        match self {
            Self::English => format!("Page {page} of {pages}"),
            Self::German => format!("Seite {page} von {pages}"),
        }
    }
}
