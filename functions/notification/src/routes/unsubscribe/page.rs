//! The pages that a reader sees. They load nothing and run nothing.

use axum::http::HeaderMap;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY};
use axum::response::{IntoResponse as _, Response};
use cartwright_web::language;

/// The words of a language.
struct Words {
    tag: &'static str,
    title: &'static str,
    question: &'static str,
    button: &'static str,
    done: &'static str,
}

const WORDS: [Words; 3] = [
    Words {
        tag: "en",
        title: "Unsubscribe",
        question: "Do you want no more marketing mail from us? You will still hear about your orders and your account.",
        button: "Unsubscribe",
        done: "You will receive no more marketing mail from us.",
    },
    Words {
        tag: "de",
        title: "Abbestellen",
        question: "Möchten Sie keine Werbung mehr von uns? Zu Ihren Bestellungen und Ihrem Konto erhalten Sie weiterhin Nachrichten.",
        button: "Abbestellen",
        done: "Sie erhalten keine Werbung mehr von uns.",
    },
    Words {
        tag: "es",
        title: "Darse de baja",
        question: "¿No quieres recibir más publicidad nuestra? Seguirás recibiendo mensajes sobre tus pedidos y tu cuenta.",
        button: "Darme de baja",
        done: "No recibirás más publicidad nuestra.",
    },
];

/// Asks. `token` is one of ours, so it has letters, digits, `-`, `_` and `.` only.
pub fn question(headers: &HeaderMap, token: &str) -> Response {
    let words = words(headers);
    let form = format!(
        "<p>{}</p><form method=\"post\" action=\"?token={token}\">\
         <input type=\"hidden\" name=\"List-Unsubscribe\" value=\"One-Click\"><button>{}</button></form>",
        words.question, words.button
    );
    page(words, &form)
}

/// Says that it is done.
pub fn done(headers: &HeaderMap) -> Response {
    let words = words(headers);
    page(words, &format!("<p>{}</p>", words.done))
}

fn words(headers: &HeaderMap) -> &'static Words {
    let preferred = language::preferred(headers).unwrap_or_default();
    let wanted = preferred.split('-').next().unwrap_or_default();
    WORDS.iter().find(|words| words.tag == wanted).unwrap_or(&WORDS[0])
}

fn page(words: &Words, content: &str) -> Response {
    let Words { tag, title, .. } = words;
    let html = format!(
        "<!doctype html>\n<html lang=\"{tag}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"robots\" content=\"noindex\">\
         <title>{title}</title><style>body{{font-family:system-ui,sans-serif;line-height:1.5;max-width:32rem;margin:4rem auto;\
         padding:0 1rem;color:#1f2937}}button{{font:inherit;font-weight:600;padding:12px 20px;border:0;border-radius:6px;\
         background:#1d4ed8;color:#fff}}</style></head><body><h1>{title}</h1>{content}</body></html>\n"
    );
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(
                "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            ),
        ),
        // The link is a key.
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (headers, html).into_response()
}
