//! Fifty searches over a fixed catalogue: what somebody who types this is after is among the first three.

use serde_json::{Value, json};

use crate::support::{Shop, names, product};
use crate::writing::in_query;

#[tokio::test]
async fn what_is_meant_is_among_the_first_three() {
    let fixture: Value = serde_json::from_str(include_str!("relevance.json")).unwrap();
    let shop = Shop::open().await;
    let lines: Vec<Value> = (0..)
        .zip(fixture["products"].as_array().unwrap())
        .map(|(at, row)| {
            let mut line = product(&format!("product-{at}"), row[0].as_str().unwrap(), 1000 + at);
            line["description"] = row[1].clone();
            line
        })
        .collect();
    shop.load(&lines).await.unwrap();
    let queries = fixture["queries"].as_array().unwrap();
    assert_eq!(queries.len(), 50);
    let mut wrong = Vec::new();
    for query in queries {
        let (language, q) = (query[0].as_str().unwrap(), query[1].as_str().unwrap());
        let path = format!("/products?limit=3&q={}", in_query(q));
        let found = shop.app.get(&path).header("accept-language", language).send().await.expect(200);
        let found = names(&found);
        if !query[2].as_array().unwrap().iter().all(|name| found.contains(&name.as_str().unwrap())) {
            wrong.push(json!({ "query": query, "found": found }));
        }
    }
    assert!(wrong.is_empty(), "{:#}", Value::Array(wrong));
}
