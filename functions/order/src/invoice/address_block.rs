//! The top of the first page: who sells, who buys, where it went, and the invoice's own data.

use super::document::InvoiceDocument;
use super::format::Language;
use super::page::{Canvas, Ink, LEFT, RIGHT, Style, WIDTH};

const COLUMN: f32 = 140.0;
const GAP: f32 = 20.0;
const DETAILS_LEFT: f32 = LEFT + 2.0 * (COLUMN + GAP);

const HEADING: Style = Style::bold(8.0, Ink::Accent);
const BODY: Style = Style::regular(9.5, Ink::Text);
const EMPHASIS: Style = Style::bold(9.5, Ink::Text);
const LABEL: Style = Style::regular(9.0, Ink::Muted);

/// Lines of one part of an address before it is cut, so that no input runs off the page.
const MAX_LINES: usize = 4;
/// Parts of an address before the rest is left out; a postal address has at most eight.
const MAX_PARTS: usize = 10;

/// The seller at the left, the title at the right.
pub(super) fn letterhead(canvas: &mut Canvas<'_>, document: &InvoiceDocument, language: Language) {
    canvas.rectangle((0.0, 0.0, super::page::PAGE_WIDTH, 6.0), Ink::Accent);
    let title = Style::bold(24.0, Ink::Accent);
    canvas.text_right(RIGHT, 68.0, title, language.labels().invoice);

    let seller = &document.seller;
    let width = 300.0;
    let y = canvas.paragraph((LEFT, 49.0, width), Style::bold(16.0, Ink::Text), 2, &seller.name);
    let small = Style::regular(8.5, Ink::Muted);
    let mut y = canvas.paragraph((LEFT, y + 1.0, width), small, MAX_LINES, &seller.address);
    if !seller.tax_id.is_empty() {
        let tax_id = format!("{} {}", language.labels().tax_id, seller.tax_id);
        y = canvas.paragraph((LEFT, y, width), small, 1, &tax_id);
    }
    canvas.y = y.max(100.0) + 28.0;
}

/// Three columns: billed to, delivered to (where it differs), details.
pub(super) fn address_block(canvas: &mut Canvas<'_>, document: &InvoiceDocument, language: Language) {
    let labels = language.labels();
    let buyer = &document.buyer;
    let top = canvas.y;

    let billed: Vec<&str> = std::iter::once(&buyer.name).chain(&buyer.lines).map(String::as_str).collect();
    let mut bottom = address(canvas, LEFT, top, labels.billed_to, &billed);
    if !buyer.email.is_empty() {
        bottom = canvas.paragraph(
            (LEFT, bottom, COLUMN),
            Style::regular(9.0, Ink::Muted),
            MAX_LINES,
            &buyer.email,
        );
    }

    let delivered: Vec<&str> = document.shipping_address.iter().map(String::as_str).collect();
    if !delivered.is_empty() && delivered != billed {
        bottom = bottom.max(address(canvas, LEFT + COLUMN + GAP, top, labels.delivered_to, &delivered));
    }

    bottom = bottom.max(details(canvas, document, language, top));
    canvas.y = bottom + 26.0;
}

/// A heading, the name in bold, the other lines below; gives the lower edge.
fn address(canvas: &mut Canvas<'_>, x: f32, top: f32, heading: &str, lines: &[&str]) -> f32 {
    let mut y = canvas.paragraph((x, top, COLUMN), HEADING, 1, heading) + 3.0;
    let parts = lines.iter().filter(|line| !line.trim().is_empty()).take(MAX_PARTS);
    for (index, line) in parts.enumerate() {
        let style = if index == 0 { EMPHASIS } else { BODY };
        y = canvas.paragraph((x, y, COLUMN), style, MAX_LINES, line);
    }
    y
}

/// Labels at the left, values at the right; gives the lower edge.
fn details(canvas: &mut Canvas<'_>, document: &InvoiceDocument, language: Language, top: f32) -> f32 {
    let labels = language.labels();
    let width = LEFT + WIDTH - DETAILS_LEFT;
    let issued_on = language.date(document.issued_on);
    let rows = [
        (labels.number, document.number.as_str()),
        (labels.issued_on, issued_on.as_str()),
        (labels.order, document.order_number.as_str()),
        (labels.currency, document.currency.code.as_str()),
    ];
    let mut y = canvas.paragraph((DETAILS_LEFT, top, width), HEADING, 1, labels.details) + 3.0;
    for (label, value) in rows {
        let value_style = BODY.sized(9.0);
        canvas.text(DETAILS_LEFT, y + LABEL.size, LABEL, label);
        let label_width = canvas.fonts.width(label, LABEL.weight, LABEL.size);
        let room = width - label_width - 8.0;
        for line in
            canvas.fonts.wrap(value, value_style.weight, value_style.size, room).iter().take(MAX_LINES)
        {
            canvas.text_right(RIGHT, y + value_style.size, value_style, line);
            y += BODY.leading();
        }
    }
    y
}
