//! The pages as a PDF.

use chrono::Datelike;
use krilla::Document;
use krilla::color::rgb;
use krilla::error::KrillaError;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use thiserror::Error;

use super::document::InvoiceDocument;
use super::fonts::Fonts;
use super::format::Language;
use super::layout::lay_out;
use super::page::{Ink, Item, PAGE_HEIGHT, PAGE_WIDTH, Page};

/// Why there is no PDF. No input causes either; both mean a defect of this program.
#[derive(Debug, Error)]
pub enum RenderError {
    /// The embedded typeface is damaged.
    #[error("the embedded typeface cannot be read")]
    Font,
    /// The PDF writer refused.
    #[error("the PDF cannot be written")]
    Pdf(#[source] KrillaError),
}

/// Prints an invoice as an A4 PDF in the language of its locale.
///
/// The same document gives the same bytes: the only date in the file is [`InvoiceDocument::issued_on`]. It takes
/// milliseconds of computation and no I/O; call it outside of transactions, and from async code for more than a few
/// invoices by `spawn_blocking`.
pub fn render(document: &InvoiceDocument) -> Result<Vec<u8>, RenderError> {
    let fonts = Fonts::load()?;
    let mut pdf = Document::new();
    pdf.set_metadata(metadata(document));
    for page in lay_out(document, &fonts) {
        let mut pdf_page = pdf.start_page_with(a4());
        let mut surface = pdf_page.surface();
        draw(&mut surface, page, &fonts);
        surface.finish();
        pdf_page.finish();
    }
    pdf.finish().map_err(RenderError::Pdf)
}

fn a4() -> PageSettings {
    PageSettings::from_wh(PAGE_WIDTH, PAGE_HEIGHT).expect("both sides of A4 are positive")
}

fn metadata(document: &InvoiceDocument) -> Metadata {
    let language = Language::of(&document.locale);
    let issued_on = document.issued_on;
    // Years beyond those of a PDF date are not issued; the nearest one is better than no invoice.
    let year = u16::try_from(issued_on.year().clamp(0, 9999)).unwrap_or_default();
    let date = DateTime::new(year)
        .month(u8::try_from(issued_on.month()).unwrap_or(1))
        .day(u8::try_from(issued_on.day()).unwrap_or(1));
    Metadata::new()
        .title(format!("{} {}", language.labels().invoice, document.number))
        .authors(vec![document.seller.name.clone()])
        .language(language.tag().to_owned())
        .document_id(format!("{}/{}", document.order_id, document.number))
        .creation_date(date)
}

fn draw(surface: &mut Surface<'_>, page: Page, fonts: &Fonts) {
    for item in page.items {
        match item {
            Item::Text { x, baseline, style, text } => {
                surface.set_fill(Some(fill(style.ink)));
                let font = fonts.font(style.weight);
                surface.draw_glyphs(
                    Point::from_xy(x, baseline),
                    &text.glyphs,
                    font,
                    &text.text,
                    style.size,
                    false,
                );
            }
            Item::Rectangle { x, y, width, height, ink } => {
                surface.set_fill(Some(fill(ink)));
                let mut path = PathBuilder::new();
                if let Some(rectangle) = Rect::from_xywh(x, y, width, height) {
                    path.push_rect(rectangle);
                }
                if let Some(path) = path.finish() {
                    surface.draw_path(&path);
                }
            }
        }
    }
}

fn fill(ink: Ink) -> Fill {
    let (red, green, blue) = ink.rgb();
    Fill {
        paint: rgb::Color::new(red, green, blue).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::NonZero,
    }
}
