//! `DELETE /notifications/templates/{key}?channel=&locale=`

use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use cartwright_web::openapi::{IfMatch, ProblemDocument};
use cartwright_web::problem::Answer;
use cartwright_web::{FromParams, Params, PathId, Problem, Query, Staff, etag};

use super::fields::{Key, KeyPath, WhichParams, which};
use crate::db::Which;
use crate::domain::Channel;
use crate::error;
use crate::routes::precondition;
use crate::state::State;

pub struct Wanted(Option<Channel>, Option<String>);

impl FromParams for Wanted {
    fn from_params(params: &mut Params) -> Option<Self> {
        which(params).map(|(channel, locale)| Self(channel, locale))
    }
}

/// 204; 404, 412, 428.
#[utoipa::path(
    delete, path = "/notifications/templates/{key}", operation_id = "deleteTemplate", tag = "Templates",
    summary = "Remove a template",
    description = "By staff: that of the channel and locale. What is built in cannot be removed, and is used again where it had been \
        replaced. Versions are kept.",
    params(KeyPath, WhichParams, IfMatch),
    responses(
        (status = 204, description = "It is out of use."),
        (status = 428, description = "`precondition_required`: `If-Match` is missing.", body = ProblemDocument)
    ),
    security(("bearer" = []))
)]
pub async fn remove(
    _: Staff,
    Extract(state): Extract<State>,
    PathId(Key(key)): PathId<Key>,
    Query(Wanted(channel, locale)): Query<Wanted>,
    headers: HeaderMap,
) -> Answer<StatusCode> {
    let locale = locale.as_deref().unwrap_or(&state.default_locale);
    let which = Which { key: &key, channel: channel.unwrap_or(Channel::Email), locale };
    let stored = state.templates.find(which).await.map_err(|error| error::store(&error))?;
    let stored = stored.ok_or_else(Problem::not_found)?;
    precondition::required(&headers)?;
    precondition::check(&headers, stored.version)?;
    let removed =
        state.templates.remove(which, stored.version).await.map_err(|error| error::store(&error))?;
    if removed { Ok(StatusCode::NO_CONTENT) } else { Err(etag::precondition_failed()) }
}
