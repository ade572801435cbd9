//! A template, as it is shown.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::Found;
use super::fields::channels;
use cartwright_web::openapi::{Locale, words};

/// A template.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Template)]
pub struct TemplateView {
    /// What is said.
    #[schema(examples("order_confirmation"))]
    key: String,
    #[schema(schema_with = channels)]
    channel: &'static str,
    #[schema(inline, value_type = Locale)]
    locale: String,
    /// A mail's subject, a push message's title.
    #[schema(required)]
    subject: Option<String>,
    /// The plain text.
    text: String,
    /// A mail's other body.
    #[schema(required)]
    html: Option<String>,
    /// What it must be given.
    variables: Vec<String>,
    #[schema(schema_with = sources)]
    source: &'static str,
    /// 0: built in.
    #[schema(minimum = 0)]
    version: i64,
    /// Null: built in.
    #[schema(required)]
    created_at: Option<DateTime<Utc>>,
    /// Null: built in.
    #[schema(required)]
    updated_at: Option<DateTime<Utc>>,
}

fn sources() -> utoipa::openapi::Object {
    words("Who wrote it: `built_in` comes with the shop, `stored` is staff's.", &["built_in", "stored"])
}

impl From<Found> for TemplateView {
    fn from(found: Found) -> Self {
        let version = found.version();
        let Found { wording, stored } = found;
        Self {
            key: wording.key,
            channel: wording.channel.as_str(),
            locale: wording.locale,
            subject: wording.subject,
            text: wording.text,
            html: wording.html,
            variables: wording.variables,
            source: if stored.is_some() { "stored" } else { "built_in" },
            version,
            created_at: stored.as_ref().map(|stored| stored.created_at),
            updated_at: stored.as_ref().map(|stored| stored.updated_at),
        }
    }
}
