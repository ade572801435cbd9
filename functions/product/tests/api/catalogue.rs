use cartwright_types::{Role, UserId};
use serde_json::json;

use crate::support::{Shop, category, names, product, variant};

const PUBLIC: &str = "public, max-age=3, stale-while-revalidate=30";

#[tokio::test]
async fn a_product_is_the_same_by_id_and_by_slug_with_all_that_hangs_on_it() {
    let shop = Shop::open().await;
    let mut tent = product("tent", "Tent", 19_900);
    tent["category_slugs"] = json!(["tents"]);
    tent["compare_at_price"] = json!({ "amount": 24_900, "currency": "EUR" });
    tent["variants"] = json!([variant("TENT-2", 50), variant("TENT-4", 5), variant("TENT-6", 0)]);
    tent["variants"][1]["price"] = json!({ "amount": 29_900, "currency": "EUR" });
    tent["variants"][1]["name"] = json!("for four");
    shop.load(&[category("outdoor", None, 1), category("tents", Some("outdoor"), 1), tent]).await.unwrap();

    let by_slug = shop.get("/products/tent").await;
    let body = by_slug.expect(200);
    let by_id = shop.get(&format!("/products/{}/", body["id"].as_str().unwrap())).await;
    assert_eq!((body.clone(), by_slug.header("etag")), (by_id.expect(200), by_id.header("etag")));
    assert_eq!(by_slug.header("cache-control"), Some(PUBLIC));
    assert_eq!(body["price"], json!({ "amount": 19_900, "currency": "EUR" }));
    assert_eq!(body["compare_at_price"]["amount"], 24_900);
    assert_eq!(body["attributes"], json!({ "color": "red" }));
    assert_eq!(body["availability"], "in_stock");
    assert_eq!(body["categories"][0]["path"], "outdoor/tents");
    assert_eq!(body["images"][0]["url"], "http://images.test/shop/tent/1.png");
    let variants: Vec<_> = (0..3).map(|at| &body["variants"][at]).collect();
    assert_eq!(
        variants.iter().map(|v| v["availability"].as_str().unwrap()).collect::<Vec<_>>(),
        ["in_stock", "low", "out"]
    );
    assert_eq!(
        (&variants[0]["price"]["amount"], &variants[1]["price"]["amount"]),
        (&json!(19_900), &json!(29_900))
    );

    let quotes = shop.internal("/internal/quotes", &json!({ "skus": ["TENT-4"] })).await.expect(200);
    assert_eq!(quotes["quotes"][0]["name"], "Tent – for four");
    assert_eq!(quotes["quotes"][0]["unit_price"]["amount"], 29_900);
}

#[tokio::test]
async fn an_etag_holds_until_the_product_or_its_availability_changes() {
    let shop = Shop::with_stock(&[7]).await;
    let etag = async || shop.get("/products/thing-a").await.header("etag").unwrap().to_owned();
    let first = etag().await;
    let not_modified =
        shop.app.get("/products/thing-a").header("if-none-match", &format!("\"x\", {first}")).send().await;
    let _ = not_modified.expect(304);
    assert!(not_modified.body.is_empty());
    assert_eq!(not_modified.header("etag"), Some(first.as_str()));
    assert_eq!(not_modified.header("cache-control"), Some(PUBLIC));

    let _ = shop.reserve(shop.id(), &[("A", 1)]).await.expect(201);
    assert_eq!(etag().await, first, "seven or six are both enough");
    let _ = shop.reserve(shop.id(), &[("A", 1)]).await.expect(201);
    let low = etag().await;
    assert_ne!(low, first);
    let _ = shop.reserve(shop.id(), &[("A", 5)]).await.expect(201);
    let out = etag().await;
    assert_ne!(out, low);
    assert_eq!(shop.get("/products/thing-a").await.expect(200)["availability"], "out");
    let stale = shop.app.get("/products/thing-a").header("if-none-match", &first).send().await;
    let _ = stale.expect(200);
}

#[tokio::test]
async fn a_category_that_is_renamed_changes_its_products_etag() {
    let shop = Shop::open().await;
    let mut tent = product("tent", "Tent", 1);
    tent["category_slugs"] = json!(["tents"]);
    let mut tents = category("tents", None, 1);
    shop.load(&[tents.clone(), tent]).await.unwrap();
    let etags = async || {
        let (product, category) = (shop.get("/products/tent").await, shop.get("/categories/tents").await);
        (product.header("etag").unwrap().to_owned(), category.header("etag").unwrap().to_owned())
    };
    let before = etags().await;
    tents["name"] = json!("Shelters");
    shop.load(&[tents]).await.unwrap();
    let after = etags().await;
    assert_ne!(before.0, after.0);
    assert_ne!(before.1, after.1);
}

#[tokio::test]
async fn only_active_products_are_there() {
    let shop = Shop::open().await;
    for (slug, status) in [("a", "draft"), ("b", "archived"), ("c", "active")] {
        let mut line = product(slug, slug, 1);
        line["status"] = json!(status);
        shop.load(&[line]).await.unwrap();
    }
    assert_eq!(names(&shop.get("/products").await.expect(200)), ["c"]);
    for path in [
        "/products/a",
        "/products/b",
        "/products/nothing",
        "/products/NoSlug",
        "/products/jobs",
        "/categories/a",
    ] {
        shop.get(path).await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn staff_answers_are_not_for_caches_and_customers_answers_are() {
    let shop = Shop::with_stock(&[1]).await;
    for path in ["/products", "/products/thing-a", "/categories"] {
        let customer = shop.app.get(path).as_user(UserId(shop.id())).send().await;
        assert_eq!(customer.header("cache-control"), Some(PUBLIC), "{path}");
        let staff = shop.app.get(path).as_role(UserId(shop.id()), Role::Staff).send().await;
        assert_eq!(staff.header("cache-control"), Some("private, no-store"), "{path}");
    }
}

#[tokio::test]
async fn categories_are_a_tree_listed_by_position() {
    let shop = Shop::open().await;
    shop.load(&[category("z", None, 1), category("y", None, 2), category("x", Some("z"), 1)]).await.unwrap();
    let all = shop.get("/categories/").await.expect(200);
    assert_eq!(names(&all), ["X", "Z", "Y"]);
    let z = shop.get("/categories/z").await.expect(200);
    assert_eq!(all["data"][0]["parent_id"], z["id"]);
    assert_eq!(all["data"][0]["path"], "z/x");
    let id = z["id"].as_str().unwrap();
    assert_eq!(shop.get(&format!("/categories/{id}")).await.expect(200), z);
    let first = shop.get("/categories?limit=2").await;
    assert!(first.header("link").unwrap().contains("rel=\"next\""));
    let cursor = first.expect(200)["next_cursor"].as_str().unwrap().to_owned();
    let second = shop.get(&format!("/categories?limit=2&cursor={cursor}")).await.expect(200);
    assert_eq!((names(&second), &second["next_cursor"]), (vec!["Y"], &json!(null)));
    shop.get("/categories?sort=name").await.expect_problem(400, "invalid_parameter");
    shop.get("/categories/z?x=1").await.expect_problem(400, "invalid_parameter");
}

#[tokio::test]
async fn a_wrong_method_and_an_absent_path_are_problems() {
    let shop = Shop::open().await;
    let answer = shop.app.delete("/products").send().await;
    answer.expect_problem(405, "method_not_allowed");
    assert!(answer.header("allow").unwrap().contains("GET"));
    shop.get("/nothing").await.expect_problem(404, "not_found");
}
