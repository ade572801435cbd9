//! `GET /notifications/templates/{key}?channel=&locale=&version=`

use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::http::header::{ETAG, HeaderMap};
use axum::response::{IntoResponse as _, Response};
use cartwright_web::problem::Answer;
use cartwright_web::rules::Invalid;
use cartwright_web::{FromParams, Params, PathId, Problem, Query, Staff, etag};
use utoipa::IntoParams;

use super::fields::{Key, KeyPath, WhichParams, which};
use super::view::TemplateView;
use super::{Found, find};
use crate::db::Which;
use crate::domain::Channel;
use crate::error;
use crate::state::State;

pub struct Wanted {
    channel: Option<Channel>,
    locale: Option<String>,
    version: Option<i64>,
}

impl FromParams for Wanted {
    fn from_params(params: &mut Params) -> Option<Self> {
        let which = which(params);
        let version = params.optional("version", |text| {
            let number = text.parse().ok().filter(|number| (1..=1_000_000_000).contains(number));
            number.ok_or(Invalid::new("out_of_range", "must be a version, from 1 on"))
        });
        let (channel, locale) = which?;
        Some(Self { channel, locale, version: version? })
    }
}

/// A version that is not in use any more.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; Wanted is what is read")]
struct VersionParam {
    /// A version that was in use once; without it the one in use.
    #[param(minimum = 1, maximum = 1_000_000_000, required = false)]
    version: i64,
}

/// 200 with the template, 304, 404.
#[utoipa::path(
    get, path = "/notifications/templates/{key}", operation_id = "getTemplate", tag = "Templates",
    summary = "Read a template",
    description = "By staff: exactly that of the channel and locale, stored or built in. Every version is kept, also of what was \
        removed.",
    params(KeyPath, WhichParams, VersionParam),
    responses((status = 200, description = "The template.", body = TemplateView), (status = 304)),
    security(("bearer" = []))
)]
pub async fn show(
    _: Staff,
    Extract(state): Extract<State>,
    PathId(Key(key)): PathId<Key>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Answer<Response> {
    let locale = wanted.locale.as_deref().unwrap_or(&state.default_locale);
    let which = Which { key: &key, channel: wanted.channel.unwrap_or(Channel::Email), locale };
    let found = match wanted.version {
        None => find(&state, which).await?,
        Some(version) => {
            let stored = state.templates.past(which, version).await.map_err(|error| error::store(&error))?;
            stored.map(|stored| Found { wording: stored.wording.clone(), stored: Some(stored) })
        }
    };
    let found = found.ok_or_else(Problem::not_found)?;
    let tag = etag::strong(&found.version().to_string());
    if etag::is_not_modified(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    Ok(([(ETAG, tag)], Json(TemplateView::from(found))).into_response())
}
