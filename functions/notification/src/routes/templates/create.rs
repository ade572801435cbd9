//! `POST /notifications/templates`

use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::http::header::{ETAG, LOCATION};
use axum::response::{IntoResponse as _, Response};
use cartwright_web::openapi::ProblemDocument;
use cartwright_web::problem::Answer;
use cartwright_web::query::NoParams;
use cartwright_web::{Body, Problem, Query, Staff, etag};

use super::fields::{DescribedTemplate, NewTemplate};
use super::view::TemplateView;
use super::{Found, check};
use crate::error;
use crate::state::State;

/// 201 with the template; 409 `template_exists`, 422.
#[utoipa::path(
    post, path = "/notifications/templates", operation_id = "createTemplate", tag = "Templates",
    summary = "Write a template",
    description = "By staff, in minijinja. One whose key is a built-in one's takes its place in its language, and is tried before it is \
        kept. In use within 10 seconds.",
    request_body(content = DescribedTemplate, example = json!({
        "key": "spring_sale", "channel": "email", "locale": "en", "subject": "Spring at {{ shop.name }}",
        "text": "Hello{% if name %} {{ name }}{% endif %},\n\n{{ offer }}", "variables": ["offer"]
    })),
    responses(
        (status = 201, description = "The template.", body = TemplateView, headers(("ETag" = String), ("Location" = String))),
        (status = 409, description = "`template_exists`: it is there for this channel and locale.", body = ProblemDocument,
            example = json!({ "code": "template_exists", "detail": "Replace it with PUT." }))
    ),
    security(("bearer" = []))
)]
pub async fn create(
    _: Staff,
    Extract(state): Extract<State>,
    _: Query<NoParams>,
    body: Body<NewTemplate>,
) -> Answer<Response> {
    let wording = body.value.0;
    check(&state, &wording)?;
    let (key, channel, locale) = (wording.key.clone(), wording.channel.as_str(), wording.locale.clone());
    let made = state.templates.create(wording, state.clock.now()).await;
    let made = made.map_err(|error| error::store(&error))?;
    let made = made.ok_or_else(|| Problem::conflict("template_exists").detail("Replace it with PUT."))?;
    let tag = etag::strong(&made.version.to_string());
    let location = format!("/notifications/templates/{key}?channel={channel}&locale={locale}");
    let view = TemplateView::from(Found { wording: made.wording.clone(), stored: Some(made) });
    let location =
        location.parse().unwrap_or_else(|_| axum::http::HeaderValue::from_static("/notifications/templates"));
    Ok((StatusCode::CREATED, [(ETAG, tag), (LOCATION, location)], Json(view)).into_response())
}
