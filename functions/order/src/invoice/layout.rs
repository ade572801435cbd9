//! The invoice as pages: what stands where.

use super::address_block::{address_block, letterhead};
use super::closing::{payment, totals};
use super::document::InvoiceDocument;
use super::fonts::Fonts;
use super::format::Language;
use super::page::{Canvas, Ink, LEFT, Page, RIGHT, Style, WIDTH};
use super::table::table;

const FOOTER: Style = Style::regular(7.5, Ink::Muted);
const FOOTER_TOP: f32 = 788.0;

/// Places everything; the pages come in order, each with its footer.
pub(super) fn lay_out(document: &InvoiceDocument, fonts: &Fonts) -> Vec<Page> {
    let language = Language::of(&document.locale);
    let title = format!("{} {}", language.labels().invoice, document.number);
    let mut canvas = Canvas::new(fonts, (document.seller.name.clone(), title));
    letterhead(&mut canvas, document, language);
    address_block(&mut canvas, document, language);
    table(&mut canvas, document, language);
    totals(&mut canvas, document, language);
    payment(&mut canvas, document, language);
    with_footers(canvas.pages, document, fonts, language)
}

/// The footer needs the number of pages, so it comes last.
fn with_footers(
    pages: Vec<Page>,
    document: &InvoiceDocument,
    fonts: &Fonts,
    language: Language,
) -> Vec<Page> {
    let count = pages.len();
    let seller = &document.seller;
    let mut imprint = format!("{} · {}", seller.name, seller.address);
    if !seller.tax_id.is_empty() {
        imprint = format!("{imprint} · {} {}", language.labels().tax_id, seller.tax_id);
    }
    pages
        .into_iter()
        .enumerate()
        .map(|(index, page)| {
            let mut canvas = Canvas::new(fonts, (String::new(), String::new()));
            canvas.pages = vec![page];
            let number = language.page_of(index + 1, count);
            let room = WIDTH - fonts.width(&number, FOOTER.weight, FOOTER.size) - 24.0;
            canvas.rule(LEFT, FOOTER_TOP, WIDTH);
            canvas.paragraph((LEFT, FOOTER_TOP + 6.0, room), FOOTER, 2, &imprint);
            canvas.text_right(RIGHT, FOOTER_TOP + 6.0 + FOOTER.size, FOOTER, &number);
            canvas.pages.swap_remove(0)
        })
        .collect()
}
