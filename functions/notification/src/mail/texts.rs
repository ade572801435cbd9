//! The texts in `templates/`, in the binary. A new template or language is one line here.

use crate::domain::Template;

/// The three texts of one template in one language.
pub(super) struct Text {
    pub template: Template,
    pub language: &'static str,
    pub subject: &'static str,
    pub plain: &'static str,
    pub html: &'static str,
}

/// What every HTML part of a language extends.
pub(super) const LAYOUTS: [(&str, &str); 1] =
    [("layout/en.html", include_str!("../../templates/layout/en.html"))];

macro_rules! texts {
    ($($template:ident $folder:literal $language:literal;)+) => {
        &[$(Text {
            template: Template::$template,
            language: $language,
            subject: include_str!(concat!("../../templates/", $folder, "/", $language, ".subject.txt")),
            plain: include_str!(concat!("../../templates/", $folder, "/", $language, ".txt")),
            html: include_str!(concat!("../../templates/", $folder, "/", $language, ".html")),
        }),+]
    };
}

pub(super) const TEXTS: &[Text] = texts! {
    AccountExists "account_exists" "en";
    EmailChange "email_change" "en";
    EmailChangeRequested "email_change_requested" "en";
    EmailVerification "email_verification" "en";
    Invitation "invitation" "en";
    Invoice "invoice" "en";
    OrderCancelled "order_cancelled" "en";
    OrderConfirmation "order_confirmation" "en";
    OrderDelivered "order_delivered" "en";
    OrderExpired "order_expired" "en";
    OrderRefunded "order_refunded" "en";
    OrderShipped "order_shipped" "en";
    PasswordChanged "password_changed" "en";
    PasswordReset "password_reset" "en";
    PaymentFailed "payment_failed" "en";
    Welcome "welcome" "en";
};
