//! Every mail as it is read.

use notification::domain::Template;
use notification::mail::{Reader, Rendered, Renderer};
use serde_json::{Value, json};

use crate::support::shop;

fn data(template: Template) -> Value {
    let eur = |amount: i64| json!({ "amount": amount, "currency": "EUR" });
    match template {
        Template::AccountExists
        | Template::EmailChangeRequested
        | Template::PasswordChanged
        | Template::Welcome => json!({}),
        Template::EmailChange | Template::EmailVerification => {
            json!({ "link": "https://shop.example/auth/email/verify?token=aB-_9" })
        }
        Template::Invitation | Template::PasswordReset => {
            json!({ "link": "https://shop.example/auth/password/reset?token=aB-_9" })
        }
        Template::Invoice => json!({ "number": "R-2026-000007", "order_number": "C-2026-000123" }),
        Template::OrderExpired | Template::OrderDelivered => json!({ "number": "C-2026-000123" }),
        Template::OrderRefunded => json!({ "number": "C-2026-000123", "amount": eur(1_295) }),
        Template::OrderShipped => json!({
            "number": "C-2026-000123",
            "tracking": {
                "carrier": "DHL", "tracking_number": "00340434161094",
                "tracking_url": "https://dhl.example/track?id=00340434161094&lang=en",
            },
        }),
        Template::PaymentFailed => json!({ "number": "C-2026-000123", "expires_at": "2026-11-02T12:15:00Z" }),
        Template::OrderCancelled => {
            json!({ "number": "C-2026-000123", "reason": "stock_gone", "refund": eur(123_456) })
        }
        Template::OrderConfirmation => json!({
            "number": "C-2026-000123",
            "lines": [
                { "sku": "MUG-BLUE", "name": "Mug, blue", "quantity": 2, "total": eur(2_590) },
                { "sku": "TEA-<1>", "name": "Tea \"Earl\" & <friends>", "quantity": 1, "total": eur(120_866) },
            ],
            "shipping": eur(490),
            "total": eur(123_946),
        }),
    }
}

fn render(template: Template, name: Option<&str>, data: &Value) -> Rendered {
    let reader = Reader { locale: "de-AT", name, order_link: None };
    Renderer::new(shop()).render(template.as_str(), &reader, data).unwrap()
}

#[test]
fn every_mail_reads_as_it_was_approved() {
    for template in Template::ALL {
        let Rendered { subject, text, html } = render(template, Some("Ada Lovelace"), &data(template));
        insta::assert_snapshot!(
            format!("{}.text", template.as_str()),
            format!("Subject: {subject}\n\n{text}")
        );
        insta::assert_snapshot!(format!("{}.html", template.as_str()), html);
    }
}

#[test]
fn a_cancelled_order_that_was_not_paid_promises_no_money() {
    let data =
        json!({ "number": "C-1", "reason": "requested", "refund": { "amount": 0, "currency": "EUR" } });
    let text = render(Template::OrderCancelled, None, &data).text;
    assert!(text.contains("Nothing was charged") && !text.contains("sold out"), "{text}");
}

#[test]
fn a_parcel_that_cannot_be_followed_is_told_of_without_a_link() {
    let parcels = [json!(null), json!({ "carrier": "DHL", "tracking_number": null, "tracking_url": null })];
    for tracking in parcels {
        let mail =
            render(Template::OrderShipped, None, &json!({ "number": "C-1", "tracking": tracking.clone() }));
        assert!(mail.text.contains("on its way") && !mail.text.contains("number:"), "{}", mail.text);
        assert!(!mail.html.contains("Follow it") && !mail.text.contains("Follow it"), "{}", mail.html);
        assert_eq!(mail.text.contains("DHL brings it."), !tracking.is_null(), "{}", mail.text);
    }
}

#[test]
fn a_name_with_markup_or_line_breaks_is_inert() {
    let name = "Ada\r\nBcc: eve@example.com\r\n\r\n<script>alert(1)</script> {{ shop.name }}";
    let mail = render(Template::Welcome, Some(name), &json!({}));
    assert!(!mail.html.contains("<script") && mail.html.contains("&lt;script&gt;"), "{}", mail.html);
    let greeting = mail.text.lines().next().unwrap();
    assert!(greeting.starts_with("Hello Ada Bcc:") && greeting.contains("{{ shop.name }}"), "{greeting}");
    assert!(!mail.subject.contains(['\r', '\n']));
}

#[test]
fn the_link_stands_alone_on_a_line_of_the_text() {
    for template in
        [Template::EmailChange, Template::EmailVerification, Template::Invitation, Template::PasswordReset]
    {
        let data = data(template);
        let text = render(template, None, &data).text;
        assert!(text.lines().any(|line| Some(line) == data["link"].as_str()), "{text}");
    }
}

#[test]
fn a_missing_variable_is_an_error_and_not_a_gap() {
    assert!(Renderer::new(shop()).render("email_verification", &Reader::default(), &json!({})).is_err());
}

#[test]
fn a_guest_is_given_the_link_to_the_order_and_nobody_else_is() {
    let link = "https://shop.example/orders/0198b5a0-7c1e-7e7d-9c55-3d0f4d9b7a10?order_token=aB-_9";
    for template in [Template::OrderConfirmation, Template::PaymentFailed] {
        let reader = Reader { locale: "en", name: None, order_link: Some(link) };
        let mail = Renderer::new(shop()).render(template.as_str(), &reader, &data(template)).unwrap();
        assert!(mail.text.lines().any(|line| line == link), "{}", mail.text);
        assert!(
            mail.html.contains(&format!("href=\"{}\"", link.replace('/', "&#x2f;")))
                || mail.html.contains(link),
            "{}",
            mail.html
        );
        assert!(!render(template, None, &data(template)).text.contains("order_token"));
    }
}
