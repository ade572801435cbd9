//! `GET /users/{id}/addresses`

use axum::extract::State as Shared;
use cartwright_web::openapi::PageParams;
use cartwright_web::pagination::{Page, PageRequest};
use cartwright_web::{FromParams, Params, PathId, Problem, Query, User};
use uuid::Uuid;

use super::view::AddressView;
use crate::db::addresses;
use crate::error::Failure;
use crate::routes::users::whom::{UserPath, Whom};
use crate::state::State;

/// The page.
pub struct Book(PageRequest<Uuid>);

impl FromParams for Book {
    fn from_params(params: &mut Params) -> Option<Self> {
        PageRequest::from_params(params, "addresses").map(Self)
    }
}

/// 200 with a page, in the order in which they were added.
#[utoipa::path(
    get, path = "/users/{id}/addresses", operation_id = "listAddresses", tag = "Users",
    summary = "List one's addresses",
    description = "One's own, in the order in which they were added.",
    params(UserPath, PageParams),
    responses((status = 200, description = "A page.", body = Page<AddressView>)),
    security(("bearer" = []))
)]
pub async fn list(
    Shared(state): Shared<State>,
    caller: User,
    PathId(whom): PathId<Whom>,
    Query(Book(page)): Query<Book>,
) -> Result<Page<AddressView>, Problem> {
    let id = whom.own(&caller)?;
    let pool = state.database.pool();
    let entries = addresses::list(pool, id, page.after, page.fetch()).await.map_err(Failure::from)?;
    Ok(page.page(entries, |entry| entry.id).map(AddressView::from))
}
