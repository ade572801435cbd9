//! `PUT /notifications/templates/{key}`

use axum::Json;
use axum::extract::{FromRequest as _, Request, State as Extract};
use axum::http::header::{ETAG, HeaderMap};
use axum::response::{IntoResponse as _, Response};
use cartwright_web::openapi::{IfMatch, ProblemDocument};
use cartwright_web::problem::Answer;
use cartwright_web::query::NoParams;
use cartwright_web::{Body, PathId, Problem, Query, Staff, etag};

use super::fields::{DescribedChange, Key, KeyPath, TemplateChange};
use super::view::TemplateView;
use super::{Found, check, exists, find};
use crate::db::Which;
use crate::domain::Wording;
use crate::error;
use crate::routes::precondition;
use crate::state::State;

/// 200 with the template; 404, 412, 422, 428.
#[utoipa::path(
    put, path = "/notifications/templates/{key}", operation_id = "replaceTemplate", tag = "Templates",
    summary = "Replace a template",
    description = "By staff: that of the body's `channel` and `locale`, which must be there, stored or built in. What was is kept as a \
        version. In use within 10 seconds.",
    params(KeyPath, IfMatch),
    request_body(content = DescribedChange, example = json!({
        "channel": "email", "locale": "en", "subject": "Welcome", "text": "Welcome to {{ shop.name }}!", "variables": []
    })),
    responses(
        (status = 200, description = "The template as it is now.", body = TemplateView, headers(("ETag" = String))),
        (status = 428, description = "`precondition_required`: `If-Match` is missing.", body = ProblemDocument)
    ),
    security(("bearer" = []))
)]
pub async fn replace(
    _: Staff,
    Extract(state): Extract<State>,
    PathId(Key(key)): PathId<Key>,
    _: Query<NoParams>,
    headers: HeaderMap,
    request: Request,
) -> Answer<Response> {
    if !exists(&state, &key).await? {
        return Err(Problem::not_found());
    }
    precondition::required(&headers)?;
    let TemplateChange { key: named, wording } =
        Body::<TemplateChange>::from_request(request, &()).await?.value;
    if named.is_some_and(|named| named != key) {
        return Err(Problem::invalid("/key", "not_the_paths", "must be the key of the path"));
    }
    let wording = Wording { key: key.clone(), ..wording };
    let which = Which { key: &key, channel: wording.channel, locale: &wording.locale };
    let before = find(&state, which).await?.ok_or_else(Problem::not_found)?;
    precondition::check(&headers, before.version())?;
    check(&state, &wording)?;
    let now = state.clock.now();
    let made = match &before.stored {
        Some(stored) => state.templates.replace(stored, wording, now).await,
        None => state.templates.create(wording, now).await,
    };
    let made = made.map_err(|error| error::store(&error))?.ok_or_else(etag::precondition_failed)?;
    let tag = etag::strong(&made.version.to_string());
    let view = TemplateView::from(Found { wording: made.wording.clone(), stored: Some(made) });
    Ok(([(ETAG, tag)], Json(view)).into_response())
}
