//! Every message as it is read.

use notification::domain::{Channel, Template};
use notification::mail::{Reader, RenderError, Rendered, Renderer, built_in_languages, sample};
use serde_json::{Value, json};

use crate::support::shop;

fn render_in(locale: &str, template: Template, name: Option<&str>, data: &Value) -> Rendered {
    let reader = Reader { locale, name, ..Reader::default() };
    Renderer::new(shop()).render(template.as_str(), Channel::Email, &[], &reader, data).unwrap()
}

fn render(template: Template, name: Option<&str>, data: &Value) -> Rendered {
    render_in("en-GB", template, name, data)
}

fn html(mail: &Rendered) -> &str {
    mail.html.as_deref().unwrap()
}

#[test]
fn every_mail_reads_as_it_was_approved() {
    for template in Template::ALL {
        let mail = render(template, Some("Ada Lovelace"), &sample(template));
        let subject = mail.subject.as_deref().unwrap();
        insta::assert_snapshot!(
            format!("{}.text", template.as_str()),
            format!("Subject: {subject}\n\n{}", mail.text)
        );
        insta::assert_snapshot!(format!("{}.html", template.as_str()), html(&mail));
    }
}

#[test]
fn every_mail_reads_as_it_was_approved_in_the_other_languages() {
    for locale in ["de-AT", "es-MX"] {
        let texts = Template::ALL.map(|template| {
            let mail = render_in(locale, template, Some("Ada Lovelace"), &sample(template));
            format!("Subject: {}\n\n{}", mail.subject.unwrap(), mail.text)
        });
        insta::assert_snapshot!(locale, texts.join("\n----\n\n"));
    }
}

#[test]
fn html_says_in_every_language_what_the_text_says() {
    let words = |text: &str| -> Vec<String> {
        let mut plain = String::new();
        let mut inside = false;
        let body = text.split_once("<body").map_or(text, |(_, body)| body);
        for c in body.chars() {
            match c {
                '<' => inside = true,
                '>' => {
                    inside = false;
                    plain.push(' ');
                }
                c if !inside => plain.push(c),
                _ => {}
            }
        }
        let plain = plain.replace("&#x2f;", "/").replace("&amp;", "&").replace("&times;", "x");
        plain.split_whitespace().map(|word| word.trim_matches(['.', ',', ':', '(', ')']).to_owned()).collect()
    };
    for template in Template::ALL {
        for language in built_in_languages() {
            let mail = render_in(language, template, Some("Ada Lovelace"), &sample(template));
            let said = words(html(&mail));
            let has_digit =
                |word: &&String| word.chars().any(|c| c.is_ascii_digit()) && !word.contains("://");
            for number in words(&mail.text).iter().filter(has_digit) {
                assert!(said.contains(number), "{number} of {template:?} in {language}: {said:?}");
            }
            assert!(html(&mail).contains(&format!("<html lang=\"{language}\">")));
        }
    }
}

#[test]
fn a_cancelled_order_that_was_not_paid_promises_no_money() {
    let data =
        json!({ "number": "C-1", "reason": "requested", "refund": { "amount": 0, "currency": "EUR" } });
    for (language, none, gone) in [
        ("en", "Nothing was charged", "sold out"),
        ("de", "nichts abgebucht", "ausverkauft"),
        ("es", "No se ha cobrado nada", "agotar"),
    ] {
        let text = render_in(language, Template::OrderCancelled, None, &data).text;
        assert!(text.contains(none) && !text.contains(gone), "{text}");
    }
}

#[test]
fn a_parcel_that_cannot_be_followed_is_told_of_without_a_link() {
    let parcels = [json!(null), json!({ "carrier": "DHL", "tracking_number": null, "tracking_url": null })];
    for tracking in parcels {
        let mail =
            render(Template::OrderShipped, None, &json!({ "number": "C-1", "tracking": tracking.clone() }));
        assert!(mail.text.contains("on its way") && !mail.text.contains("number:"), "{}", mail.text);
        assert!(!html(&mail).contains("Follow it") && !mail.text.contains("Follow it"), "{}", html(&mail));
        assert_eq!(mail.text.contains("DHL brings it."), !tracking.is_null(), "{}", mail.text);
    }
}

#[test]
fn a_name_with_markup_or_line_breaks_is_inert() {
    let name =
        "Ada\r\nBcc: eve@example.com\r\n\r\n<script>alert(1)</script> {{ shop.name }}{% include 'x' %}";
    let mail = render(Template::Welcome, Some(name), &json!({}));
    assert!(!html(&mail).contains("<script") && html(&mail).contains("&lt;script&gt;"), "{}", html(&mail));
    let greeting = mail.text.lines().next().unwrap();
    assert!(greeting.starts_with("Hello Ada Bcc:") && greeting.contains("{{ shop.name }}"), "{greeting}");
    assert!(!mail.subject.unwrap().contains(['\r', '\n']));
}

#[test]
fn what_people_typed_into_an_order_is_inert_in_subject_text_and_html() {
    let evil = "<b>x</b>\r\nBcc: eve@example.com {{ 7 * 7 }}";
    let data = json!({ "sku": evil, "available": 1, "reorder_point": 2 });
    let mail = render(Template::LowStock, None, &data);
    let subject = mail.subject.clone().unwrap();
    assert!(!subject.contains(['\r', '\n']) && subject.contains("{{ 7 * 7 }}"), "{subject}");
    assert!(!mail.text.lines().any(|line| line.starts_with("Bcc")), "{}", mail.text);
    assert!(html(&mail).contains("&lt;b&gt;x") && !html(&mail).contains("<b>x"), "{}", html(&mail));
}

#[test]
fn the_link_stands_alone_on_a_line_of_the_text() {
    for template in
        [Template::EmailChange, Template::EmailVerification, Template::Invitation, Template::PasswordReset]
    {
        for language in built_in_languages() {
            let data = sample(template);
            let text = render_in(language, template, None, &data).text;
            assert!(text.lines().any(|line| Some(line) == data["link"].as_str()), "{text}");
        }
    }
}

#[test]
fn a_missing_variable_is_an_error_and_not_a_gap() {
    let renderer = Renderer::new(shop());
    let render = |key: &str, data: &Value| {
        renderer.render(key, Channel::Email, &[], &Reader::default(), data).map(drop).unwrap_err()
    };
    let RenderError::Missing { names, .. } = render("email_verification", &json!({})) else { panic!() };
    assert_eq!(names, ["link"]);
    let lines = json!({ "number": "C-1", "lines": [{}], "shipping": null, "total": null });
    assert!(matches!(render("order_confirmation", &lines), RenderError::Broken { .. }));
    assert!(matches!(render("no_such_template", &json!({})), RenderError::Unknown(_)));
}

#[test]
fn a_guest_is_given_the_link_to_the_order_and_nobody_else_is() {
    let link = "https://shop.example/orders/0198b5a0-7c1e-7e7d-9c55-3d0f4d9b7a10?order_token=aB-_9";
    for template in [Template::OrderConfirmation, Template::PaymentFailed] {
        let reader = Reader { locale: "en", order_link: Some(link), ..Reader::default() };
        let data = sample(template);
        let mail =
            Renderer::new(shop()).render(template.as_str(), Channel::Email, &[], &reader, &data).unwrap();
        assert!(mail.text.lines().any(|line| line == link), "{}", mail.text);
        let html = html(&mail);
        assert!(
            html.contains(&format!("href=\"{}\"", link.replace('/', "&#x2f;"))) || html.contains(link),
            "{html}"
        );
        assert!(!render(template, None, &data).text.contains("order_token"));
    }
}

#[test]
fn on_a_telephone_a_message_is_its_subject() {
    let renderer = Renderer::new(shop());
    let reader = Reader { locale: "de", ..Reader::default() };
    let say = |channel| {
        renderer.render("order_delivered", channel, &[], &reader, &sample(Template::OrderDelivered)).unwrap()
    };
    let sms = say(Channel::Sms);
    assert_eq!(sms.text, "Cartwright: Ihre Bestellung C-2026-000123 wurde zugestellt");
    assert!(sms.subject.is_none() && sms.html.is_none());
    let push = say(Channel::Push);
    assert_eq!(push.subject.as_deref(), Some("Cartwright"));
    assert_eq!(push.text, "Ihre Bestellung C-2026-000123 wurde zugestellt");
}
