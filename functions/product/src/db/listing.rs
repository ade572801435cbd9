//! Pages of products. The one statement that is put together at run time: with every filter and order in one text,
//! PostgreSQL could use none of the indexes that each needs. The parts are constants, values are always bound.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

use super::products::ProductDocument;
use crate::domain::search_text::SearchText;
use crate::domain::slug::Key;

/// The orders of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Relevance,
    PriceAscending,
    PriceDescending,
    Newest,
    Name,
}

/// What is in the list.
#[derive(Debug)]
pub struct Filter {
    pub search: Option<SearchText>,
    pub category: Option<Key>,
    pub min_price: Option<i64>,
    pub max_price: Option<i64>,
    pub in_stock: Option<bool>,
}

/// Where a product stands in its list; equal values are told apart by id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Value {
    Rank(f32),
    Price(i64),
    CreatedAt(DateTime<Utc>),
    Name(String),
}

/// A place to go on from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    pub value: Value,
    pub id: Uuid,
    /// The list is of names that look like the text, because no product has its words.
    pub fuzzy: bool,
}

impl Place {
    /// Whether this is a place in a list sorted by `sort`; a cursor may have been tampered with.
    pub fn fits(&self, sort: Sort) -> bool {
        match (&self.value, sort) {
            (Value::Rank(rank), Sort::Relevance) => rank.is_finite(),
            (Value::Price(_), Sort::PriceAscending | Sort::PriceDescending) => true,
            // PostgreSQL knows fewer years than chrono.
            (Value::CreatedAt(at), Sort::Newest) => (0..253_402_300_800).contains(&at.timestamp()),
            (Value::Name(name), Sort::Name) => !name.contains('\0'),
            _ => false,
        }
    }
}

/// A product and its place.
#[derive(FromRow)]
pub struct Listed {
    #[sqlx(flatten)]
    pub product: ProductDocument,
    rank: f32,
    sort_name: String,
}

impl Listed {
    /// Its place in a list sorted by `sort`.
    pub fn place(&self, sort: Sort, fuzzy: bool) -> Place {
        let value = match sort {
            Sort::Relevance => Value::Rank(self.rank),
            Sort::PriceAscending | Sort::PriceDescending => Value::Price(self.product.price),
            Sort::Newest => Value::CreatedAt(self.product.created_at),
            Sort::Name => Value::Name(self.sort_name.clone()),
        };
        Place { value, id: self.product.id, fuzzy }
    }
}

/// Up to `limit` active products of `filter` in the order `sort` from `after` on. `fuzzy`: by similar names instead of words.
pub async fn list(
    pool: &PgPool,
    filter: &Filter,
    sort: Sort,
    fuzzy: bool,
    after: Option<&Place>,
    limit: i64,
) -> Result<Vec<Listed>, sqlx::Error> {
    // First the page's ids by the narrow columns, then the wide view for those few only.
    let mut sql =
        QueryBuilder::new("WITH page AS (SELECT * FROM (SELECT p.id, p.price, p.created_at, p.sort_name, ");
    match &filter.search {
        Some(search) => push_search(&mut sql, search, fuzzy),
        None => drop(sql.push("0::real AS rank FROM products p WHERE p.status = 'active'")),
    }
    push_filters(&mut sql, filter);
    sql.push(") found");
    if let Some(after) = after {
        push_after(&mut sql, sort, after);
    }
    sql.push(" ORDER BY ").push(order(sort)).push(" LIMIT ").push_bind(limit);
    sql.push(") SELECT d.*, page.rank FROM page JOIN product_documents d ON d.id = page.id ORDER BY ");
    sql.push(match sort {
        Sort::Relevance => "page.rank DESC, page.id",
        Sort::PriceAscending => "page.price, page.id",
        Sort::PriceDescending => "page.price DESC, page.id DESC",
        Sort::Newest => "page.created_at DESC, page.id DESC",
        Sort::Name => "page.sort_name, page.id",
    });
    sql.build_query_as().fetch_all(pool).await
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

/// All words must be there; the last may be a beginning.
fn push_search(sql: &mut QueryBuilder<Postgres>, search: &SearchText, fuzzy: bool) {
    if fuzzy {
        sql.push("s.rank FROM products p JOIN similar_products(").push_bind(search.whole.clone());
        sql.push(") s ON s.id = p.id WHERE true");
        return;
    }
    sql.push("ts_rank(p.search, q) AS rank FROM products p, (SELECT plainto_tsquery('english', ");
    sql.push_bind(search.whole.clone()).push(")");
    if let Some(prefix) = &search.prefix {
        sql.push(" || (plainto_tsquery('english', ").push_bind(search.head.clone()).push(") && ");
        sql.push_bind(prefix.clone()).push("::text::tsquery)");
    }
    sql.push(" AS q) query WHERE p.status = 'active' AND p.search @@ q");
}

fn push_filters(sql: &mut QueryBuilder<Postgres>, filter: &Filter) {
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
