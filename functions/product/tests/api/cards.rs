//! The cards that products are read from say what the tables say, whoever wrote those.

use futures::future::join_all;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use crate::support::{Shop, category, product, variant};
use crate::writing::Staff;

impl Shop {
    /// Nothing differs between cards and tables, nor between what is scarce and the inventory.
    #[track_caller]
    fn cards(&self) -> impl Future<Output = ()> + '_ {
        let caller = std::panic::Location::caller();
        async move {
            let wrong: Vec<String> = sqlx::query_scalar(
                "SELECT format('%s: %s, not %s', coalesce(c.product_id, s.product_id), c.document, s.document)
                 FROM product_cards c FULL JOIN product_card_sources s ON s.product_id = c.product_id
                 WHERE c.document::text IS DISTINCT FROM s.document::text
                 UNION ALL
                 SELECT format('%s: %s of %s, not %s of %s', i.sku, s.level, s.product_id, scarcity(i.available, i.reorder_point), v.product_id)
                 FROM inventory i JOIN variants v ON v.sku = i.sku LEFT JOIN scarce_stock s ON s.sku = i.sku
                 WHERE s.level IS DISTINCT FROM scarcity(i.available, i.reorder_point) OR s.product_id <> v.product_id",
            )
            .fetch_all(self.db.pool())
            .await
            .unwrap();
            assert!(wrong.is_empty(), "at {caller}: {wrong:#?}");
        }
    }

    async fn sql(&self, statement: &str) -> u64 {
        sqlx::query(AssertSqlSafe(statement)).execute(self.db.pool()).await.unwrap().rows_affected()
    }
}

async fn tents() -> Shop {
    let shop = Shop::open().await;
    let mut lines =
        vec![category("outdoor", None, 0), category("tents", Some("outdoor"), 0), category("sale", None, 1)];
    for at in 0..4 {
        let mut line = product(&format!("tent-{at}"), &format!("Tent {at}"), 1000);
        line["category_slugs"] = json!(["tents", "sale"]);
        line["variants"] = json!([variant(&format!("T{at}-A"), 6), variant(&format!("T{at}-B"), 0)]);
        lines.push(line);
    }
    shop.load(&lines).await.unwrap();
    shop
}

#[tokio::test]
async fn every_kind_of_change_is_in_the_cards() {
    let shop = tents().await;
    shop.cards().await;
    for statement in [
        "UPDATE products SET price = price + 1, version = version + 1",
        "UPDATE variants SET name = 'Green', price = 5 WHERE sku LIKE '%-A'",
        "UPDATE variants SET position = 1 - position",
        "DELETE FROM product_images WHERE product_id IN (SELECT id FROM products WHERE slug = 'tent-1')",
        "INSERT INTO product_images (id, product_id, status, filename, alt, position, created_at)
         SELECT gen_random_uuid(), id, 'pending', 'a.png', 'A tent', 5, now() FROM products",
        "UPDATE product_images SET status = 'rejected', rejection = 'unreadable' WHERE status = 'pending'
         AND product_id IN (SELECT id FROM products WHERE slug = 'tent-0')",
        "UPDATE product_images SET status = 'ready', key = id::text, width = 1, height = 1, content_type = 'image/webp'
         WHERE status = 'pending'",
        "UPDATE product_images SET alt = 'A green tent', position = 0 WHERE filename = 'a.png'",
        "UPDATE categories SET name = 'Reduced' WHERE slug = 'sale'",
        "UPDATE categories SET slug = 'camping', path = 'camping' || substr(path, 8) WHERE path = 'outdoor'",
        "UPDATE categories SET path = 'camping/tents' WHERE slug = 'tents'",
        "WITH gone AS (DELETE FROM product_categories WHERE category_id = (SELECT id FROM categories WHERE slug = 'sale')
                       RETURNING product_id)
         UPDATE products SET version = version + 1 WHERE id IN (SELECT product_id FROM gone)",
        "INSERT INTO product_categories SELECT p.id, c.id FROM products p, categories c WHERE c.slug IN ('sale', 'camping')",
        "UPDATE inventory SET reserved = 1 WHERE sku LIKE '%-A'",
        "UPDATE inventory SET reorder_point = 0 WHERE sku = 'T0-A'",
        "UPDATE inventory SET reserved = 6 WHERE sku IN ('T1-A', 'T2-A')",
        "UPDATE inventory SET on_hand = 100",
    ] {
        assert!(shop.sql(statement).await > 0, "{statement}");
        shop.cards().await;
    }
    let (scarce, cards): (i64, i64) =
        sqlx::query_as("SELECT (SELECT count(*) FROM scarce_stock), (SELECT count(*) FROM product_cards)")
            .fetch_one(shop.db.pool())
            .await
            .unwrap();
    assert_eq!((scarce, cards), (0, 4));
    for statement in [
        "UPDATE variants SET product_id = (SELECT id FROM products WHERE slug = 'tent-0') WHERE sku = 'T1-A'",
        "UPDATE product_categories SET category_id = category_id",
    ] {
        let refused = sqlx::query(AssertSqlSafe(statement)).execute(shop.db.pool()).await.unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().code().unwrap(), "23001", "{statement}");
    }
}

#[tokio::test]
async fn what_staff_and_orders_do_is_in_the_cards() {
    let shop = tents().await;
    let staff = Staff::of(&shop);
    let kettle = json!({
        "name": "Kettle", "price": { "amount": 100, "currency": "EUR" }, "variants": [{ "sku": "K-1" }, { "sku": "K-2" }]
    });
    let made = staff.post("/products", &kettle).await;
    let (tag, body) = (made.header("etag").unwrap().to_owned(), made.expect(201));
    shop.cards().await;
    let path = format!("/products/{}", body["id"].as_str().unwrap());
    let _ = staff.send("PATCH", &path, Some(&tag), &json!({ "name": "Tea kettle" })).await.expect(200);
    shop.cards().await;
    let tag = shop.get("/categories/tents").await;
    let (tag, body) = (tag.header("etag").unwrap().to_owned(), tag.expect(200));
    let path = format!("/categories/{}", body["id"].as_str().unwrap());
    let _ = staff.send("PATCH", &path, Some(&tag), &json!({ "name": "Shelters" })).await.expect(200);
    shop.cards().await;
    assert_eq!(shop.get("/products/tent-1").await.expect(200)["categories"][0]["name"], "Shelters");
    let id = shop.id();
    for (left, expected) in [(6, "in_stock"), (5, "low"), (0, "out")] {
        if left < 6 {
            let taken = if left == 5 { 1 } else { 5 };
            let _ = shop.reserve(shop.id(), &[("T0-A", taken)]).await.expect(201);
        }
        assert_eq!(shop.get("/products/tent-0").await.expect(200)["availability"], expected, "{left} left");
        shop.cards().await;
    }
    let _ = shop.reserve(id, &[("T1-A", 6), ("T2-A", 6)]).await.expect(201);
    let _ = shop.commit(id).await;
    shop.cards().await;
}

#[tokio::test]
async fn changes_at_the_same_moment_are_all_in_the_cards() {
    let shop = tents().await;
    for round in 0..5 {
        let writers = (0..8).map(|at| {
            let shop = &shop;
            async move {
                let product = format!("(SELECT id FROM products WHERE slug = 'tent-{}')", at % 2);
                shop.sql(&match at / 2 {
                    0 => format!("UPDATE variants SET name = 'v{round}' WHERE product_id = {product}"),
                    1 => format!("UPDATE product_images SET alt = 'a{round}' WHERE product_id = {product}"),
                    2 => format!("UPDATE products SET version = version + 1 WHERE id = {product}"),
                    _ => format!("UPDATE categories SET name = 'c{round}-{at}' WHERE slug = 'tents'"),
                })
                .await
            }
        });
        assert!(join_all(writers).await.into_iter().all(|rows| rows > 0));
        shop.cards().await;
    }
    let tent: Value = shop.get("/products/tent-1").await.expect(200);
    assert_eq!((&tent["variants"][0]["name"], &tent["images"][0]["alt"]), (&json!("v4"), &json!("a4")));
}
