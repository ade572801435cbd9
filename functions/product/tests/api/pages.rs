use std::collections::HashSet;

use serde_json::{Value, json};

use crate::support::{Shop, category, names, product};

/// 23 lamps with equal prices, names and times among them.
async fn lamps() -> Shop {
    let shop = Shop::open().await;
    for at in 0..23_i64 {
        let name = ["Desk lamp", "desk lamp", "Floor lamp of oak", "Äolus lamp lamp"]
            [usize::try_from(at % 4).unwrap()];
        let mut line = product(&format!("lamp-{at}"), name, 100 * (at % 5));
        line["description"] = json!("light ".repeat(usize::try_from(at % 3).unwrap()));
        shop.load(&[line]).await.unwrap();
        if at % 3 == 0 {
            shop.clock.advance(1);
        }
    }
    shop
}

/// Every product that the pages of `query` show, in order.
async fn walk(shop: &Shop, query: &str) -> Vec<Value> {
    let mut seen = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let from = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let page = shop.get(&format!("/products?limit=4&{query}{from}")).await.expect(200);
        seen.extend(page["data"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return seen,
        }
    }
}

#[tokio::test]
async fn pages_show_every_product_exactly_once_in_every_order() {
    let shop = lamps().await;
    for sort in ["relevance", "price", "-price", "-created_at", "name"] {
        for q in ["", "&q=lamp", "&q=la", "&q=lamp+la", "&q=lammp"] {
            let seen = walk(&shop, &format!("sort={sort}{q}")).await;
            let ids: HashSet<&str> = seen.iter().map(|row| row["id"].as_str().unwrap()).collect();
            assert_eq!((seen.len(), ids.len()), (23, 23), "{sort} {q}");
            let sorted = seen.is_sorted_by(|a, b| match sort {
                "price" => a["price"]["amount"].as_i64() <= b["price"]["amount"].as_i64(),
                "-price" => a["price"]["amount"].as_i64() >= b["price"]["amount"].as_i64(),
                "-created_at" => a["created_at"].as_str() >= b["created_at"].as_str(),
                "name" => {
                    a["name"].as_str().unwrap().to_lowercase() <= b["name"].as_str().unwrap().to_lowercase()
                }
                _ => true,
            });
            assert!(sorted, "{sort} {q}");
        }
    }
}

#[tokio::test]
async fn a_search_finds_stems_beginnings_and_typing_errors() {
    let shop = Shop::open().await;
    for (slug, name) in [("a", "Woollen socks"), ("b", "Sofa"), ("c", "Running shoes"), ("d", "Kettle 1.5 l")]
    {
        let mut line = product(slug, name, 100);
        line["description"] = json!("Good.");
        shop.load(&[line]).await.unwrap();
    }
    for (q, expected) in [
        ("sock", vec!["Woollen socks"]),
        ("so", vec!["Sofa", "Woollen socks"]),
        ("woollen+so", vec!["Woollen socks"]),
        ("run", vec!["Running shoes"]),
        ("shoe+RUNNI", vec!["Running shoes"]),
        ("1.5", vec!["Kettle 1.5 l"]),
        ("runing+shoes", vec!["Running shoes"]),
        ("ketle", vec!["Kettle 1.5 l"]),
        ("sofa+grizzly+bear", vec![]),
        ("xyzzy", vec![]),
        ("the", vec![]),
        ("%27%3A*+%26+%7C+%21+%28", vec!["Kettle 1.5 l", "Running shoes", "Sofa", "Woollen socks"]),
    ] {
        let found = shop.get(&format!("/products?q={q}")).await.expect(200);
        let mut found = names(&found);
        found.sort_unstable();
        assert_eq!(found, expected, "{q}");
    }
    let ranked = shop.get("/products?q=so").await.expect(200);
    assert_eq!(ranked["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn several_words_that_are_there_are_meant_and_a_single_one_may_still_be_typed() {
    let shop = Shop::open().await;
    for (slug, name) in [("a", "Sleeping bag"), ("b", "Sleeping bagpipes"), ("c", "Bagpipes")] {
        let mut line = product(slug, name, 100);
        line["description"] = json!("");
        shop.load(&[line]).await.unwrap();
    }
    for (q, expected) in [
        ("bag", vec!["Sleeping bag", "Bagpipes", "Sleeping bagpipes"]),
        ("sleeping+bag", vec!["Sleeping bag"]),
        ("sleeping+bagp", vec!["Sleeping bagpipes"]),
        ("bagpipes+sleep", vec!["Sleeping bagpipes"]),
        ("sleeping+bagpopes", vec!["Sleeping bagpipes", "Sleeping bag"]),
        // Known words that no product has together are not mistyped.
        ("pipes+sleeping", vec!["Sleeping bagpipes", "Sleeping bag"]),
        ("sleeping+bag+bagpipes", vec![]),
    ] {
        let found = shop.get(&format!("/products?facets=true&q={q}")).await.expect(200);
        assert_eq!((names(&found), &found["total"]), (expected.clone(), &json!(expected.len())), "{q}");
    }
}

#[tokio::test]
async fn filters_narrow_the_list() {
    let shop = Shop::open().await;
    shop.load(&[
        category("home", None, 0),
        category("light", Some("home"), 0),
        category("home-office", None, 0),
    ])
    .await
    .unwrap();
    for (slug, price, category, on_hand) in
        [("a", 100, "home", 1), ("b", 200, "light", 0), ("c", 300, "home-office", 3), ("d", 400, "light", 9)]
    {
        let mut line = product(slug, slug, price);
        line["category_slugs"] = json!([category]);
        line["variants"][0]["on_hand"] = json!(on_hand);
        shop.load(&[line]).await.unwrap();
    }
    let _ = shop.reserve(shop.id(), &[("A", 1)]).await.expect(201);
    let home = shop.get("/categories/home").await.expect(200)["id"].as_str().unwrap().to_owned();
    for (query, expected) in [
        ("category=home", vec!["a", "b", "d"]),
        (&format!("category={home}"), vec!["a", "b", "d"]),
        ("category=light", vec!["b", "d"]),
        ("category=nothing", vec![]),
        ("min_price=200&max_price=300", vec!["b", "c"]),
        ("in_stock=true", vec!["c", "d"]),
        ("in_stock=false", vec!["a", "b"]),
        ("in_stock=true&category=home&q=d&sort=price", vec!["d"]),
    ] {
        let found = shop.get(&format!("/products?{query}")).await.expect(200);
        let mut found = names(&found);
        found.sort_unstable();
        assert_eq!(found, expected, "{query}");
    }
}

#[tokio::test]
async fn what_is_not_a_parameter_or_value_of_the_list_is_refused() {
    let shop = lamps().await;
    let long = "a".repeat(201);
    for query in [
        "colour=red",
        "sort=-name",
        "sort=price,name",
        "limit=0",
        "limit=101",
        "min_price=-1",
        "max_price=1.5",
        "in_stock=yes",
        "category=No%20Slug",
        "facets=yes",
        "q=a&q=b",
        "q=%00",
        &format!("q={long}"),
    ] {
        shop.get(&format!("/products?{query}")).await.expect_problem(400, "invalid_parameter");
    }
    let page = shop.get("/products/?limit=100").await;
    let _ = page.expect(200);
    assert_eq!(page.header("link"), None);
}

#[tokio::test]
async fn a_cursor_that_was_tampered_with_or_belongs_to_another_list_is_refused() {
    let shop = lamps().await;
    let cursor = async |query: &str| {
        shop.get(&format!("/products?{query}")).await.expect(200)["next_cursor"].as_str().unwrap().to_owned()
    };
    let priced = cursor("limit=3&sort=price").await;
    let named = cursor("limit=3&sort=name").await;
    let _ = shop.get(&format!("/products?sort=price&cursor={priced}")).await.expect(200);
    let broken = format!("{}{}", &priced[..priced.len() - 4], "AAAA");
    for query in [
        format!("sort=-price&cursor={priced}"),
        format!("sort=price&min_price=1&cursor={priced}"),
        format!("sort=price&cursor={broken}"),
        format!("sort=price&cursor={named}"),
        "cursor=".to_owned(),
        "cursor=%F0%9F%92%A9".to_owned(),
    ] {
        shop.get(&format!("/products?{query}")).await.expect_problem(400, "invalid_parameter");
    }
}

#[tokio::test]
async fn a_forged_place_is_refused_before_it_reaches_the_database() {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let shop = lamps().await;
    let genuine = shop.get("/products?limit=3&sort=name").await.expect(200);
    let bytes = URL_SAFE_NO_PAD.decode(genuine["next_cursor"].as_str().unwrap()).unwrap();
    let genuine: Value = serde_json::from_slice(&bytes).unwrap();
    for value in [json!({ "Name": "a\u{0}" }), json!({ "Price": 5 }), json!({ "Rank": 1e39 }), json!("x")] {
        let mut forged = genuine.clone();
        forged["k"]["value"] = value;
        let cursor = URL_SAFE_NO_PAD.encode(forged.to_string());
        shop.get(&format!("/products?sort=name&cursor={cursor}"))
            .await
            .expect_problem(400, "invalid_parameter");
    }
}
