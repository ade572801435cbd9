//! Templates as they are sent.

use std::str::FromStr;

use cartwright_web::openapi::{Locale, words};
use cartwright_web::rules::{self, Invalid};
use cartwright_web::{Fields, FromFields, Params};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::domain::{Channel, Wording};

/// Characters of a subject.
const LONGEST_SUBJECT: usize = 500;
/// Bytes of all parts together; an item of the table has 400 KB.
const LARGEST: usize = 256 * 1024;
/// Variables of one template.
const MOST_VARIABLES: usize = 50;

/// A template's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(pub String);

impl FromStr for Key {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let fits = is_word(text);
        if fits { Ok(Self(text.to_owned())) } else { Err(()) }
    }
}

/// What a key and a variable may be.
fn is_word(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// The path of one template.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only described; Key is what is read")]
pub struct KeyPath {
    /// Its key.
    #[param(min_length = 1, max_length = 64, pattern = "^[a-z][a-z0-9_]*$", example = "order_confirmation")]
    key: String,
}

/// Which of a key's templates.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; which() is what is read")]
pub struct WhichParams {
    /// The channel.
    #[param(schema_with = channels_or_email, required = false)]
    channel: String,
    /// The language.
    #[param(schema_with = locale_or_default, required = false)]
    locale: String,
}

fn channels_or_email() -> utoipa::openapi::Object {
    words("The channel; without it `email`.", &Channel::ALL.map(Channel::as_str))
}

fn locale_or_default() -> utoipa::openapi::Object {
    words_of_locale("The language; without it the shop's (`SHOP_LOCALE`).")
}

fn words_of_locale(meaning: &str) -> utoipa::openapi::Object {
    utoipa::openapi::schema::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::SchemaType::new(utoipa::openapi::schema::Type::String))
        .description(Some(meaning))
        .max_length(Some(35))
        .pattern(Some(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"))
        .build()
}

/// `?channel=&locale=`, as they were sent.
pub fn which(params: &mut Params) -> Option<(Option<Channel>, Option<String>)> {
    let channel = params.optional("channel", |text| {
        Channel::parse(text).ok_or(Invalid::new("unknown_channel", "must be email, sms or push"))
    });
    let locale = params.optional("locale", |text| rules::locale(Value::String(text.to_owned())));
    Some((channel?, locale?))
}

pub fn channels() -> utoipa::openapi::Object {
    words("The way it goes.", &Channel::ALL.map(Channel::as_str))
}

/// A template, as staff write it.
#[derive(ToSchema)]
#[schema(as = TemplateInput)]
#[expect(dead_code, reason = "only described; NewTemplate is what is read")]
pub struct DescribedTemplate {
    /// What is said. That of a built-in one takes its place.
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z][a-z0-9_]*$", examples("spring_sale"))]
    key: String,
    #[schema(schema_with = channels)]
    channel: String,
    #[schema(inline)]
    locale: Locale,
    /// For mails, where it is required, and push messages.
    #[schema(max_length = 500, nullable)]
    subject: Option<String>,
    /// The plain text.
    #[schema(max_length = 262_144, examples("Hello{% if name %} {{ name }}{% endif %}"))]
    text: String,
    /// For mails. What is filled in is escaped; it may extend `layout/en.html`, `layout/de.html` or `layout/es.html`.
    #[schema(max_length = 262_144, nullable)]
    html: Option<String>,
    /// All that it must be given, beside what each has: `shop.name`, `shop.url`, `language`, `name`, `order_link`,
    /// `unsubscribe_link`.
    #[schema(max_items = 50)]
    variables: Vec<String>,
}

/// What a template is replaced by.
#[derive(ToSchema)]
#[schema(as = TemplateChange)]
#[expect(dead_code, reason = "only described; TemplateChange is what is read")]
pub struct DescribedChange {
    /// As in the path, if it is sent.
    #[schema(
        nullable,
        min_length = 1,
        max_length = 64,
        pattern = "^[a-z][a-z0-9_]*$",
        examples("spring_sale")
    )]
    key: Option<String>,
    #[schema(schema_with = channels)]
    channel: String,
    #[schema(inline)]
    locale: Locale,
    /// For mails, where it is required, and push messages.
    #[schema(max_length = 500, nullable)]
    subject: Option<String>,
    /// The plain text.
    #[schema(max_length = 262_144)]
    text: String,
    /// For mails.
    #[schema(max_length = 262_144, nullable)]
    html: Option<String>,
    /// All that it must be given.
    #[schema(max_items = 50)]
    variables: Vec<String>,
}

/// A new template.
#[derive(Debug)]
pub struct NewTemplate(pub Wording);

impl FromFields for NewTemplate {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let key = fields.required("key", key);
        let wording = wording(fields);
        Some(Self(Wording { key: key?, ..wording? }))
    }
}

/// What a template is replaced by, and the key it names, if any.
#[derive(Debug)]
pub struct TemplateChange {
    pub key: Option<String>,
    pub wording: Wording,
}

impl FromFields for TemplateChange {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let key = fields.optional("key", key);
        let wording = wording(fields);
        Some(Self { key: key?, wording: wording? })
    }
}

fn wording(fields: &mut Fields<'_>) -> Option<Wording> {
    let channel = fields.required("channel", channel);
    let locale = fields.required("locale", rules::locale);
    let subject = fields.optional("subject", rules::text(1, LONGEST_SUBJECT));
    let text = fields.required("text", source);
    let html = fields.optional("html", source);
    let variables = fields.required("variables", rules::list(MOST_VARIABLES, variable));
    let (text, html) = (text?, html?);
    if text.len() + html.as_ref().map_or(0, String::len) > LARGEST {
        fields.error("text", Invalid::new("too_long", "text and html together have at most 256 KiB"));
        return None;
    }
    Some(Wording {
        key: String::new(),
        channel: channel?,
        locale: locale?,
        subject: subject?,
        text,
        html,
        variables: variables?,
    })
}

/// A template's key.
pub fn key(value: Value) -> Result<String, Invalid> {
    let text = rules::string(value)?;
    if is_word(&text) {
        Ok(text)
    } else {
        Err(Invalid::new("invalid_key", "must be small letters, digits and _, at most 64, a letter first"))
    }
}

fn variable(value: Value) -> Result<String, Invalid> {
    let text = rules::string(value)?;
    if is_word(&text) {
        Ok(text)
    } else {
        Err(Invalid::new(
            "invalid_variable",
            "must be small letters, digits and _, at most 64, a letter first",
        ))
    }
}

/// A channel's word.
pub fn channel(value: Value) -> Result<Channel, Invalid> {
    Channel::parse(&rules::string(value)?)
        .ok_or(Invalid::new("unknown_channel", "must be email, sms or push"))
}

fn source(value: Value) -> Result<String, Invalid> {
    let text = rules::string(value)?;
    if text.trim().is_empty() {
        return Err(Invalid::new("too_short", "must not be empty"));
    }
    if text.len() > LARGEST {
        return Err(Invalid::new("too_long", "at most 256 KiB"));
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Invalid::new("invalid_characters", "must not contain control characters"));
    }
    Ok(text)
}
