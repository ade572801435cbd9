use cartwright_types::UserId;
use serde_json::{Value, json};

use crate::support::{Shop, category, names, product};
use crate::writing::{Staff, in_query};

/// Six shirts: in two colours, three sizes as variants, three categories, prices from 5 to 3,000.
async fn shirts() -> Shop {
    let shop = Shop::open().await;
    let tree =
        [category("clothes", None, 0), category("shirts", Some("clothes"), 0), category("sale", None, 1)];
    shop.load(&tree).await.unwrap();
    let sizes = ["S", "M", "L"];
    for (at, price) in [500, 999, 1000, 4999, 5000, 300_000].into_iter().enumerate() {
        let mut line = product(&format!("shirt-{at}"), &format!("Shirt {at}"), price);
        line["attributes"] =
            json!({ "color": if at % 2 == 0 { "red" } else { "blue" }, "material": "cotton" });
        line["variants"][0]["attributes"] = json!({ "size": sizes[at % 3], "color": "red" });
        line["category_slugs"] = if at < 4 { json!(["shirts"]) } else { json!(["clothes", "sale"]) };
        shop.load(&[line]).await.unwrap();
    }
    shop
}

fn sorted(answer: &Value) -> Vec<&str> {
    let mut names = names(answer);
    names.sort_unstable();
    names
}

#[tokio::test]
async fn attributes_are_those_of_the_product_or_of_a_variant() {
    let shop = shirts().await;
    for (query, expected) in [
        ("attributes[color]=blue", vec!["Shirt 1", "Shirt 3", "Shirt 5"]),
        ("attributes[size]=S", vec!["Shirt 0", "Shirt 3"]),
        ("attributes%5Bsize%5D=S&attributes[color]=blue", vec!["Shirt 3"]),
        ("attributes[size]=S&category=clothes&max_price=1000", vec!["Shirt 0"]),
        ("attributes[size]=s", vec![]),
        ("attributes[nothing]=%27%22%7D", vec![]),
    ] {
        let found = shop.get(&format!("/products?{query}")).await.expect(200);
        assert_eq!(sorted(&found), expected, "{query}");
    }
    let eleven: Vec<String> = (0..11).map(|at| format!("attributes[a{at}]=x")).collect();
    for query in [
        "attributes=red",
        "attributes[]=red",
        "attributes[color=red",
        "attributes[color]=red&attributes[color]=blue",
        &eleven.join("&"),
    ] {
        shop.get(&format!("/products?{query}")).await.expect_problem(400, "invalid_parameter");
    }
}

#[tokio::test]
async fn facets_count_what_a_list_could_be_narrowed_by() {
    let shop = shirts().await;
    let page = shop.get("/products?facets=true&limit=2&sort=price").await;
    assert!(page.header("link").unwrap().contains("facets=true"));
    let page = page.expect(200);
    assert_eq!((names(&page), &page["total"]), (vec!["Shirt 0", "Shirt 1"], &json!(6)));
    let counts = |facet: &str| -> Vec<(Value, Value)> {
        let rows = page["facets"][facet].as_array().unwrap();
        rows.iter().map(|row| (row["slug"].clone(), row["count"].clone())).collect()
    };
    assert_eq!(
        counts("categories"),
        [(json!("clothes"), json!(6)), (json!("shirts"), json!(4)), (json!("sale"), json!(2))]
    );
    assert_eq!(
        page["facets"]["prices"],
        json!([
            { "min_price": 0, "max_price": 999, "count": 2 },
            { "min_price": 1000, "max_price": 2499, "count": 1 },
            { "min_price": 2500, "max_price": 4999, "count": 1 },
            { "min_price": 5000, "max_price": 9999, "count": 1 },
            { "min_price": 250_000, "max_price": null, "count": 1 },
        ])
    );
    assert_eq!(
        page["facets"]["attributes"],
        json!([
            { "name": "color", "values": [{ "value": "red", "count": 6 }, { "value": "blue", "count": 3 }] },
            { "name": "material", "values": [{ "value": "cotton", "count": 6 }] },
            { "name": "size", "values": [
                { "value": "L", "count": 2 }, { "value": "M", "count": 2 }, { "value": "S", "count": 2 }
            ] },
        ])
    );
    // Every count is what the filter gives.
    for query in ["category=sale", "min_price=1000&max_price=2499", "attributes[color]=blue"] {
        let total = shop.get(&format!("/products?facets=true&{query}")).await.expect(200)["total"].clone();
        let found = shop.get(&format!("/products?{query}")).await.expect(200);
        assert_eq!(total, json!(names(&found).len()), "{query}");
    }
    // The next page has them too; without being asked for they are not there.
    let cursor = page["next_cursor"].as_str().unwrap();
    let next =
        shop.get(&format!("/products?facets=true&limit=2&sort=price&cursor={cursor}")).await.expect(200);
    assert_eq!((&next["total"], &next["facets"]), (&page["total"], &page["facets"]));
    assert_eq!(shop.get("/products?facets=false").await.expect(200)["facets"], Value::Null);
}

#[tokio::test]
async fn facets_of_a_search_are_of_what_it_shows() {
    let shop = shirts().await;
    shop.load(&[product("trousers", "Trousers", 100)]).await.unwrap();
    for (q, total) in [("shirt", 6), ("shirrt", 6), ("trousers", 1), ("xyzzy", 0)] {
        let found = shop.get(&format!("/products?facets=true&limit=1&q={q}")).await.expect(200);
        assert_eq!(found["total"], total, "{q}");
        assert_eq!(found["data"].as_array().unwrap().len(), total.min(1), "{q}");
    }
    let nothing = shop.get("/products?facets=true&q=xyzzy").await.expect(200);
    assert_eq!(nothing["facets"], json!({ "categories": [], "prices": [], "attributes": [] }));
}

#[tokio::test]
async fn a_status_is_for_staff_to_ask_for() {
    let shop = Shop::open().await;
    for status in ["draft", "active", "archived"] {
        let mut line = product(status, status, 1);
        line["status"] = json!(status);
        shop.load(&[line]).await.unwrap();
    }
    shop.get("/products?status=draft").await.expect_problem(401, "unauthenticated");
    let customer = shop.app.get("/products?status=active").as_user(UserId(shop.id())).send().await;
    customer.expect_problem(403, "forbidden");
    let staff = Staff::of(&shop);
    for (query, expected) in [
        ("", vec!["active", "archived", "draft"]),
        ("?status=draft", vec!["draft"]),
        ("?status=archived&q=archived", vec!["archived"]),
        ("?q=drafft", vec!["draft"]),
        ("?q=drafft&status=active", vec![]),
    ] {
        let found = staff.get(&format!("/products{query}")).await;
        assert_eq!(found.header("cache-control"), Some("private, no-store"));
        assert_eq!(sorted(&found.expect(200)), expected, "{query}");
    }
    staff.get("/products?status=sold").await.expect_problem(400, "invalid_parameter");
    assert_eq!(names(&shop.get("/products?q=drafft").await.expect(200)), Vec::<&str>::new());
}

#[tokio::test]
async fn words_are_found_in_the_language_of_the_request_and_without_accents() {
    let shop = Shop::open().await;
    for (slug, name) in
        [("a", "Bücher"), ("b", "Chaussures élégantes"), ("c", "Zapatos"), ("d", "Running Größe")]
    {
        let mut line = product(slug, name, 100);
        line["description"] = json!("");
        shop.load(&[line]).await.unwrap();
    }
    for (language, q, expected) in [
        ("de", "buch", "Bücher"),
        ("de-AT, en;q=0.8", "grosse", "Running Größe"),
        ("fr", "elegante chaussure", "Chaussures élégantes"),
        ("es", "zapato", "Zapatos"),
        ("en", "runs grösse", "Running Größe"),
        ("ja", "running grosse", "Running Größe"),
    ] {
        let path = format!("/products?q={}", in_query(q));
        let found = shop.app.get(&path).header("accept-language", language).send().await;
        assert_eq!(found.header("vary"), Some("accept-language"));
        let found = found.expect(200);
        assert_eq!(names(&found).first().copied().unwrap_or_default(), expected, "{language} {q}");
    }
}

#[tokio::test]
async fn odd_letters_are_no_query_language() {
    let shop = shirts().await;
    for q in ["%C5%89", "a%C5%89", "%CC%81", "%CA%BC%CA%BC", "%5C", "%EF%BC%87", "x%27%3A%2A", "%E2%80%99n"] {
        let _ = shop.get(&format!("/products?facets=true&q={q}")).await.expect(200);
    }
}
