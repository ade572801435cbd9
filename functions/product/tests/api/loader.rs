use std::error::Error as _;

use serde_json::{Value, json};

use crate::support::{Shop, category, product, variant};

fn catalogue() -> Vec<Value> {
    let mut tent = product("tent", "Tent", 19_900);
    tent["category_slugs"] = json!(["tents"]);
    tent["variants"] = json!([variant("TENT-2", 7), variant("TENT-4", 0)]);
    vec![category("outdoor", None, 1), category("tents", Some("outdoor"), 1), tent]
}

async fn version(shop: &Shop, slug: &str) -> i64 {
    let sql = "SELECT version FROM products WHERE slug = $1";
    sqlx::query_scalar(sql).bind(slug).fetch_one(shop.db.pool()).await.unwrap()
}

#[tokio::test]
async fn loading_the_same_again_changes_nothing_and_leaves_stock_alone() {
    let shop = Shop::open().await;
    assert_eq!(shop.load(&catalogue()).await.unwrap(), 3);
    let _ = shop.reserve(shop.id(), &[("TENT-2", 3)]).await.expect(201);
    let mut again = catalogue();
    again[2]["variants"][0]["on_hand"] = json!(100);
    shop.load(&again).await.unwrap();
    assert_eq!(shop.stock("TENT-2").await, (7, 3));
    assert_eq!(version(&shop, "tent").await, 1);
    shop.invariants().await;
}

#[tokio::test]
async fn a_change_of_anything_that_is_shown_is_a_new_version() {
    let shop = Shop::open().await;
    shop.load(&catalogue()).await.unwrap();
    let mut lines = catalogue();
    for (expected, (pointer, value)) in (2..).zip([
        ("/2/name", json!("Big tent")),
        ("/2/variants/1/price", json!({ "amount": 25_000, "currency": "EUR" })),
        ("/2/images/0/alt", json!("Another view")),
        ("/2/images", json!([])),
        ("/2/category_slugs", json!(["outdoor"])),
    ]) {
        let mut all = Value::Array(lines);
        *all.pointer_mut(pointer).unwrap() = value;
        let Value::Array(changed) = all else { panic!("still a list") };
        lines = changed;
        shop.load(&lines).await.unwrap();
        assert_eq!(version(&shop, "tent").await, expected, "{pointer}");
    }
}

#[tokio::test]
async fn a_category_that_moves_takes_its_descendants_along() {
    let shop = Shop::open().await;
    shop.load(&[
        category("a", None, 0),
        category("b", Some("a"), 0),
        category("c", Some("b"), 0),
        category("d", None, 0),
    ])
    .await
    .unwrap();
    shop.load(&[category("b", Some("d"), 0)]).await.unwrap();
    assert_eq!(shop.get("/categories/c").await.expect(200)["path"], "d/b/c");
    let error = shop.load(&[category("d", Some("c"), 0)]).await.unwrap_err();
    assert!(error.source().unwrap().to_string().contains("descend from itself"));
}

#[tokio::test]
async fn an_error_names_its_line() {
    let shop = Shop::open().await;
    let with = |pointer: &str, value: Value| {
        let mut line = product("tent", "Tent", 100);
        *line.pointer_mut(pointer).unwrap() = value;
        line
    };
    for bad in [
        json!({ "kind": "thing" }),
        json!({ "kind": "category", "slug": "x", "name": "X", "colour": 1 }),
        category("lost", Some("nowhere"), 0),
        with("/price/currency", json!("USD")),
        with("/slug", json!("jobs")),
        with("/variants", json!([])),
        with("/variants", json!([variant("S", 1), variant("S", 1)])),
        with("/variants/0/on_hand", json!(-1)),
        with("/variants/0/sku", json!("a b")),
        with("/category_slugs", json!(["nowhere"])),
        with("/price/amount", json!(1.5)),
    ] {
        let error = shop.load(&[category("fine", None, 0), bad.clone()]).await.unwrap_err();
        assert_eq!(error.number, 2, "{bad}");
    }
    shop.load(&[product("one", "One", 1)]).await.unwrap();
    let mut thief = product("two", "Two", 1);
    thief["variants"] = json!([variant("ONE", 1)]);
    assert!(shop.load(&[thief]).await.unwrap_err().source().unwrap().to_string().contains("another product"));
}

#[tokio::test]
async fn the_ledger_cannot_be_rewritten() {
    let shop = Shop::with_stock(&[5]).await;
    for statement in ["UPDATE inventory_movements SET quantity = 9", "DELETE FROM inventory_movements"] {
        assert!(sqlx::query(statement).execute(shop.db.pool()).await.is_err(), "{statement}");
    }
    for statement in ["UPDATE inventory SET reserved = 6", "UPDATE inventory SET on_hand = -1, reserved = 0"]
    {
        assert!(sqlx::query(statement).execute(shop.db.pool()).await.is_err(), "{statement}");
    }
}
