//! `PUT /notifications/preferences`

use axum::Json;
use axum::extract::{FromRequest as _, Request, State as Extract};
use axum::http::header::{ETAG, HeaderMap};
use axum::response::{IntoResponse as _, Response};
use cartwright_web::openapi::IfMatch;
use cartwright_web::problem::Answer;
use cartwright_web::query::NoParams;
use cartwright_web::{Body, Query, User, etag};

use super::view::{DescribedPreferences, PreferencesView, WantedBody};
use super::{of, tag};
use crate::domain::Preferences;
use crate::error;
use crate::state::State;

/// 200 with the preferences as they are now; 412, 422.
#[utoipa::path(
    put, path = "/notifications/preferences", operation_id = "replacePreferences", tag = "Preferences",
    summary = "Say what one wants to hear",
    description = "What is absent is as usual: mails and push messages about orders and the account, nothing that is to sell. Marketing \
        needs `marketing_opt_in` of the account beside.",
    params(IfMatch),
    request_body(content = DescribedPreferences, example = json!({
        "categories": { "orders": { "email": true, "sms": false, "push": true }, "marketing": { "email": false } }
    })),
    responses((status = 200, description = "The preferences as they are now.", body = PreferencesView, headers(("ETag" = String)))),
    security(("bearer" = []))
)]
pub async fn replace(
    user: User,
    Extract(state): Extract<State>,
    _: Query<NoParams>,
    headers: HeaderMap,
    request: Request,
) -> Answer<Response> {
    // Only a condition needs what is usual for them, and with it the user service.
    let version = if headers.contains_key(axum::http::header::IF_MATCH) {
        let (said, before) = of(&state, user.id).await?;
        etag::check_if_match(&headers, &tag(said.version, &before))?;
        said.version
    } else {
        state.wishes.of(user.id).await.map_err(|error| error::store(&error))?.version
    };
    let WantedBody(wanted) = Body::<WantedBody>::from_request(request, &()).await?.value;
    let preferences = wanted.over(Preferences::standard(false));
    let said = state.wishes.say(user.id, &preferences, version, state.clock.now()).await;
    if !said.map_err(|error| error::store(&error))? {
        return Err(etag::precondition_failed());
    }
    let tag = tag(version + 1, &preferences);
    Ok(([(ETAG, tag)], Json(PreferencesView::from(preferences))).into_response())
}
