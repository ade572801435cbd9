//! `GET /inventory`

use axum::extract::State;
use cartwright_web::openapi::PageParams;
use cartwright_web::pagination::{Page, PageRequest};
use cartwright_web::problem::Answer;
use cartwright_web::rules::Invalid;
use cartwright_web::{FromParams, Params, Query, Staff};
use utoipa::IntoParams;
use uuid::Uuid;

use super::view::ItemView;
use crate::db::inventory::{self, ItemFilter};
use crate::{error, state};

/// Characters of `q`.
const LONGEST_PART: usize = 100;

/// The query.
pub struct Search {
    filter: ItemFilter,
    page: PageRequest<String>,
}

impl FromParams for Search {
    fn from_params(params: &mut Params) -> Option<Self> {
        let sku = params.optional("sku", |text| Ok(text.to_owned()));
        let product_id = params.optional("product_id", |text| {
            text.parse::<Uuid>().map_err(|_| Invalid::new("invalid_id", "must be a product's id"))
        });
        let part = params.optional("q", |text| {
            let fits = (1..=LONGEST_PART).contains(&text.chars().count());
            if fits {
                Ok(text.to_owned())
            } else {
                Err(Invalid::new("wrong_length", "has 1 to 100 characters"))
            }
        });
        let low = params.optional("low", |text| {
            text.parse::<bool>().map_err(|_| Invalid::new("wrong_type", "must be true or false"))
        });
        let (sku, product_id, part, low) = (sku?, product_id?, part?, low?);
        let page = PageRequest::from_params(params, &format!("{sku:?} {product_id:?} {part:?} {low:?}"))?;
        let after = page.after.clone();
        Some(Self { filter: ItemFilter { sku, product_id, part, low, after }, page })
    }
}

/// What the query string may hold, beside the page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; Search is what is read")]
struct SearchParams {
    /// Only this sku.
    #[param(required = false, example = "TENT-2P")]
    sku: String,
    /// Only the skus of this product.
    #[param(required = false)]
    product_id: Uuid,
    /// Part of the sku or the name, in any case.
    #[param(required = false, min_length = 1, max_length = 100)]
    q: String,
    /// `true`: only what has `available` at or below its `reorder_point`; `false`: only what has more.
    #[param(required = false)]
    low: bool,
}

/// 200 with a page; 403 for customers.
#[utoipa::path(
    get, path = "/inventory", operation_id = "listInventory", tag = "Inventory",
    summary = "List stock",
    description = "For staff. By sku. Filters narrow together.",
    params(SearchParams, PageParams),
    responses((status = 200, description = "A page.", body = Page<ItemView>)),
    security(("bearer" = []))
)]
pub async fn list(
    State(state): State<state::State>,
    _staff: Staff,
    Query(Search { filter, page }): Query<Search>,
) -> Answer<Page<ItemView>> {
    let items = inventory::list(state.database.pool(), &filter, page.fetch()).await;
    let items = items.map_err(|e| error::database(&e))?;
    Ok(page.page(items, |item| item.sku.clone()).map(ItemView::from))
}
