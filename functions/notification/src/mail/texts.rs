//! The texts in `templates/`, in the binary. A new template is one line here, a new language one in each
//! macro.

use crate::domain::Template;

/// The three texts of one template in one language.
pub(super) struct Text {
    pub template: Template,
    pub language: &'static str,
    pub subject: &'static str,
    pub plain: &'static str,
    pub html: &'static str,
}

macro_rules! layouts {
    ($($name:literal)+) => {
        &[$(($name, include_str!(concat!("../../templates/", $name)))),+]
    };
}

/// What HTML parts extend: the page, its words in each language, and what mails about the stock show.
pub(super) const LAYOUTS: &[(&str, &str)] = layouts! {
    "layout/base.html"
    "layout/de.html"
    "layout/en.html"
    "layout/es.html"
    "layout/stock.de.html"
    "layout/stock.en.html"
    "layout/stock.es.html"
};

/// The languages of every template.
pub(super) const LANGUAGES: [&str; 3] = ["de", "en", "es"];

macro_rules! text {
    ($template:ident, $folder:literal, $language:literal) => {
        Text {
            template: Template::$template,
            language: $language,
            subject: include_str!(concat!("../../templates/", $folder, "/", $language, ".subject.txt")),
            plain: include_str!(concat!("../../templates/", $folder, "/", $language, ".txt")),
            html: include_str!(concat!("../../templates/", $folder, "/", $language, ".html")),
        }
    };
}

macro_rules! texts {
    ($($template:ident $folder:literal;)+) => {
        &[$(
            text!($template, $folder, "de"),
            text!($template, $folder, "en"),
            text!($template, $folder, "es")
        ),+]
    };
}

pub(super) const TEXTS: &[Text] = texts! {
    AccountExists "account_exists";
    BackInStock "back_in_stock";
    EmailChange "email_change";
    EmailChangeRequested "email_change_requested";
    EmailVerification "email_verification";
    Invitation "invitation";
    Invoice "invoice";
    LowStock "low_stock";
    OrderCancelled "order_cancelled";
    OrderConfirmation "order_confirmation";
    OrderDelivered "order_delivered";
    OrderExpired "order_expired";
    OrderRefunded "order_refunded";
    OrderShipped "order_shipped";
    PasswordChanged "password_changed";
    PasswordReset "password_reset";
    PaymentFailed "payment_failed";
    Welcome "welcome";
};

/// The text of a template in a language.
pub(super) fn text(template: Template, language: &str) -> Option<&'static Text> {
    TEXTS.iter().find(|text| text.template == template && text.language == language)
}
