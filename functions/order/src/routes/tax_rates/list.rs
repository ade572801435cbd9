//! `GET /tax-rates`

use axum::extract::State as Shared;
use axum::response::Response;
use cartwright_web::openapi::PageParams;
use cartwright_web::pagination::{Page, PageRequest};
use cartwright_web::rules::Invalid;
use cartwright_web::{Caller, FromParams, Params, Problem, Query};

use super::view::TaxRateView;
use crate::db::tax_rates::{self, Place};
use crate::error::Failure;
use crate::routes::shop::public;
use crate::state::State;

/// The page.
pub struct Search(PageRequest<Place>);

impl FromParams for Search {
    fn from_params(params: &mut Params) -> Option<Self> {
        let page: PageRequest<Place> = PageRequest::from_params(params, "tax-rates")?;
        if page
            .after
            .as_ref()
            .is_some_and(|key| [&key.0, &key.1, &key.2].into_iter().any(|part| part.contains('\0')))
        {
            params.error("cursor", Invalid::new("invalid_cursor", "is not a cursor of this list"));
            return None;
        }
        Some(Self(page))
    }
}

/// 200 with a page.
#[utoipa::path(
    get, path = "/tax-rates", operation_id = "listTaxRates", tag = "Taxes",
    summary = "List the tax rates",
    description = "By country, region and class. There is no other order. A region's rate wins over its country's.",
    params(PageParams),
    responses((status = 200, description = "A page.", body = Page<TaxRateView>))
)]
pub async fn handle(
    Shared(state): Shared<State>,
    caller: Caller,
    Query(Search(page)): Query<Search>,
) -> Result<Response, Problem> {
    let rows = tax_rates::list(state.database.pool(), page.after.as_ref(), page.fetch()).await;
    let rows = rows.map_err(Failure::from)?;
    Ok(public(&caller, page.page(rows, |stored| tax_rates::place(&stored.rate)).map(TaxRateView::from)))
}
