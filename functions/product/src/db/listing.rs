//! Pages of products: [`CatalogueSearch`] by PostgreSQL. The one statement that is put together at run time: with every
//! filter and order in one text, PostgreSQL could use none of the indexes that each needs. The parts are constants, values
//! are always bound.

use async_trait::async_trait;
use sqlx::types::Json;
use sqlx::{FromRow, PgPool, Postgres, QueryBuilder};

use super::facets;
use super::products::ProductDocument;
use crate::domain::facets::Facets;
use crate::domain::language::Language;
use crate::domain::search::{CatalogueSearch, Filter, Found, Place, SearchError, Sort, Value, Wanted};
use crate::domain::search_text::SearchText;
use crate::domain::slug::Key;

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

    async fn page(&self, wanted: &Wanted<'_>, fuzzy: bool) -> Result<Found, sqlx::Error> {
        let rows: Vec<Listed> = page(wanted, fuzzy).build_query_as().fetch_all(&self.pool).await?;
        let mut facets = None;
        let products = rows
            .into_iter()
            .map(|mut row| {
                facets = facets.take().or_else(|| row.facets.take());
                (row.place(wanted.sort, fuzzy), row.product)
            })
            .collect();
        Ok(Found { products, facets: facets.map(|Json(facets)| facets) })
    }
}

#[async_trait]
impl CatalogueSearch for PostgresSearch {
    /// One query, or two: when nothing has the words, or a page after the last one shall have facets.
    async fn search(&self, wanted: &Wanted<'_>) -> Result<Found, SearchError> {
        let fuzzy = wanted.after.is_some_and(|place| place.fuzzy);
        let mut found = self.page(wanted, fuzzy).await?;
        if found.products.is_empty() && wanted.after.is_none() && wanted.filter.search.is_some() {
            found = self.page(wanted, true).await?;
        }
        if let (None, Some(ranges)) = (&found.facets, wanted.facets) {
            found.facets = match wanted.after {
                None => Some(Facets::default()),
                Some(_) => Some(self.facets(wanted.filter, ranges, fuzzy).await?),
            };
        }
        Ok(found)
    }
}

impl PostgresSearch {
    async fn facets(&self, filter: &Filter, ranges: &[i64], fuzzy: bool) -> Result<Facets, sqlx::Error> {
        let mut sql = QueryBuilder::new("SELECT ");
        facets::push(&mut sql, filter, ranges, fuzzy);
        let Json(facets) = sql.build_query_scalar::<Json<Facets>>().fetch_one(&self.pool).await?;
        Ok(facets)
    }
}

/// A product, its place, and (in every row the same) the facets of the list.
#[derive(FromRow)]
struct Listed {
    #[sqlx(flatten)]
    product: ProductDocument,
    rank: f32,
    sort_name: String,
    facets: Option<Json<Facets>>,
}

impl Listed {
    /// Its place in a list sorted by `sort`.
    fn place(&self, sort: Sort, fuzzy: bool) -> Place {
        let value = match sort {
            Sort::Relevance => Value::Rank(self.rank),
            Sort::PriceAscending | Sort::PriceDescending => Value::Price(self.product.price),
            Sort::Newest => Value::CreatedAt(self.product.created_at),
            Sort::Name => Value::Name(self.sort_name.clone()),
        };
        Place { value, id: self.product.id, fuzzy }
    }
}

/// Which products of a search.
#[derive(Clone, Copy)]
enum Part {
    /// All of them.
    Whole,
    /// Those that have every word. Their ranks are above 1, and all others below.
    Words,
    /// The others, in which the last word is a beginning.
    Beginnings,
}

fn page(wanted: &Wanted<'_>, fuzzy: bool) -> QueryBuilder<Postgres> {
    // First the page's ids by the narrow columns, then the wide view for those few only.
    let mut sql = QueryBuilder::new("WITH ");
    let has_beginning = wanted.filter.search.as_ref().is_some_and(|search| search.last.is_some());
    if wanted.sort == Sort::Relevance && has_beginning && !fuzzy {
        // A short beginning is in a good part of all products: they are looked at only where the words do not fill the page.
        sql.push("exact AS MATERIALIZED (");
        push_ids(&mut sql, wanted, fuzzy, Part::Words);
        sql.push("), page AS (SELECT * FROM exact UNION ALL (");
        push_ids(&mut sql, wanted, fuzzy, Part::Beginnings);
        sql.push(") ORDER BY rank DESC, id LIMIT ").push_bind(wanted.limit);
    } else {
        sql.push("page AS (");
        push_ids(&mut sql, wanted, fuzzy, Part::Whole);
    }
    sql.push(") SELECT d.*, page.rank, ");
    match wanted.facets {
        Some(ranges) => facets::push(&mut sql, wanted.filter, ranges, fuzzy),
        None => drop(sql.push("NULL::json")),
    }
    sql.push(" AS facets FROM page JOIN product_documents d ON d.id = page.id ORDER BY ");
    sql.push(match wanted.sort {
        Sort::Relevance => "page.rank DESC, page.id",
        Sort::PriceAscending => "page.price, page.id",
        Sort::PriceDescending => "page.price DESC, page.id DESC",
        Sort::Newest => "page.created_at DESC, page.id DESC",
        Sort::Name => "page.sort_name, page.id",
    });
    sql
}

fn push_ids(sql: &mut QueryBuilder<Postgres>, wanted: &Wanted<'_>, fuzzy: bool, part: Part) {
    sql.push("SELECT * FROM (SELECT p.id, p.price, p.created_at, p.sort_name, ");
    push_rank(sql, wanted.filter, fuzzy, part);
    push_part(sql, wanted.filter, fuzzy, part);
    if matches!(part, Part::Beginnings) {
        sql.push(" AND (SELECT count(*) FROM exact) < ").push_bind(wanted.limit);
    }
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

/// How well a product of [`push_matches`] fits. A word in a short name says more about a product than in a long one.
fn push_rank(sql: &mut QueryBuilder<Postgres>, filter: &Filter, fuzzy: bool, part: Part) {
    let words = "ts_rank(p.words, query.q) / (2 + ln(length(p.name)))";
    match (&filter.search, part) {
        (None, _) => sql.push("0::real AS rank"),
        (Some(_), _) if fuzzy => sql.push("s.rank"),
        (Some(_), Part::Words) => sql.push("(1 + ").push(words).push(")::real AS rank"),
        (Some(_), Part::Whole | Part::Beginnings) => sql.push("(").push(words).push(")::real AS rank"),
    };
}

/// `FROM` and `WHERE`: the products `p` of `filter`. All words must be there; the last may be a beginning.
pub(super) fn push_matches(sql: &mut QueryBuilder<Postgres>, filter: &Filter, fuzzy: bool) {
    push_part(sql, filter, fuzzy, Part::Whole);
}

fn push_part(sql: &mut QueryBuilder<Postgres>, filter: &Filter, fuzzy: bool, part: Part) {
    match &filter.search {
        None => drop(sql.push(" FROM products p WHERE true")),
        Some(search) if fuzzy => {
            sql.push(" FROM products p JOIN products_like(").push_bind(search.whole.clone());
            sql.push(") s ON s.id = p.id WHERE true");
        }
        Some(search) => push_words(sql, search, configuration(filter.language), part),
    }
    push_filters(sql, filter);
}

fn push_words(
    sql: &mut QueryBuilder<Postgres>,
    search: &SearchText,
    configuration: &'static str,
    part: Part,
) {
    sql.push(" FROM products p, (SELECT ");
    if !matches!(part, Part::Beginnings) {
        push_query(sql, configuration, &search.whole);
    }
    if let (Part::Whole | Part::Beginnings, Some(last)) = (part, &search.last) {
        sql.push(if matches!(part, Part::Whole) { " || (" } else { "(" });
        if search.head.chars().any(char::is_alphanumeric) {
            push_query(sql, configuration, &search.head);
            sql.push(" && ");
        }
        sql.push("word_beginning(").push_bind(last.clone()).push("))");
    }
    sql.push(" AS q");
    if matches!(part, Part::Beginnings) {
        sql.push(", ");
        push_query(sql, configuration, &search.whole);
        sql.push(" AS words");
    }
    // OFFSET 0: made once, not for every row.
    sql.push(" OFFSET 0) query WHERE p.words @@ query.q");
    if matches!(part, Part::Beginnings) {
        sql.push(" AND NOT p.words @@ query.words");
    }
}

fn push_query(sql: &mut QueryBuilder<Postgres>, configuration: &'static str, text: &str) {
    sql.push("plainto_tsquery(").push(configuration).push(", plain(").push_bind(text.to_owned()).push("))");
}

const fn configuration(language: Language) -> &'static str {
    match language {
        Language::English => "'pg_catalog.english'",
        Language::German => "'pg_catalog.german'",
        Language::French => "'pg_catalog.french'",
        Language::Spanish => "'pg_catalog.spanish'",
        Language::Other => "'pg_catalog.simple'",
    }
}

fn push_filters(sql: &mut QueryBuilder<Postgres>, filter: &Filter) {
    // As a constant, which is what the partial indexes look for.
    if let Some(status) = filter.status {
        sql.push(" AND p.status = '").push(status.as_str()).push("'");
    }
    if let Some(least) = filter.min_price {
        sql.push(" AND p.price >= ").push_bind(least);
    }
    if let Some(most) = filter.max_price {
        sql.push(" AND p.price <= ").push_bind(most);
    }
    if let Some(category) = &filter.category {
        sql.push(
            " AND p.id IN (SELECT pc.product_id FROM categories top
                  JOIN categories c ON c.path = top.path OR c.path LIKE top.path || '/%'
                  JOIN product_categories pc ON pc.category_id = c.id WHERE ",
        );
        match category {
            Key::Id(id) => sql.push("top.id = ").push_bind(*id),
            Key::Slug(slug) => sql.push("top.slug = ").push_bind(slug.clone()),
        };
        sql.push(")");
    }
    for (name, value) in &filter.attributes {
        let wanted = Json(serde_json::json!({ name: value }));
        sql.push(" AND p.id IN (SELECT a.id FROM products a WHERE a.attributes @> ")
            .push_bind(wanted.clone());
        sql.push(" UNION ALL SELECT v.product_id FROM variants v WHERE v.attributes @> ").push_bind(wanted);
        sql.push(")");
    }
    if let Some(in_stock) = filter.in_stock {
        sql.push(if in_stock { " AND EXISTS" } else { " AND NOT EXISTS" });
        sql.push(
            " (SELECT 1 FROM variants v JOIN inventory i ON i.sku = v.sku
                  WHERE v.product_id = p.id AND i.available > 0)",
        );
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
