//! The texts: `templates/{key}/{language}.{subject.txt,txt,html}`, embedded.

use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};
use serde::Serialize;
use thiserror::Error;

/// A template and what it is given do not fit.
#[derive(Debug, Error)]
#[error("template {key} failed: {kind}")]
pub struct TemplateError {
    key: String,
    /// What kind of failure; never the values, which may be secret.
    kind: ErrorKind,
}

/// A written mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// HTML.
    pub html: String,
}

/// All templates.
pub struct Templates {
    environment: Environment<'static>,
}

macro_rules! templates {
    ($($key:literal),+ $(,)?) => {
        &[$(
            (concat!($key, "/en.subject.txt"), include_str!(concat!("../templates/", $key, "/en.subject.txt"))),
            (concat!($key, "/en.txt"), include_str!(concat!("../templates/", $key, "/en.txt"))),
            (concat!($key, "/en.html"), include_str!(concat!("../templates/", $key, "/en.html"))),
        )+]
    };
}

/// A new text is three files and its key here.
const SOURCES: &[(&str, &str)] = templates![
    "account_exists",
    "email_verification",
    "invitation",
    "invoice",
    "order_cancelled",
    "order_confirmation",
    "order_expired",
    "password_changed",
    "password_reset",
    "payment_failed",
    "welcome",
];
const LAYOUT: (&str, &str) = ("layout.html", include_str!("../templates/layout.html"));
/// The language of a recipient whose own is not there.
const FALLBACK: &str = "en";

impl Templates {
    /// Parses them all.
    ///
    /// # Errors
    /// One is malformed.
    pub fn new() -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        // A missing value is an error, never an empty line in somebody's mail.
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment
            .set_auto_escape_callback(|name| if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None });
        environment.add_filter("money", money);
        for (name, source) in SOURCES.iter().chain([&LAYOUT]) {
            environment.add_template(name, source).map_err(|error| failed(name, &error))?;
        }
        Ok(Self { environment })
    }

    /// Writes the mail `key` in the recipient's language, or in English.
    ///
    /// # Errors
    /// A value is missing.
    pub fn render<C: Serialize>(&self, key: &str, locale: &str, context: &C) -> Result<Rendered, TemplateError> {
        let language = locale.split('-').next().unwrap_or(FALLBACK);
        let value = Value::from_serialize(context);
        let write = |part: &str| {
            let own = self.environment.get_template(&format!("{key}/{language}.{part}"));
            let template = own.or_else(|_| self.environment.get_template(&format!("{key}/{FALLBACK}.{part}")));
            template.and_then(|template| template.render(&value)).map_err(|error| failed(key, &error))
        };
        // A line break in a name must not become a header.
        let subject: String = write("subject.txt")?.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Rendered { subject, text: write("txt")?, html: write("html")? })
    }
}

fn failed(key: &str, error: &Error) -> TemplateError {
    TemplateError { key: key.to_owned(), kind: error.kind() }
}

/// `{"amount": 1999, "currency": "EUR"}` as `19.99 EUR`.
fn money(value: &Value) -> Result<String, Error> {
    let json = serde_json::to_value(value).ok();
    let money: Option<cartwright_types::Money> = json.and_then(|json| serde_json::from_value(json).ok());
    money.map(|money| money.to_string()).ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "not money"))
}
