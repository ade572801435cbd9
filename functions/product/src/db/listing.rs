//! Pages of products: [`CatalogueSearch`] by PostgreSQL. The one statement that is put together at run time: with every
//! filter and order in one text, PostgreSQL could use none of the indexes that each needs. The parts are constants, values
//! are always bound.

use async_trait::async_trait;
use sqlx::types::Json;
use sqlx::{FromRow, PgPool, Postgres, QueryBuilder};

use super::facets;
use super::matches::{Part, push_matches, push_rank};
use super::products::Card;
use crate::domain::facets::Facets;
use crate::domain::product::{ProductDocument, Scarce};
use crate::domain::search::{
    CatalogueSearch, Filter, Found, Matching, Place, SearchError, Sort, Value, Wanted,
};
use crate::domain::search_text::SearchText;

/// Searches the tables themselves.
pub struct PostgresSearch {
    pool: PgPool,
}

impl PostgresSearch {
    /// Of the service's database.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    async fn page(&self, wanted: &Wanted<'_>, list: List) -> Result<Found, sqlx::Error> {
        let rows: Vec<Listed> = page(wanted, list).build_query_as().fetch_all(&self.pool).await?;
        let mut facets = None;
        let products = rows
            .into_iter()
            .map(|mut row| {
                facets = facets.take().or_else(|| row.facets.take());
                (row.place(wanted.sort, list), Card { document: row.document, scarce: row.scarce }.into())
            })
            .collect();
        Ok(Found { products, facets: facets.map(|Json(facets)| facets) })
    }

    async fn facets(&self, filter: &Filter, ranges: &[i64], list: List) -> Result<Facets, sqlx::Error> {
        let mut sql = QueryBuilder::new("SELECT ");
        facets::push(&mut sql, filter, ranges, list);
        let Json(facets) = sql.build_query_scalar::<Json<Facets>>().fetch_one(&self.pool).await?;
        Ok(facets)
    }
}

#[async_trait]
impl CatalogueSearch for PostgresSearch {
    /// One query, or two: when nothing has the words, or a page after the last one shall have facets.
    async fn search(&self, wanted: &Wanted<'_>) -> Result<Found, SearchError> {
        let text = wanted.filter.search.as_ref();
        let list = List::Of(wanted.after.map_or_else(|| Matching::first(text), |place| place.matching));
        let mut found = self.page(wanted, list).await?;
        if let (true, None, Some(text)) = (found.products.is_empty(), wanted.after, text) {
            found = self.page(wanted, list.next(text)).await?;
        }
        if let (None, Some(ranges)) = (&found.facets, wanted.facets) {
            found.facets = match wanted.after {
                None => Some(Facets::default()),
                Some(_) => Some(self.facets(wanted.filter, ranges, list).await?),
            };
        }
        Ok(found)
    }
}

/// What is listed.
#[derive(Clone, Copy)]
pub(super) enum List {
    Of(Matching),
    /// What has the beginning of a text whose words nothing has; what looks like it, if there is nothing.
    BeginningsOrLikeness,
}

impl List {
    /// What is listed when there is nothing in this one.
    fn next(self, text: &SearchText) -> Self {
        match self {
            Self::Of(Matching::Words) if text.last.is_some() => Self::BeginningsOrLikeness,
            _ => Self::Of(Matching::Likeness),
        }
    }
}

/// A product, its place, and (in one of the rows) the facets of the list.
#[derive(FromRow)]
struct Listed {
    document: Json<ProductDocument>,
    scarce: Option<Json<Scarce>>,
    rank: f32,
    sort_name: String,
    alike: bool,
    facets: Option<Json<Facets>>,
}

impl Listed {
    /// Its place in a list sorted by `sort`.
    fn place(&self, sort: Sort, list: List) -> Place {
        let value = match sort {
            Sort::Relevance => Value::Rank(self.rank),
            Sort::PriceAscending | Sort::PriceDescending => Value::Price(self.document.price),
            Sort::Newest => Value::CreatedAt(self.document.created_at),
            Sort::Name => Value::Name(self.sort_name.clone()),
        };
        let matching = match list {
            _ if self.alike => Matching::Likeness,
            List::Of(matching) => matching,
            List::BeginningsOrLikeness => Matching::Beginnings,
        };
        Place { value, id: self.document.id, matching }
    }
}

/// First the page's ids by the narrow columns, then the cards of those few only.
fn page(wanted: &Wanted<'_>, list: List) -> QueryBuilder<Postgres> {
    let mut sql = QueryBuilder::new("WITH ");
    match list {
        // A short beginning is in a good part of all products: they are looked at only where the words do not fill the page.
        List::Of(Matching::Beginnings) if wanted.sort == Sort::Relevance => {
            sql.push("exact AS MATERIALIZED (");
            push_ids(&mut sql, wanted, Part::Words, |_| {});
            sql.push("), page AS (SELECT * FROM exact UNION ALL (");
            push_ids(&mut sql, wanted, Part::Beginnings, |sql| {
                sql.push(" AND (SELECT count(*) FROM exact) < ").push_bind(wanted.limit);
            });
            sql.push(") ORDER BY rank DESC, id LIMIT ").push_bind(wanted.limit);
        }
        List::BeginningsOrLikeness => {
            sql.push("begun AS MATERIALIZED (");
            push_ids(&mut sql, wanted, Part::Beginnings, |_| {});
            sql.push("), page AS (SELECT * FROM begun UNION ALL (");
            push_ids(&mut sql, wanted, Part::Alike, |sql| {
                sql.push(NOTHING_BEGUN);
            });
            sql.push(")");
        }
        List::Of(matching) => {
            sql.push("page AS (");
            push_ids(&mut sql, wanted, Part::of(matching), |_| {});
        }
    }
    sql.push(
        ") SELECT c.document, page.rank, page.sort_name, page.alike,
                  (SELECT json_object_agg(s.sku, s.level) FROM scarce_stock s WHERE s.product_id = page.id) AS scarce, ",
    );
    match wanted.facets {
        Some(ranges) => {
            sql.push("CASE WHEN page.id = (SELECT id FROM page LIMIT 1) THEN ");
            facets::push(&mut sql, wanted.filter, ranges, list);
            sql.push(" END");
        }
        None => drop(sql.push("NULL::json")),
    }
    sql.push(" AS facets FROM page JOIN product_cards c ON c.product_id = page.id ORDER BY ");
    sql.push(match wanted.sort {
        Sort::Relevance => "page.rank DESC, page.id",
        Sort::PriceAscending => "page.price, page.id",
        Sort::PriceDescending => "page.price DESC, page.id DESC",
        Sort::Newest => "page.created_at DESC, page.id DESC",
        Sort::Name => "page.sort_name, page.id",
    });
    sql
}

/// Of [`List::BeginningsOrLikeness`]: names are compared only if nothing has the beginning.
pub(super) const NOTHING_BEGUN: &str = " AND NOT EXISTS (SELECT FROM begun)";

/// A page's ids, each with all that it can be sorted by; `only_if` adds a condition.
fn push_ids(
    sql: &mut QueryBuilder<Postgres>,
    wanted: &Wanted<'_>,
    part: Part,
    only_if: impl FnOnce(&mut QueryBuilder<Postgres>),
) {
    sql.push("SELECT * FROM (SELECT p.id, p.price, p.created_at, p.sort_name, ");
    sql.push(if matches!(part, Part::Alike) { "true AS alike, " } else { "false AS alike, " });
    push_rank(sql, wanted.filter, part);
    push_matches(sql, wanted.filter, part);
    only_if(sql);
    sql.push(") found");
    if let Some(after) = wanted.after {
        push_after(sql, wanted.sort, after);
    }
    sql.push(" ORDER BY ").push(order(wanted.sort)).push(" LIMIT ").push_bind(wanted.limit);
}

const fn order(sort: Sort) -> &'static str {
    match sort {
        Sort::Relevance => "rank DESC, id",
        Sort::PriceAscending => "price, id",
        Sort::PriceDescending => "price DESC, id DESC",
        Sort::Newest => "created_at DESC, id DESC",
        Sort::Name => "sort_name, id",
    }
}

fn push_after(sql: &mut QueryBuilder<Postgres>, sort: Sort, after: &Place) {
    // Ranks fall while ids rise, which no row comparison says.
    if let (Sort::Relevance, Value::Rank(rank)) = (sort, &after.value) {
        sql.push(" WHERE rank < ").push_bind(*rank).push(" OR (rank = ").push_bind(*rank);
        sql.push(" AND id > ").push_bind(after.id).push(")");
        return;
    }
    sql.push(match sort {
        Sort::Relevance => " WHERE (rank, id) < (",
        Sort::PriceAscending => " WHERE (price, id) > (",
        Sort::PriceDescending => " WHERE (price, id) < (",
        Sort::Newest => " WHERE (created_at, id) < (",
        Sort::Name => " WHERE (sort_name, id) > (",
    });
    match &after.value {
        Value::Rank(rank) => sql.push_bind(*rank),
        Value::Price(price) => sql.push_bind(*price),
        Value::CreatedAt(at) => sql.push_bind(*at),
        Value::Name(name) => sql.push_bind(name.clone()),
    };
    sql.push(", ").push_bind(after.id).push(")");
}
