//! `GET /promotions`

use axum::extract::State as Shared;
use cartwright_web::openapi::PageParams;
use cartwright_web::pagination::{Page, PageRequest};
use cartwright_web::rules::Invalid;
use cartwright_web::{FromParams, Params, Problem, Query, Staff};

use super::view::PromotionView;
use crate::db::promotions;
use crate::domain::promotion::key;
use crate::error::Failure;
use crate::state::State;

/// The page.
pub struct Search(PageRequest<String>);

impl FromParams for Search {
    fn from_params(params: &mut Params) -> Option<Self> {
        let page: PageRequest<String> = PageRequest::from_params(params, "promotions")?;
        if page.after.as_ref().is_some_and(|key| key.contains('\0')) {
            params.error("cursor", Invalid::new("invalid_cursor", "is not a cursor of this list"));
            return None;
        }
        Some(Self(page))
    }
}

/// 200 with a page.
#[utoipa::path(
    get, path = "/promotions", operation_id = "listPromotions", tag = "Promotions",
    summary = "List the promotions",
    description = "By staff; by code. There is no other order.",
    params(PageParams),
    responses((status = 200, description = "A page.", body = Page<PromotionView>)),
    security(("bearer" = []))
)]
pub async fn handle(
    Shared(state): Shared<State>,
    _staff: Staff,
    Query(Search(page)): Query<Search>,
) -> Result<Page<PromotionView>, Problem> {
    let rows = promotions::list(state.database.pool(), page.after.as_deref(), page.fetch()).await;
    let rows = rows.map_err(Failure::from)?;
    Ok(page
        .page(rows, |stored| key(&stored.promotion.code))
        .map(|stored| PromotionView::new(stored, state.shop.currency)))
}
