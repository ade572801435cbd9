//! `PUT /users/{id}/addresses/{address_id}`

use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use cartwright_web::openapi::IfMatch;
use cartwright_web::{Body, PathIds, Problem, User, etag};
use uuid::Uuid;

use super::view::{AddressView, NewAddress};
use super::{AddressPath, shown};
use crate::db::addresses;
use crate::domain::address::BookAddress;
use crate::error::Failure;
use crate::routes::users::expected;
use crate::routes::users::whom::Whom;
use crate::state::State;
use crate::usecases::address_book;

/// 200 with the address; 404, 412.
#[utoipa::path(
    put, path = "/users/{id}/addresses/{address_id}", operation_id = "replaceAddress", tag = "Users",
    summary = "Replace an address",
    description = "Of one's own book. A new default takes the former one's place.",
    params(AddressPath, IfMatch),
    request_body(content = NewAddress, example = json!({
        "name": "Ada Lovelace", "line1": "Hauptstr. 1", "city": "Berlin", "postal_code": "10115", "country": "DE",
        "default_shipping": true
    })),
    responses((status = 200, description = "The address as it is now.", body = AddressView, headers(("ETag" = String)))),
    security(("bearer" = []))
)]
pub async fn replace(
    Shared(state): Shared<State>,
    caller: User,
    PathIds(whom, id): PathIds<Whom, Uuid>,
    headers: HeaderMap,
    request: Request,
) -> Result<impl IntoResponse, Problem> {
    let user = whom.own(&caller)?;
    let found = addresses::get(state.database.pool(), user, id).await.map_err(Failure::from)?;
    let found = found.ok_or_else(Problem::not_found)?;
    etag::check_if_match(&headers, &etag::strong(&found.version.to_string()))?;
    let body = Body::<BookAddress>::from_request(request, &()).await?;
    Ok(shown(address_book::replace(&state, user, id, &body, &expected(&headers)).await?))
}
