//! What follows the table: taxes by rate at the left, the sums at the right, then the payment.

use super::document::InvoiceDocument;
use super::format::Language;
use super::page::{Canvas, Ink, LEFT, RIGHT, Style, WIDTH};
use super::table::Columns;

const TOTALS_WIDTH: f32 = 200.0;
const TAX_WIDTH: f32 = WIDTH - TOTALS_WIDTH - 28.0;
/// A longer name of a tax loses its end.
const MAX_LABEL_WIDTH: f32 = 100.0;
const ROW: f32 = 15.0;
const BODY: Style = Style::regular(9.0, Ink::Text);
const SMALL: Style = Style::regular(8.0, Ink::Text);
const SMALL_HEADING: Style = Style::bold(8.0, Ink::Accent);

struct Sum {
    label: &'static str,
    value: String,
    kind: SumKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SumKind {
    Part,
    Grand,
    Remark,
}

impl SumKind {
    const fn height(self) -> f32 {
        match self {
            Self::Part | Self::Remark => ROW,
            Self::Grand => 30.0,
        }
    }
}

/// Places taxes and sums together on one page.
pub(super) fn totals(canvas: &mut Canvas<'_>, document: &InvoiceDocument, language: Language) {
    let sums = sums(document, language);
    let sums_height: f32 = sums.iter().map(|sum| sum.kind.height()).sum();
    let taxes_height = document.taxes.iter().map(|_| ROW).sum::<f32>() + 2.0 * ROW + 6.0;
    canvas.y += 14.0;
    canvas.reserve(sums_height.max(taxes_height));

    let top = canvas.y;
    let taxes_bottom =
        if document.taxes.is_empty() { top } else { tax_table(canvas, document, language, top) };
    let sums_bottom = draw_sums(canvas, &sums, top);
    canvas.y = taxes_bottom.max(sums_bottom);
}

/// Places how it was paid.
pub(super) fn payment(canvas: &mut Canvas<'_>, document: &InvoiceDocument, language: Language) {
    let Some(note) = document.payment_note.as_deref().filter(|note| !note.trim().is_empty()) else {
        return;
    };
    canvas.y += 22.0;
    canvas.reserve(40.0);
    canvas.y = canvas.paragraph((LEFT, canvas.y, WIDTH), SMALL_HEADING, 1, language.labels().payment) + 2.0;
    for paragraph in note.lines() {
        for line in canvas.fonts.wrap(paragraph, BODY.weight, BODY.size, WIDTH) {
            canvas.reserve(BODY.leading());
            canvas.text(LEFT, canvas.y + BODY.size, BODY, &line);
            canvas.y += BODY.leading();
        }
    }
}

/// The sums from the goods to what is paid. Tax that the prices contain is a remark below, else a summand.
fn sums(document: &InvoiceDocument, language: Language) -> Vec<Sum> {
    let labels = language.labels();
    let totals = &document.totals;
    let sum = |label, minor_units, kind| Sum {
        label,
        value: language.money(minor_units, &document.currency),
        kind,
    };
    let taxed = totals.tax != 0 || !document.taxes.is_empty();

    let mut sums = vec![sum(labels.subtotal, totals.lines, SumKind::Part)];
    if totals.discount != 0 {
        sums.push(sum(labels.discount, totals.discount.saturating_neg(), SumKind::Part));
    }
    if totals.shipping != 0 || document.shipping.is_some() {
        sums.push(sum(labels.shipping, totals.shipping, SumKind::Part));
    }
    if taxed && !document.prices_include_tax {
        sums.push(sum(labels.tax, totals.tax, SumKind::Part));
    }
    sums.push(sum(labels.grand_total, totals.grand, SumKind::Grand));
    if taxed && document.prices_include_tax {
        sums.push(sum(labels.included_tax, totals.tax, SumKind::Remark));
    }
    sums
}

fn draw_sums(canvas: &mut Canvas<'_>, sums: &[Sum], top: f32) -> f32 {
    let left = RIGHT - TOTALS_WIDTH;
    let mut y = top;
    for Sum { label, value, kind } in sums {
        let (label_style, value_style, baseline) = match kind {
            SumKind::Part => (Style::regular(9.0, Ink::Muted), BODY, 11.0),
            SumKind::Grand => (Style::bold(12.0, Ink::Text), Style::bold(12.0, Ink::Text), 19.5),
            SumKind::Remark => (Style::regular(8.0, Ink::Muted), Style::regular(8.0, Ink::Muted), 10.0),
        };
        if *kind == SumKind::Grand {
            canvas.rectangle((left, y + 3.0, TOTALS_WIDTH, 24.0), Ink::Shade);
        }
        canvas.text(left + 6.0, y + baseline, label_style, label);
        let label_width = canvas.fonts.width(label, label_style.weight, label_style.size);
        let value_width = canvas.fonts.width(value, value_style.weight, value_style.size);
        let scale = ((TOTALS_WIDTH - 20.0 - label_width) / value_width).min(1.0);
        canvas.text_right(RIGHT - 6.0, y + baseline, value_style.sized(value_style.size * scale), value);
        y += kind.height();
    }
    y
}

fn tax_table(canvas: &mut Canvas<'_>, document: &InvoiceDocument, language: Language, top: f32) -> f32 {
    let labels = language.labels();
    let amount = |minor_units| language.amount(minor_units, &document.currency);
    let rows: Vec<[String; 4]> = document
        .taxes
        .iter()
        .map(|row| [language.rate(row.rate_bps), amount(row.net), amount(row.tax), amount(row.gross)])
        .collect();
    let headings = [labels.rate, labels.net, labels.tax, labels.gross];
    let cells = rows.iter().map(<[String; 4]>::as_slice);
    let labels_width = document
        .taxes
        .iter()
        .map(|row| canvas.fonts.width(&row.label, SMALL.weight, SMALL.size))
        .fold(40.0, f32::max)
        .min(MAX_LABEL_WIDTH);
    let place = (LEFT + 6.0, TAX_WIDTH - 12.0, labels_width + 1.0);
    let columns = Columns::fit(canvas.fonts, place, SMALL.size, &headings, cells);
    let heading = SMALL_HEADING.sized(columns.size);

    let mut y = top;
    canvas.text(LEFT + 6.0, y + 10.5, heading, labels.tax);
    for (text, right) in headings.iter().zip(&columns.rights) {
        canvas.text_right(*right, y + 10.5, heading, text);
    }
    y += ROW;
    canvas.rule(LEFT, y, TAX_WIDTH);
    for (row, cells) in document.taxes.iter().zip(&rows) {
        let label =
            canvas.fonts.wrap(&row.label, SMALL.weight, SMALL.size, columns.text_width).swap_remove(0);
        canvas.text(LEFT + 6.0, y + 11.0, SMALL, &label);
        for (cell, right) in cells.iter().zip(&columns.rights) {
            canvas.text_right(*right, y + 11.0, SMALL.sized(columns.size), cell);
        }
        y += ROW;
    }
    let remark = if document.prices_include_tax { labels.prices_with_tax } else { labels.prices_without_tax };
    canvas.rule(LEFT, y, TAX_WIDTH);
    canvas.paragraph((LEFT + 6.0, y + 5.0, TAX_WIDTH - 12.0), Style::regular(7.5, Ink::Muted), 1, remark)
}
