//! `GET /products`

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_LENGTH, HeaderMap};
use axum::response::{IntoResponse as _, Response};
use cartwright_web::openapi::PageParams;
use cartwright_web::pagination::Page;
use cartwright_web::problem::Answer;
use cartwright_web::{Caller, Problem, Query};
use serde::Serialize;
use utoipa::ToSchema;

use super::search::{Search, SearchParams};
use super::view::ProductView;
use crate::domain::facets::{Facets, price_ranges};
use crate::domain::language::Language;
use crate::domain::product::Status;
use crate::domain::search::{Filter, Place, SearchError, Wanted};
use crate::routes::caching;
use crate::{error, state};

/// A page of products; `facets` and `total` are there when they were asked for.
#[derive(ToSchema)]
#[schema(as = ProductPage)]
#[expect(dead_code, reason = "only described; Faceted is what is written")]
struct Described {
    data: Vec<ProductView>,
    /// For the next page; null on the last one.
    #[schema(required)]
    next_cursor: Option<String>,
    #[schema(nullable = false)]
    facets: Option<Facets>,
    /// How many products there are on all pages; 10,000 stands for more.
    #[schema(minimum = 0, maximum = 10000, nullable = false)]
    total: Option<i64>,
}

#[derive(Serialize)]
struct Faceted<'a> {
    #[serde(flatten)]
    page: &'a Page<ProductView>,
    facets: &'a Facets,
    total: i64,
}

/// 200 with a page of products. When none has the words of `q`, those whose names look like it.
#[utoipa::path(
    get, path = "/products", operation_id = "listProducts", tag = "Catalogue",
    summary = "Search the catalogue",
    description = "Active products; with a staff token all of them. Filters narrow together; `attributes[color]=red` filters by an \
        attribute of the product or of one of its variants, and there may be ten of them. `sort` takes one of `relevance`, \
        `price`, `-price`, `-created_at`, `name`. `facets=true` counts what the list could be narrowed by, over its first \
        10,000 products. A change shows within 5 seconds, with a staff token at once.",
    params(SearchParams, PageParams),
    responses((status = 200, description = "A page.", body = Described))
)]
pub async fn list(
    State(state): State<state::State>,
    caller: Caller,
    headers: HeaderMap,
    Query(Search { filter, sort, facets, page }): Query<Search>,
) -> Answer<Response> {
    let ranges = facets.then(|| price_ranges(state.currency.exponent()));
    let filter = Filter {
        language: Language::accepted(headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok())),
        status: visible(&caller, filter.status)?,
        ..filter
    };
    let wanted = Wanted {
        filter: &filter,
        sort,
        after: page.after.as_ref(),
        limit: page.fetch(),
        facets: ranges.as_deref(),
    };
    let found = state.search.search(&wanted).await.map_err(|failure| match failure {
        SearchError::Database(e) => error::database(&e),
    })?;
    let rows: Vec<(Place, ProductView)> = found
        .products
        .into_iter()
        .map(|(place, product)| Ok((place, ProductView::new(product, &state.images_base_url)?)))
        .collect::<Result<_, _>>()
        .map_err(|e: sqlx::Error| error::database(&e))?;
    let page = page.page(rows, |(place, _)| place.clone()).map(|(_, product)| product);
    let response = match &found.facets {
        Some(facets) => with_facets(page, facets)?,
        None => page.into_response(),
    };
    Ok(caching::searched(&caller, response))
}

/// Which status is shown: to staff what they ask for, to others what is active, and they may not ask.
fn visible(caller: &Caller, asked: Option<Status>) -> Answer<Option<Status>> {
    match (caller.is_staff(), asked) {
        (true, asked) => Ok(asked),
        (false, None) => Ok(Some(Status::Active)),
        (false, Some(_)) if caller.user().is_some() => Err(Problem::forbidden()),
        (false, Some(_)) => Err(Problem::unauthenticated()),
    }
}

/// The page's headers, and its members with two more.
fn with_facets(page: Page<ProductView>, facets: &Facets) -> Answer<Response> {
    let body = serde_json::to_vec(&Faceted { page: &page, facets, total: facets.total })
        .map_err(|error| Problem::internal(&error))?;
    let mut response = page.into_response();
    response.headers_mut().remove(CONTENT_LENGTH);
    *response.body_mut() = Body::from(body);
    Ok(response)
}
