//! `GET /products`

use axum::extract::State;
use axum::response::Response;
use cartwright_web::openapi::PageParams;
use cartwright_web::pagination::{Page, PageRequest};
use cartwright_web::problem::Answer;
use cartwright_web::query::{FromParams, Params};
use cartwright_web::rules::Invalid;
use cartwright_web::{Caller, Query};
use utoipa::IntoParams;

use super::view::ProductView;
use crate::db::listing::{self, Filter, Listed, Place, Sort};
use crate::domain::search_text::SearchText;
use crate::domain::slug::Key;
use crate::routes::caching;
use crate::{error, state};

/// The query string: `q`, `category`, `min_price`, `max_price`, `in_stock`, `sort`, `limit`, `cursor`.
pub struct Search {
    filter: Filter,
    sort: Sort,
    page: PageRequest<Place>,
}

/// Longer texts are no search.
const MAX_TEXT: usize = 200;

impl FromParams for Search {
    fn from_params(params: &mut Params) -> Option<Self> {
        let q = params.optional("q", |text| {
            let short = text.chars().count() <= MAX_TEXT;
            if short { Ok(text.to_owned()) } else { Err(Invalid::new("too_long", "at most 200 characters")) }
        });
        let category = params.optional("category", |text| {
            Key::parse(text).ok_or(Invalid::new("invalid_category", "must be a category's id or slug"))
        });
        let min_price = params.optional("min_price", amount);
        let max_price = params.optional("max_price", amount);
        let in_stock = params.optional("in_stock", |text| match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Invalid::new("wrong_type", "must be true or false")),
        });
        let sort = params.optional("sort", sort);
        let (q, sort) = (q?, sort?);
        let search = q.as_deref().and_then(SearchText::new);
        let filter = Filter {
            search,
            category: category?,
            min_price: min_price?,
            max_price: max_price?,
            in_stock: in_stock?,
        };
        // Without words everything is equally relevant, and the newest comes first.
        let sort = match sort.unwrap_or(Sort::Relevance) {
            Sort::Relevance if filter.search.is_none() => Sort::Newest,
            sort => sort,
        };
        let page = PageRequest::from_params(params, &format!("{filter:?} {sort:?}"))?;
        if page.after.as_ref().is_some_and(|place: &Place| !place.fits(sort)) {
            params.error("cursor", Invalid::new("invalid_cursor", "is not a cursor of this list"));
            return None;
        }
        Some(Self { filter, sort, page })
    }
}

/// Minor units of the shop's currency.
fn amount(text: &str) -> Result<i64, Invalid> {
    let amount = text.parse().ok().filter(|amount| *amount >= 0);
    amount.ok_or(Invalid::new("wrong_type", "must be an amount in minor units, 0 or more"))
}

fn sort(text: &str) -> Result<Sort, Invalid> {
    match text {
        "relevance" => Ok(Sort::Relevance),
        "price" => Ok(Sort::PriceAscending),
        "-price" => Ok(Sort::PriceDescending),
        "-created_at" => Ok(Sort::Newest),
        "name" => Ok(Sort::Name),
        _ => Err(Invalid::new("unknown_sort", "must be one of relevance, price, -price, -created_at, name")),
    }
}

/// What the query string may hold, beside the page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; Search is what is read")]
struct SearchParams {
    /// Words to look for in names and descriptions; when no product has them, products with similar names are shown.
    #[param(max_length = 200, pattern = r"^[^\x00]*$", example = "tent", required = false)]
    q: String,
    /// A category's id or slug; what is below it counts too.
    #[param(max_length = 100, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", example = "tents", required = false)]
    category: String,
    /// Minor units of the shop's currency.
    #[param(minimum = 0, required = false)]
    min_price: i64,
    /// Minor units of the shop's currency.
    #[param(minimum = 0, required = false)]
    max_price: i64,
    /// `true`: only what can be ordered now; `false`: only what cannot.
    #[param(required = false)]
    in_stock: bool,
    /// The order; `relevance` with `q` and `-created_at` without it are the default.
    #[param(schema_with = sorts, required = false)]
    sort: String,
}

fn sorts() -> utoipa::openapi::Object {
    let meaning = "The order; without it `relevance` where there is a `q`, else `-created_at`.";
    cartwright_web::openapi::words(meaning, &["relevance", "price", "-price", "-created_at", "name"])
}

/// 200 with a page of active products. When no product has the words of `q`, those whose names look like it.
#[utoipa::path(
    get, path = "/products", operation_id = "listProducts", tag = "Catalogue",
    summary = "Search the catalogue",
    description = "Active products. Filters narrow together. `sort` takes one of `relevance`, `price`, `-price`, `-created_at`, \
        `name`. A change shows within 5 seconds.",
    params(SearchParams, PageParams),
    responses((status = 200, description = "A page.", body = Page<ProductView>))
)]
pub async fn list(
    State(state): State<state::State>,
    caller: Caller,
    Query(Search { filter, sort, page }): Query<Search>,
) -> Answer<Response> {
    let (pool, after) = (state.database.pool(), page.after.as_ref());
    let mut fuzzy = after.is_some_and(|place| place.fuzzy);
    let mut rows: Vec<Listed> = listing::list(pool, &filter, sort, fuzzy, after, page.fetch())
        .await
        .map_err(|e| error::database(&e))?;
    if rows.is_empty() && after.is_none() && filter.search.is_some() {
        fuzzy = true;
        rows = listing::list(pool, &filter, sort, fuzzy, None, page.fetch())
            .await
            .map_err(|e| error::database(&e))?;
    }
    let rows: Vec<(Place, ProductView)> = rows
        .into_iter()
        .map(|row| Ok((row.place(sort, fuzzy), ProductView::new(row.product, &state.images_base_url)?)))
        .collect::<Result<_, _>>()
        .map_err(|e: sqlx::Error| error::database(&e))?;
    let page = page.page(rows, |(place, _)| place.clone());
    Ok(caching::cached(&caller, page.map(|(_, product)| product)))
}
