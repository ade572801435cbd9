//! Which products a list has, as a part of its statement.

use sqlx::types::Json;
use sqlx::{Postgres, QueryBuilder};

use crate::domain::language::Language;
use crate::domain::search::{Filter, Matching};
use crate::domain::search_text::SearchText;
use crate::domain::slug::Key;

/// Which products of a search; without one they are all the same.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// Those that have every word. Their ranks are above 1, and those of beginnings below.
    Words,
    /// The others, in which the last word is a beginning.
    Beginnings,
    /// Both.
    Begun,
    /// Those whose names look like the text, if that has a word that nothing has: else it is not mistyped.
    Alike,
}

impl Part {
    /// All that match so.
    pub(super) const fn of(matching: Matching) -> Self {
        match matching {
            Matching::Words => Self::Words,
            Matching::Beginnings => Self::Begun,
            Matching::Likeness => Self::Alike,
        }
    }
}

/// How well a product of [`push_matches`] fits. A word in a short name says more about a product than in a long one.
pub(super) fn push_rank(sql: &mut QueryBuilder<Postgres>, filter: &Filter, part: Part) {
    let words = "ts_rank(p.words, query.q) / (2 + ln(length(p.name)))";
    match (&filter.search, part) {
        (None, _) => sql.push("0::real AS rank"),
        (Some(_), Part::Words) => sql.push("(1 + ").push(words).push(")::real AS rank"),
        (Some(_), Part::Beginnings | Part::Begun) => sql.push("(").push(words).push(")::real AS rank"),
        (Some(_), Part::Alike) => sql.push("s.rank"),
    };
}

/// `FROM` and `WHERE`: the products `p` of `filter`.
pub(super) fn push_matches(sql: &mut QueryBuilder<Postgres>, filter: &Filter, part: Part) {
    match (&filter.search, part) {
        (None, _) => drop(sql.push(" FROM products p WHERE true")),
        (Some(search), Part::Alike) => {
            sql.push(" FROM products p JOIN products_like(").push_bind(search.whole.clone());
            sql.push(") s ON s.id = p.id WHERE has_unknown_word(").push(configuration(filter.language));
            sql.push(", ").push_bind(search.whole.clone()).push(")");
        }
        (Some(search), _) => push_words(sql, search, configuration(filter.language), part),
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
    if let (Part::Begun | Part::Beginnings, Some(last)) = (part, &search.last) {
        sql.push(if matches!(part, Part::Begun) { " || (" } else { "(" });
        if search.has_head() {
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
