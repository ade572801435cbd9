//! The query string of `GET /products`.

use std::collections::BTreeSet;

use axum::http::Uri;
use cartwright_web::pagination::PageRequest;
use cartwright_web::query::{FromParams, Params};
use cartwright_web::rules::Invalid;
use utoipa::IntoParams;

use crate::domain::language::Language;
use crate::domain::product::Status;
use crate::domain::search::{Filter, Place, Sort};
use crate::domain::search_text::SearchText;
use crate::domain::slug::Key;
use crate::routes::fields::{UNKNOWN_STATUS, statuses};

/// What is looked for.
pub struct Search {
    /// The language is English and the status as asked for; the route knows better.
    pub filter: Filter,
    pub sort: Sort,
    pub facets: bool,
    pub page: PageRequest<Place>,
}

/// Longer texts are no search.
const MAX_TEXT: usize = 200;
/// Of one request.
const MOST_ATTRIBUTES: usize = 10;

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
        let in_stock = params.optional("in_stock", boolean);
        let facets = params.optional("facets", boolean);
        let status = params.optional("status", |text| Status::parse(text).ok_or(UNKNOWN_STATUS));
        let attributes = attributes(params);
        let sort = params.optional("sort", sort);
        let (q, sort, facets) = (q?, sort?, facets?);
        let filter = Filter {
            search: q.as_deref().and_then(SearchText::new),
            language: Language::English,
            category: category?,
            min_price: min_price?,
            max_price: max_price?,
            in_stock: in_stock?,
            attributes: attributes?,
            status: status?,
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
        Some(Self { filter, sort, facets: facets.unwrap_or(false), page })
    }
}

/// `attributes[color]=red`, as many as there are, by name.
fn attributes(params: &mut Params) -> Option<Vec<(String, String)>> {
    let names = attribute_parameters(params.raw());
    if names.len() > MOST_ATTRIBUTES {
        params.error("attributes", Invalid::new("too_many_attributes", "at most 10"));
        return None;
    }
    let mut wanted = Vec::new();
    for parameter in names {
        let name = parameter.strip_prefix("attributes[").and_then(|rest| rest.strip_suffix(']'));
        let Some(name) = name.filter(|name| (1..=64).contains(&name.chars().count())) else {
            // Left unread: an unknown parameter.
            continue;
        };
        let value = params.optional(&parameter, |text| {
            let fits = text.chars().count() <= MAX_TEXT && !name.contains('\0');
            if fits { Ok(text.to_owned()) } else { Err(Invalid::new("too_long", "at most 200 characters")) }
        })?;
        wanted.extend(value.map(|value| (name.to_owned(), value)));
    }
    Some(wanted)
}

/// The names of parameters that begin with `attributes[`, each once.
fn attribute_parameters(query: &str) -> BTreeSet<String> {
    let uri: Option<Uri> = format!("/?{query}").parse().ok();
    let pairs = uri.and_then(|uri| axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri).ok());
    let names = pairs.into_iter().flat_map(|pairs| pairs.0).map(|(name, _)| name);
    names.filter(|name| name.starts_with("attributes[")).collect()
}

/// Minor units of the shop's currency.
fn amount(text: &str) -> Result<i64, Invalid> {
    let amount = text.parse().ok().filter(|amount| *amount >= 0);
    amount.ok_or(Invalid::new("wrong_type", "must be an amount in minor units, 0 or more"))
}

fn boolean(text: &str) -> Result<bool, Invalid> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Invalid::new("wrong_type", "must be true or false")),
    }
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
pub struct SearchParams {
    /// Words to look for in names and descriptions, in the language that `Accept-Language` has first (English, German, French,
    /// Spanish; whole words in others). The last may be a beginning. When no product has them, products with similar names
    /// are shown.
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
    /// For staff: only products with this status; without it they see all of them.
    #[param(schema_with = statuses, required = false)]
    status: String,
    /// `true`: with `facets` and `total`.
    #[param(required = false)]
    facets: bool,
    /// The order; `relevance` with `q` and `-created_at` without it are the default.
    #[param(schema_with = sorts, required = false)]
    sort: String,
}

fn sorts() -> utoipa::openapi::Object {
    let meaning = "The order; without it `relevance` where there is a `q`, else `-created_at`.";
    cartwright_web::openapi::words(meaning, &["relevance", "price", "-price", "-created_at", "name"])
}
