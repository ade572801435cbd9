//! Facets of a list, as a part of its statement.

use sqlx::{Postgres, QueryBuilder};

use super::listing::{List, NOTHING_BEGUN};
use super::matches::{Part, push_matches};
use crate::domain::facets::MOST_COUNTED;
use crate::domain::search::Filter;

/// Adds a scalar subquery whose JSON is [`crate::domain::facets::Facets`].
pub(super) fn push(sql: &mut QueryBuilder<Postgres>, filter: &Filter, ranges: &[i64], list: List) {
    sql.push("(WITH f AS MATERIALIZED (");
    match list {
        List::Of(matching) => push_counted(sql, filter, Part::of(matching), ""),
        List::BeginningsOrLikeness => {
            sql.push("(");
            push_counted(sql, filter, Part::Beginnings, "");
            sql.push(") UNION ALL (");
            push_counted(sql, filter, Part::Alike, NOTHING_BEGUN);
            sql.push(")");
        }
    }
    sql.push("), total AS (SELECT count(*) AS number FROM f), ranges AS (SELECT ").push_bind(ranges.to_vec());
    sql.push("::bigint[] AS starts)");
    sql.push(CATEGORIES).push(PRICES).push(ATTRIBUTES);
    sql.push(
        " SELECT json_build_object('total', total.number,
              'categories', coalesce((SELECT json_agg(json_build_object('id', c.id, 'slug', c.slug, 'name', c.name,
                                          'path', c.path, 'count', n.count) ORDER BY n.count DESC, c.path)
                                      FROM in_categories n JOIN categories c ON c.id = n.id), '[]'),
              'prices', coalesce((SELECT json_agg(json_build_object('min_price', least, 'max_price', most, 'count', count)
                                          ORDER BY least) FROM in_ranges), '[]'),
              'attributes', coalesce((SELECT json_agg(json_build_object('name', name, 'values', values) ORDER BY name)
                                      FROM by_name), '[]'))
          FROM total)",
    );
}

fn push_counted(sql: &mut QueryBuilder<Postgres>, filter: &Filter, part: Part, only_if: &'static str) {
    sql.push("SELECT p.id, p.price, p.attributes");
    push_matches(sql, filter, part);
    sql.push(only_if).push(" LIMIT ").push_bind(MOST_COUNTED);
}

/// A category has what is in those below it too. OFFSET 0: looked up product by product, not by reading what all products
/// are in.
const CATEGORIES: &str = ", tree AS (
        SELECT c.id, top.id AS top FROM categories c, unnest(string_to_array(c.path, '/')) AS step
        JOIN categories top ON top.slug = step
    ), in_categories AS (
        SELECT tree.top AS id, count(DISTINCT f.id) AS count
        FROM f, LATERAL (SELECT category_id FROM product_categories WHERE product_id = f.id OFFSET 0) pc
        JOIN tree ON tree.id = pc.category_id GROUP BY tree.top ORDER BY count DESC, tree.top LIMIT 50
    )";

const PRICES: &str = ", in_ranges AS (
        SELECT CASE WHEN at = 0 THEN 0 ELSE ranges.starts[at] END AS least, ranges.starts[at + 1] - 1 AS most, count
        FROM (SELECT width_bucket(f.price, (SELECT starts FROM ranges)) AS at, count(*) AS count FROM f GROUP BY 1) b, ranges
    )";

/// A product that has a value several times, itself or in variants, counts once.
const ATTRIBUTES: &str = ", by_value AS (
        SELECT a.key AS name, a.value, count(*) AS count FROM f, LATERAL (
            SELECT key, value FROM jsonb_each_text(f.attributes)
            UNION SELECT e.key, e.value FROM variants v, jsonb_each_text(v.attributes) e WHERE v.product_id = f.id) a
        GROUP BY a.key, a.value
    ), placed AS (
        SELECT *, row_number() OVER (PARTITION BY name ORDER BY count DESC, value) AS place FROM by_value
    ), by_name AS (
        SELECT name, json_agg(json_build_object('value', value, 'count', count) ORDER BY place) AS values
        FROM placed WHERE place <= 20 GROUP BY name ORDER BY max(count) DESC, name LIMIT 20
    )";
