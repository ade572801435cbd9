//! The table of what was bought, with its heading on every page, and the columns that it shares with the tax table.

use super::document::InvoiceDocument;
use super::fonts::{Fonts, Weight};
use super::format::Language;
use super::page::{BOTTOM, CONTINUED_TOP, Canvas, Ink, LEFT, Style, WIDTH};

const COLUMN_GAP: f32 = 14.0;
const PADDING: f32 = 6.0;
const HEADING: Style = Style::bold(8.5, Ink::Accent);
const CELL: Style = Style::regular(9.0, Ink::Text);
const NOTE: Style = Style::regular(7.5, Ink::Muted);

/// A text column at the left and right-aligned columns that are as wide as their contents.
pub(super) struct Columns {
    /// Font size at which the numbers leave enough room for the text.
    pub(super) size: f32,
    /// Width of the text column.
    pub(super) text_width: f32,
    /// Right edges of the other columns.
    pub(super) rights: Vec<f32>,
}

impl Columns {
    /// Columns within `width` points from `left`. All rows have as many cells as `headings`, the text column apart.
    /// Long numbers shrink the font instead of running into each other.
    pub(super) fn fit<'r>(
        fonts: &Fonts,
        (left, width, min_text): (f32, f32, f32),
        size: f32,
        headings: &[&str],
        rows: impl Iterator<Item = &'r [String]>,
    ) -> Self {
        let mut widths: Vec<f32> =
            headings.iter().map(|text| fonts.width(text, Weight::Bold, size)).collect();
        for row in rows {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = widest.max(fonts.width(cell, Weight::Regular, size));
            }
        }
        let numbers: f32 = widths.iter().map(|width| width + COLUMN_GAP).sum();
        let scale = ((width - min_text) / numbers).min(1.0);

        let mut right = left + width;
        let mut rights: Vec<f32> = Vec::with_capacity(widths.len());
        for column in widths.iter().rev() {
            rights.push(right);
            right -= (column + COLUMN_GAP) * scale;
        }
        rights.reverse();
        Self { size: size * scale, text_width: right - left, rights }
    }
}

struct Row {
    name: String,
    note: Option<String>,
    cells: Vec<String>,
}

struct Table {
    columns: Columns,
    item: &'static str,
    headings: Vec<&'static str>,
}

/// Places the table at the cursor, over as many pages as it needs.
pub(super) fn table(canvas: &mut Canvas<'_>, document: &InvoiceDocument, language: Language) {
    let labels = language.labels();
    let with_discount = document.lines.iter().any(|line| line.discount != 0);
    let mut headings = vec![labels.quantity, labels.unit_price];
    if with_discount {
        headings.push(labels.discount);
    }
    headings.extend([labels.tax, labels.total]);

    let rows = rows(document, language, with_discount);
    let inner = (LEFT + PADDING, WIDTH - 2.0 * PADDING, 130.0);
    let cells = rows.iter().map(|row| row.cells.as_slice());
    let columns = Columns::fit(canvas.fonts, inner, CELL.size, &headings, cells);
    let table = Table { columns, item: labels.item, headings };

    canvas.reserve(80.0);
    table.heading(canvas);
    for row in &rows {
        table.row(canvas, row);
    }
}

fn rows(document: &InvoiceDocument, language: Language, with_discount: bool) -> Vec<Row> {
    let labels = language.labels();
    let amount = |minor_units| language.amount(minor_units, &document.currency);
    let cells = |quantity, unit_price, discount: i64, tax_rate_bps, total| {
        let mut cells = vec![language.count(quantity), amount(unit_price)];
        if with_discount {
            cells.push(if discount == 0 { String::new() } else { amount(discount.saturating_neg()) });
        }
        cells.extend([language.rate(tax_rate_bps), amount(total)]);
        cells
    };

    let items = document.lines.iter().map(|line| Row {
        name: line.name.clone(),
        note: Some(format!("{} {}", labels.sku, line.sku)),
        cells: cells(line.quantity, line.unit_price, line.discount, line.tax_rate_bps, line.total),
    });
    let shipping = document.shipping.iter().map(|shipping| Row {
        name: format!("{}: {}", labels.shipping, shipping.name),
        note: None,
        cells: cells(1, shipping.amount, 0, shipping.tax_rate_bps, shipping.total),
    });
    items.chain(shipping).collect()
}

impl Table {
    fn heading(&self, canvas: &mut Canvas<'_>) {
        let height = 20.0;
        let style = HEADING.sized(self.columns.size.min(HEADING.size));
        let baseline = canvas.y + 13.5;
        canvas.rectangle((LEFT, canvas.y, WIDTH, height), Ink::Shade);
        canvas.text(LEFT + PADDING, baseline, style, self.item);
        for (heading, right) in self.headings.iter().zip(&self.columns.rights) {
            canvas.text_right(*right, baseline, style, heading);
        }
        canvas.y += height;
    }

    /// A row stays on one page unless it is taller than one.
    fn row(&self, canvas: &mut Canvas<'_>, row: &Row) {
        let width = self.columns.text_width;
        let wrap = |text: &str, style: Style| canvas.fonts.wrap(text, style.weight, style.size, width);
        let name = wrap(&row.name, CELL).into_iter().map(|line| (line, CELL));
        let note = row.note.iter().flat_map(|note| wrap(note, NOTE)).map(|line| (line, NOTE));
        let lines: Vec<(String, Style)> = name.chain(note).collect();

        let height = lines.iter().map(|(_, style)| style.leading()).sum::<f32>() + 2.0 * PADDING;
        if height <= BOTTOM - CONTINUED_TOP - 20.0 {
            self.reserve(canvas, height);
        } else {
            self.reserve(canvas, CELL.leading() + 2.0 * PADDING);
        }

        canvas.y += PADDING;
        for (index, (line, style)) in lines.iter().enumerate() {
            self.reserve(canvas, style.leading());
            if index == 0 {
                self.numbers(canvas, &row.cells);
            }
            canvas.text(LEFT + PADDING, canvas.y + style.size, *style, line);
            canvas.y += style.leading();
        }
        canvas.y += PADDING;
        canvas.rule(LEFT, canvas.y - 0.6, WIDTH);
    }

    fn numbers(&self, canvas: &mut Canvas<'_>, cells: &[String]) {
        let baseline = canvas.y + CELL.size;
        for (cell, right) in cells.iter().zip(&self.columns.rights) {
            canvas.text_right(*right, baseline, CELL.sized(self.columns.size), cell);
        }
    }

    fn reserve(&self, canvas: &mut Canvas<'_>, height: f32) {
        if canvas.reserve(height) {
            self.heading(canvas);
        }
    }
}
