//! What the three ways have in common: what is said, when, and whether it is to sell.

use cartwright_types::OrderId;
use cartwright_web::rules::{self, Invalid};
use cartwright_web::{Fields, Problem};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::super::templates::key;
use crate::domain::{Asked, AttachmentSource, Channel, Kind, Notice, Recipient, Say, Text, To};

/// The farthest that something is kept to be sent.
pub const FARTHEST: TimeDelta = TimeDelta::days(90);

/// What a channel can say.
pub struct Form {
    /// Characters of the line above; None: it has none.
    pub subject: Option<usize>,
    /// Characters of the text.
    pub text: usize,
    /// Characters of the HTML; None: it has none.
    pub html: Option<usize>,
}

/// A notification as it was asked for.
pub struct Wish {
    /// Which way.
    pub channel: Channel,
    /// To whom.
    pub to: To,
    /// What.
    pub said: Said,
    /// With which files.
    pub attachments: Vec<AttachmentSource>,
}

/// What is said, and the rest of it.
pub struct Said {
    say: Say,
    data: Value,
    locale: Option<String>,
    kind: Kind,
    order_id: Option<OrderId>,
    send_at: Option<DateTime<Utc>>,
}

impl Said {
    /// Reads it.
    pub fn from_fields(fields: &mut Fields<'_>, form: &Form) -> Option<Self> {
        let template = fields.optional("template", key);
        let data = fields.optional("data", object);
        let subject = form.subject.map(|most| fields.optional("subject", rules::text(1, most)));
        let text = fields.optional("text", rules::multiline(form.text));
        let html = form.html.map(|most| fields.optional("html", rules::multiline(most)));
        let locale = fields.optional("locale", rules::locale);
        let kind = fields.optional("kind", kind);
        let order_id = fields.optional("order_id", rules::id::<OrderId>);
        let send_at = fields.optional("send_at", rules::time);
        let (template, data, text) = (template?, data?, text?.filter(|text| !text.is_empty()));
        let subject = subject.unwrap_or(Some(None))?;
        let html = html.unwrap_or(Some(None))?.filter(|html| !html.is_empty());
        let say = say(
            fields,
            form,
            template,
            data.is_some(),
            Text { subject, text: text.unwrap_or_default(), html },
        )?;
        Some(Self {
            say,
            data: Value::Object(data.unwrap_or_default()),
            locale: locale?,
            kind: kind?.unwrap_or_default(),
            order_id: order_id?,
            send_at: send_at?,
        })
    }
}

/// A template, or a text of its own; one of the two.
fn say(
    fields: &mut Fields<'_>,
    form: &Form,
    template: Option<String>,
    has_data: bool,
    text: Text,
) -> Option<Say> {
    let is_text = text.subject.is_some() || !text.text.is_empty() || text.html.is_some();
    if let Some(key) = template {
        if !is_text {
            return Some(Say::Template(key));
        }
        fields.error("template", Invalid::new("not_both", "send a template or a text, not both"));
        return None;
    }
    if has_data {
        fields.error("data", Invalid::new("without_template", "is the template's"));
        return None;
    }
    if !is_text {
        fields.error("template", Invalid::new("required", "a template or a text is required"));
        return None;
    }
    let mut complete = true;
    if form.subject.is_some() && text.subject.is_none() {
        fields.error("subject", Invalid::new("required", "is required"));
        complete = false;
    }
    if text.text.is_empty() && text.html.is_none() {
        fields.error("text", Invalid::new("required", "is required"));
        complete = false;
    }
    complete.then_some(Say::Text(text))
}

impl Wish {
    /// The notification under an id.
    ///
    /// # Errors
    /// 422: it is to be sent later than anything is kept for.
    pub fn asked(self, id: Uuid, now: DateTime<Utc>) -> Result<Asked, Problem> {
        let Self { channel, to, said, attachments } = self;
        let Said { say, data, locale, kind, order_id, send_at } = said;
        if send_at.is_some_and(|at| at > now + FARTHEST) {
            return Err(Problem::invalid("/send_at", "out_of_range", "at most 90 days from now"));
        }
        let notice = Notice {
            id: id.into(),
            event_id: id,
            channel,
            kind,
            to,
            recipient: Recipient::Present,
            say,
            locale,
            order_id,
            data,
            attachments,
            secret: false,
            resend_of: None,
        };
        Ok(Asked { notice, send_at })
    }

    /// To one of whom the fields name exactly one.
    pub fn one_of<T>(
        fields: &mut Fields<'_>,
        first: (&str, Option<T>),
        second: (&str, Option<T>),
    ) -> Option<T> {
        match (first.1, second.1) {
            (Some(to), None) | (None, Some(to)) => Some(to),
            (None, None) => {
                fields.error(
                    first.0,
                    Invalid { code: "required".into(), detail: format!("or {}", second.0).into() },
                );
                None
            }
            (Some(_), Some(_)) => {
                let detail = format!("{} or {}, not both", first.0, second.0).into();
                fields.error(second.0, Invalid { code: "not_both".into(), detail });
                None
            }
        }
    }
}

fn object(value: Value) -> Result<Map<String, Value>, Invalid> {
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(Invalid::new("wrong_type", "must be an object")),
    }
}

fn kind(value: Value) -> Result<Kind, Invalid> {
    let text = rules::string(value)?;
    Kind::parse(&text).ok_or(Invalid::new("unknown_value", "must be transactional or marketing"))
}
