//! `POST /notifications/templates/{key}/preview`

use axum::Json;
use axum::extract::{FromRequest as _, Request, State as Extract};
use cartwright_web::openapi::Locale;
use cartwright_web::problem::Answer;
use cartwright_web::query::NoParams;
use cartwright_web::rules::{self, Invalid};
use cartwright_web::{Body, Fields, FromFields, PathId, Problem, Query, Staff};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::exists;
use super::fields::{Key, KeyPath, channel, channels};
use crate::domain::Channel;
use crate::error;
use crate::mail::{Reader, Rendered};
use crate::routes::send::unfit_data;
use crate::state::State;

/// What to fill in.
#[derive(ToSchema)]
#[schema(as = TemplatePreviewRequest)]
#[expect(dead_code, reason = "only described; Request is what is read")]
pub struct DescribedRequest {
    #[schema(schema_with = channels)]
    channel: Option<String>,
    // The reader's; the nearest template is taken.
    #[schema(inline)]
    locale: Locale,
    /// The template's variables.
    #[schema(value_type = Object)]
    data: Value,
}

struct Wanted {
    channel: Option<Channel>,
    locale: String,
    data: Value,
}

impl FromFields for Wanted {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let channel = fields.optional("channel", channel);
        let locale = fields.required("locale", rules::locale);
        let data = fields.required("data", |value| match value {
            Value::Object(_) => Ok(value),
            _ => Err(Invalid::new("wrong_type", "must be an object")),
        });
        Some(Self { channel: channel?, locale: locale?, data: data? })
    }
}

/// What somebody would read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TemplatePreview)]
pub struct Preview {
    #[schema(required)]
    subject: Option<String>,
    text: String,
    #[schema(required)]
    html: Option<String>,
}

/// 200 with the message; 404, 422.
#[utoipa::path(
    post, path = "/notifications/templates/{key}/preview", operation_id = "previewTemplate", tag = "Templates",
    summary = "See what a template says",
    description = "By staff; nothing is sent. `channel` is `email` when it is absent. A variable that is missing is a 422 at `/data`.",
    params(KeyPath),
    request_body(content = DescribedRequest, example = json!({ "locale": "de-AT", "data": { "number": "C-2026-000123" } })),
    responses((status = 200, description = "The message.", body = Preview)),
    security(("bearer" = []))
)]
pub async fn preview(
    _: Staff,
    Extract(state): Extract<State>,
    PathId(Key(key)): PathId<Key>,
    _: Query<NoParams>,
    request: Request,
) -> Answer<Json<Preview>> {
    if !exists(&state, &key).await? {
        return Err(Problem::not_found());
    }
    let Wanted { channel, locale, data } = Body::<Wanted>::from_request(request, &()).await?.value;
    let channel = channel.unwrap_or(Channel::Email);
    let stored = state.templates.of(&key, channel).await.map_err(|error| error::store(&error))?;
    let reader = Reader { locale: &locale, ..Reader::default() };
    match state.renderer.render(&key, channel, &stored, &reader, &data) {
        Ok(Rendered { subject, text, html }) => Ok(Json(Preview { subject, text, html })),
        Err(error) => Err(unfit_data(error)),
    }
}
