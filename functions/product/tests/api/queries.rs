//! How often a read asks the database, by what `APP_ENV=local` tells of it.

use cartwright_runtime::Env;
use cartwright_runtime::telemetry::Telemetry;
use cartwright_test_support::Answer;
use serde_json::{Value, json};

use crate::support::{Shop, category, product};

/// From `sql;desc="2";dur=…`.
fn queries(answer: &Answer) -> u64 {
    let timing = answer.header("server-timing").unwrap();
    timing.strip_prefix("sql;desc=\"").and_then(|rest| rest.split_once('"')).unwrap().0.parse().unwrap()
}

#[tokio::test]
async fn a_read_asks_the_database_once_and_twice_where_the_first_answer_is_none() {
    let mut env = Env::from_pairs([("APP_ENV", "local"), ("LOG_LEVEL", "off")]);
    Telemetry::from_env(&mut env).start("product-service").unwrap();
    let shop = Shop::open().await;
    let mut lines: Vec<Value> = (0..30)
        .map(|at| {
            let mut line = product(&format!("tent-{at}"), &format!("Family tent {at}"), 1000 + at);
            line["category_slugs"] = json!(["tents"]);
            line
        })
        .collect();
    lines.insert(0, category("tents", None, 0));
    shop.load(&lines).await.unwrap();
    let first = shop.get("/products?q=tent&limit=5").await.expect(200);
    let (id, cursor) = (first["data"][0]["id"].as_str().unwrap(), first["next_cursor"].as_str().unwrap());
    for (path, expected, found) in [
        (format!("/products/{id}"), 1, None),
        ("/products/tent-1".to_owned(), 1, None),
        ("/products".to_owned(), 1, Some(20)),
        (
            "/products?category=tents&attributes[color]=red&in_stock=true&sort=price&limit=100".to_owned(),
            1,
            Some(30),
        ),
        ("/products?facets=true".to_owned(), 1, Some(20)),
        ("/products?q=tent".to_owned(), 1, Some(20)),
        ("/products?q=ten".to_owned(), 1, Some(20)),
        ("/products?q=family+tent".to_owned(), 1, Some(20)),
        ("/products?q=family+tent&facets=true".to_owned(), 1, Some(20)),
        (format!("/products?q=tent&limit=5&cursor={cursor}"), 1, Some(5)),
        // Nothing has these words: beginnings, or names that look like them, are a second one; so is nothing at all.
        ("/products?q=family+ten".to_owned(), 2, Some(20)),
        ("/products?q=family+ten&facets=true".to_owned(), 2, Some(20)),
        ("/products?q=famly+tent".to_owned(), 2, Some(20)),
        ("/products?q=tentt&facets=true".to_owned(), 2, Some(20)),
        ("/products?q=xyzzy+plugh&facets=true".to_owned(), 2, Some(0)),
    ] {
        let answer = shop.get(&path).await;
        assert_eq!(queries(&answer), expected, "{path}");
        let body = answer.expect(200);
        assert_eq!(body["data"].as_array().map(Vec::len), found, "{path}");
    }
}
