//! The invoice as a whole: layout by the placed text, the PDF by its bytes.

use chrono::NaiveDate;
use uuid::Uuid;

use super::fonts::Fonts;
use super::layout::lay_out;
use super::page::{BOTTOM, Item, LEFT, PAGE_HEIGHT, PAGE_WIDTH, RIGHT};
use super::*;

fn line(index: i64, name: &str) -> InvoiceLine {
    InvoiceLine {
        sku: format!("SKU-{index:04}"),
        name: name.to_owned(),
        quantity: index,
        unit_price: 1999,
        discount: 0,
        tax_rate_bps: 1900,
        tax: 1999 * index * 19 / 119,
        total: 1999 * index,
    }
}

fn invoice(lines: Vec<InvoiceLine>) -> InvoiceDocument {
    let goods: i64 = lines.iter().map(|line| line.total).sum();
    let grand = goods + 490;
    let tax = grand * 19 / 119;
    InvoiceDocument {
        number: "R-2026-000001".to_owned(),
        issued_on: NaiveDate::from_ymd_opt(2026, 3, 4).unwrap(),
        order_number: "C-2026-000123".to_owned(),
        order_id: Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001),
        currency: InvoiceCurrency { code: "EUR".to_owned(), exponent: 2 },
        seller: Seller {
            name: "Cartwright".to_owned(),
            address: "Cartwright GmbH, Wagnerstr. 1, 10115 Berlin, Germany".to_owned(),
            tax_id: "DE123456789".to_owned(),
        },
        buyer: Buyer {
            name: "Jane Example".to_owned(),
            lines: vec!["1 Sample Street".to_owned(), "10117 Berlin".to_owned(), "Germany".to_owned()],
            email: "jane@example.com".to_owned(),
        },
        shipping_address: vec![
            "John Example".to_owned(),
            "2 Sample Street".to_owned(),
            "20095 Hamburg".to_owned(),
        ],
        lines,
        shipping: Some(ShippingLine {
            name: "Standard".to_owned(),
            amount: 490,
            tax_rate_bps: 1900,
            tax: 78,
            total: 490,
        }),
        totals: InvoiceTotals { lines: goods, discount: 0, shipping: 490, tax, grand },
        taxes: vec![TaxRow { label: "VAT".to_owned(), rate_bps: 1900, net: grand - tax, tax, gross: grand }],
        prices_include_tax: true,
        payment_note: Some("Paid on 4 March 2026 by card.".to_owned()),
        locale: "en".to_owned(),
    }
}

/// The texts of each page in drawing order.
fn page_texts(document: &InvoiceDocument) -> Vec<Vec<String>> {
    let text = |item| match item {
        Item::Text { text, .. } => Some(text.text),
        Item::Rectangle { .. } => None,
    };
    let pages = lay_out(document, &Fonts::load().unwrap());
    pages.into_iter().map(|page| page.items.into_iter().filter_map(text).collect()).collect()
}

/// Page objects in the file, read as a PDF reader would name them.
fn page_count(pdf: &[u8]) -> usize {
    let text = String::from_utf8_lossy(pdf).replace("/Type /", "/Type/");
    text.match_indices("/Type/Page").filter(|(at, found)| !text[at + found.len()..].starts_with('s')).count()
}

#[track_caller]
fn assert_inside_the_page(document: &InvoiceDocument) {
    let fonts = Fonts::load().unwrap();
    for page in lay_out(document, &fonts) {
        for item in page.items {
            let Item::Text { x, baseline, style, text } = item else { continue };
            let width = fonts.width(&text.text, style.weight, style.size);
            assert!(x >= LEFT - 0.5 && x + width <= RIGHT + 12.0, "{} spans {x} to {}", text.text, x + width);
            assert!(baseline > 0.0 && baseline < PAGE_HEIGHT - 20.0, "{} is at {baseline}", text.text);
        }
    }
}

#[test]
fn a_short_invoice_is_one_small_page_with_everything_on_it() {
    let document = invoice(vec![line(1, "Teapot"), line(2, "Cup")]);
    let pdf = render(&document).unwrap();
    assert!(pdf.starts_with(b"%PDF-"));
    assert!(pdf.trim_ascii_end().ends_with(b"%%EOF"));
    assert_eq!(page_count(&pdf), 1);
    assert!(pdf.len() < 200_000, "{} bytes", pdf.len());

    let texts = page_texts(&document).concat();
    for expected in [
        "Invoice",
        "R-2026-000001",
        "4 March 2026",
        "C-2026-000123",
        "Jane Example",
        "10117 Berlin",
        "Delivered to",
        "John Example",
        "jane@example.com",
        "Teapot",
        "SKU SKU-0001",
        "39.98",
        "Shipping: Standard",
        "€64.87",
        "19%",
        "Tax included",
        "Tax ID DE123456789",
        "Paid on 4 March 2026 by card.",
        "Page 1 of 1",
    ] {
        assert!(texts.iter().any(|text| text == expected), "{expected} is missing in {texts:?}");
    }
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    let document = invoice((1..=60).map(|index| line(index, "Teapot")).collect());
    assert_eq!(render(&document).unwrap(), render(&document.clone()).unwrap());
    let mut later = document.clone();
    later.issued_on = later.issued_on.succ_opt().unwrap();
    assert_ne!(render(&document).unwrap(), render(&later).unwrap());
}

#[test]
fn sixty_lines_take_several_pages_each_with_heading_and_number() {
    let document = invoice((1..=60).map(|index| line(index, &format!("Teapot no. {index}"))).collect());
    let pdf = render(&document).unwrap();
    let pages = page_texts(&document);
    assert!(pages.len() >= 3);
    assert_eq!(page_count(&pdf), pages.len());
    assert!(pdf.len() < 200_000, "{} bytes", pdf.len());
    for (index, page) in pages.iter().enumerate() {
        assert!(page.contains(&format!("Page {} of {}", index + 1, pages.len())));
        if index > 0 {
            assert!(page.contains(&"Invoice R-2026-000001".to_owned()));
        }
        if page.iter().any(|text| text.starts_with("Teapot")) {
            assert_eq!(page.iter().filter(|text| *text == "Unit price").count(), 1);
        }
    }
    let all = pages.concat();
    for index in 1..=60 {
        assert_eq!(all.iter().filter(|text| **text == format!("Teapot no. {index}")).count(), 1);
    }
    assert_inside_the_page(&document);
}

#[test]
fn every_length_keeps_the_sums_on_one_page_and_off_the_footer() {
    let fonts = Fonts::load().unwrap();
    for count in 0..=30 {
        let document = invoice((1..=count).map(|index| line(index, "Teapot")).collect());
        for page in lay_out(&document, &fonts) {
            let mut sums = 0;
            for item in page.items {
                let Item::Text { baseline, text, .. } = item else { continue };
                let text = text.text;
                let in_footer = text.starts_with("Page ") || text.starts_with("Cartwright · ");
                assert!(baseline <= BOTTOM || in_footer, "{text} at {baseline}, {count} lines");
                sums += usize::from(["Subtotal", "Tax included"].contains(&text.as_str()));
            }
            assert!(sums == 0 || sums == 2, "{count} lines");
        }
    }
}

#[test]
fn long_names_are_wrapped_and_lose_nothing() {
    let name =
        "Hand-thrown stoneware teapot with a bamboo handle, a strainer and a lid that does not fall off "
            .repeat(3);
    let document = invoice(vec![line(1, name.trim()), line(2, &"Unbreakable".repeat(20))]);
    assert_inside_the_page(&document);
    let text = page_texts(&document).concat().join(" ");
    assert!(text.contains("a lid that"));
    assert_eq!(text.replace(' ', "").matches("Unbreakable").count(), 20);
    assert_eq!(page_count(&render(&document).unwrap()), 1);
}

#[test]
fn a_row_taller_than_a_page_goes_on_on_the_next() {
    let document = invoice(vec![line(1, &"endless name ".repeat(1_500)), line(2, "Cup")]);
    assert_inside_the_page(&document);
    let pages = page_texts(&document);
    assert!(pages.len() >= 3);
    assert_eq!(page_count(&render(&document).unwrap()), pages.len());
    assert_eq!(pages.concat().join(" ").matches("endless").count(), 1_500);
}

#[test]
fn other_scripts_and_missing_glyphs_are_printed_without_a_panic() {
    let names = [
        "Чайник «Ёлка»",
        "Τσαγιέρα από πηλό",
        "Zażółć gęślą jaźń",
        "茶壺と湯呑み",
        "قوري شاي 500 مل",
        "קומקום תה",
        "🫖 tea 🫖",
        "e\u{301}\u{302}\u{303}",
        "\u{0}\u{1b}[31m\ttab\nline",
        "\u{200b}\u{202e}override",
        "\u{feff}",
        "",
        "चाय",
    ];
    let mut document = invoice((1..).zip(names).map(|(index, name)| line(index, name)).collect());
    document.buyer.name = "Ελένη Παπαδοπούλου".to_owned();
    document.buyer.lines = vec!["ул. Пушкина, д. 10".to_owned(), "東京都".to_owned()];
    assert_inside_the_page(&document);
    assert_eq!(page_count(&render(&document).unwrap()), page_texts(&document).len());
}

#[test]
fn extreme_amounts_and_empty_fields_are_printed_without_a_panic() {
    for amount in [i64::MIN, i64::MAX, 0] {
        for exponent in [0, 2, 4, 18] {
            let mut document = invoice(vec![line(1, "Teapot")]);
            document.currency.exponent = exponent;
            document.lines[0] = InvoiceLine {
                sku: String::new(),
                name: String::new(),
                quantity: amount,
                unit_price: amount,
                discount: amount,
                tax_rate_bps: u32::MAX,
                tax: amount,
                total: amount,
            };
            document.totals = InvoiceTotals {
                lines: amount,
                discount: amount,
                shipping: amount,
                tax: amount,
                grand: amount,
            };
            document.taxes[0].net = amount;
            assert_inside_the_page(&document);
            render(&document).unwrap();
        }
    }
    let mut document = invoice(Vec::new());
    document.number.clear();
    document.seller = Seller { name: String::new(), address: String::new(), tax_id: String::new() };
    document.buyer = Buyer { name: String::new(), lines: Vec::new(), email: String::new() };
    document.shipping_address.clear();
    document.shipping = None;
    document.taxes.clear();
    document.payment_note = None;
    document.locale.clear();
    document.issued_on = NaiveDate::MAX;
    assert_eq!(page_count(&render(&document).unwrap()), 1);
}

#[test]
fn overlong_addresses_stay_on_the_page() {
    let mut document = invoice(vec![line(1, "Teapot")]);
    let long = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch ".repeat(20);
    document.number = long.clone();
    document.seller = Seller { name: long.clone(), address: long.clone(), tax_id: long.clone() };
    document.buyer = Buyer { name: long.clone(), lines: vec![long.clone(); 30], email: long.clone() };
    document.shipping_address = vec![long.clone(); 30];
    document.taxes[0].label = long;
    for page in lay_out(&document, &Fonts::load().unwrap()) {
        for item in page.items {
            let Item::Text { x, baseline, .. } = item else { continue };
            assert!(x < PAGE_WIDTH && baseline < PAGE_HEIGHT);
        }
    }
    render(&document).unwrap();
}

#[test]
fn a_delivery_to_the_buyer_is_not_repeated() {
    let mut document = invoice(vec![line(1, "Teapot")]);
    document.shipping_address =
        std::iter::once(document.buyer.name.clone()).chain(document.buyer.lines.clone()).collect();
    assert!(!page_texts(&document).concat().contains(&"Delivered to".to_owned()));
}

#[test]
fn tax_on_top_is_a_summand_and_discounts_have_a_column() {
    let mut document = invoice(vec![line(1, "Teapot"), line(2, "Cup")]);
    document.prices_include_tax = false;
    document.lines[0].discount = 500;
    document.totals.discount = 500;
    let texts = page_texts(&document).concat();
    assert!(texts.contains(&"\u{2013}5.00".to_owned()));
    assert!(texts.contains(&"\u{2013}€5.00".to_owned()));
    assert!(texts.contains(&"Unit prices do not include tax.".to_owned()));
    assert!(!texts.contains(&"Tax included".to_owned()));
}

#[test]
fn a_german_invoice_speaks_german() {
    let mut document = invoice((1..=40).map(|index| line(index, "Teekanne")).collect());
    document.locale = "de-DE".to_owned();
    let texts = page_texts(&document).concat();
    for expected in ["Rechnung", "4. März 2026", "Gesamtbetrag", "19\u{a0}%", "Seite 1 von 3", "799,60"] {
        assert!(texts.iter().any(|text| text == expected), "{expected} is missing");
    }
    assert!(texts.iter().any(|text| text.ends_with("\u{a0}€") && text.contains('.')));
}

#[test]
fn the_json_form_reads_back_and_ignores_what_it_does_not_know() {
    let document = invoice(vec![line(1, "Teapot")]);
    let mut json = serde_json::to_value(&document).unwrap();
    assert_eq!(json["issued_on"], "2026-03-04");
    assert_eq!(json["lines"][0]["unit_price"], 1999);
    json["added_later"] = true.into();
    assert_eq!(serde_json::from_value::<InvoiceDocument>(json).unwrap(), document);
}
