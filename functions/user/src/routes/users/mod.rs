//! `/users`

pub mod addresses;
pub mod audit;
pub mod change;
pub mod create;
pub mod erase;
pub mod export;
pub mod get;
pub mod list;
pub mod replace;
pub mod view;
mod whom;

use axum::Json;
use axum::extract::{FromRequest as _, Request};
use axum::http::StatusCode;
use axum::http::header::{ETAG, HeaderMap};
use axum::response::{IntoResponse as _, Response};
use cartwright_types::UserId;
use cartwright_web::{Body, FromFields, Problem, User as Caller, etag};

use crate::db::users;
use crate::error::Failure;
use crate::routes::client::Client;
use crate::state::State;
use crate::usecases::update_user::{UpdateError, Wish, reaches_above, update_user};
use view::UserView;
use whom::Whom;

impl From<UpdateError> for Problem {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::NotFound => Self::not_found(),
            UpdateError::Forbidden => Self::forbidden(),
            UpdateError::Stale => etag::precondition_failed(),
            UpdateError::Failure(failure) => failure.into(),
        }
    }
}

/// Whether a version is one that the caller may change, by `If-Match`.
pub(super) fn expected(headers: &HeaderMap) -> impl Fn(i64) -> bool + Sync {
    |version| etag::check_if_match(headers, &etag::strong(&version.to_string())).is_ok()
}

/// Whose account is to be changed, before the body is looked at: 404 when it is not the caller's to see, 403 when it is not
/// theirs to change, 412 when it was changed since. The change itself looks again.
async fn may_change(
    state: &State,
    caller: &Caller,
    whom: Whom,
    headers: &HeaderMap,
) -> Result<UserId, Problem> {
    let id = whom.own_or_staff(caller)?;
    let user = users::by_id(state.database.pool(), id).await.map_err(Failure::from)?;
    let user = user.ok_or_else(Problem::not_found)?;
    if reaches_above(caller, &user) {
        return Err(Problem::forbidden());
    }
    etag::check_if_match(headers, &etag::strong(&user.version.to_string()))?;
    Ok(id)
}

/// Changes an account as a body of the kind `W` says. 200 with it; 202 when a new address waits for its proof.
async fn update<W: FromFields + Into<Wish>>(
    state: &State,
    caller: &Caller,
    whom: Whom,
    client: Client,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let id = may_change(state, caller, whom, &headers).await?;
    let wish: Wish = Body::<W>::from_request(request, &()).await?.value.into();
    let user = update_user(state, caller, id, &wish, &expected(&headers), &client.of(caller)).await?;
    let moves = wish.email.is_some() && user.pending_email.is_some();
    let status = if moves { StatusCode::ACCEPTED } else { StatusCode::OK };
    let tag = etag::strong(&user.version.to_string());
    Ok((status, [(ETAG, tag)], Json(UserView::from(user))).into_response())
}
