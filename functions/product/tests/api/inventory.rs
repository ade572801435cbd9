use cartwright_test_support::{Answer, Call};
use cartwright_types::{Role, UserId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Shop, product, variant};

const STAFF: Uuid = Uuid::from_u128(7);

fn staff(call: Call) -> Call {
    call.as_role(UserId(STAFF), Role::Staff)
}

impl Shop {
    async fn read(&self, path: &str) -> Answer {
        staff(self.app.get(path)).send().await
    }

    fn patch(&self, sku: &str, body: &Value) -> Call {
        staff(self.app.patch(&format!("/inventory/{sku}"))).json(body)
    }

    /// With a key that nobody used before.
    async fn adjust(&self, sku: &str, by: i64) -> Answer {
        let key = self.id().to_string();
        self.patch(sku, &json!({ "adjust": by, "reason": "Delivery" }))
            .header("idempotency-key", &key)
            .send()
            .await
    }
}

fn skus(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|row| row["sku"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn staff_see_stock_by_sku_and_narrow_the_list() {
    let shop = Shop::with_stock(&[9, 5, 0]).await;
    let mut line = product("lamp", "Lamp", 1000);
    line["variants"] = json!([variant("LAMP-1", 8), variant("LAMP-2", 9)]);
    line["variants"][0]["name"] = json!("Green");
    shop.load(&[line]).await.unwrap();

    let page = shop.read("/inventory?limit=2").await.expect(200);
    assert_eq!(skus(&page), ["A", "B"]);
    let cursor = page["next_cursor"].as_str().unwrap();
    let page = shop.read(&format!("/inventory?limit=2&cursor={cursor}")).await.expect(200);
    assert_eq!(skus(&page), ["C", "LAMP-1"]);
    assert_eq!(page["data"][1]["name"], "Lamp – Green");

    let product_id = page["data"][1]["product_id"].as_str().unwrap();
    for (query, expected) in [
        ("low=true".to_owned(), &["B", "C"][..]),
        ("low=false".to_owned(), &["A", "LAMP-1", "LAMP-2"]),
        ("sku=B".to_owned(), &["B"]),
        ("sku=b".to_owned(), &[]),
        ("q=lAMp-".to_owned(), &["LAMP-1", "LAMP-2"]),
        ("q=green".to_owned(), &["LAMP-1"]),
        ("q=%25".to_owned(), &[]),
        (format!("product_id={product_id}&q=2"), &["LAMP-2"]),
    ] {
        assert_eq!(skus(&shop.read(&format!("/inventory?{query}")).await.expect(200)), expected, "{query}");
    }
    for query in ["low=yes", "q=", "product_id=1", "sort=sku", "q=%00", "cursor=x"] {
        shop.read(&format!("/inventory?{query}")).await.expect_problem(400, "invalid_parameter");
    }
}

#[tokio::test]
async fn an_item_shows_what_is_there_and_reservations_change_its_tag() {
    let shop = Shop::with_stock(&[10]).await;
    let before = shop.read("/inventory/A").await;
    let tag = before.header("etag").unwrap().to_owned();
    let _ = shop.reserve(shop.id(), &[("A", 4)]).await.expect(201);
    let after = shop.read("/inventory/A").await;
    let mut expected = before.expect(200);
    assert_eq!(expected["count_version"], 1);
    expected["reserved"] = json!(4);
    expected["available"] = json!(6);
    assert_eq!(after.expect(200), expected);
    assert_ne!(after.header("etag").unwrap(), tag);
    let call = staff(shop.app.get("/inventory/A")).header("if-none-match", after.header("etag").unwrap());
    assert_eq!(call.send().await.status, 304);
    for sku in ["NO", "a", "%00", "-", "x%2Fy"] {
        shop.read(&format!("/inventory/{sku}")).await.expect_problem(404, "not_found");
        shop.read(&format!("/inventory/{sku}/movements")).await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn an_adjustment_needs_a_key_and_happens_once() {
    let shop = Shop::with_stock(&[10]).await;
    let body = json!({ "adjust": -3, "reason": " Water damage " });
    shop.patch("A", &body).send().await.expect_problem(400, "idempotency_key_required");
    let send = || shop.patch("A", &body).header("idempotency-key", "k1").send();
    let first = send().await;
    assert_eq!(first.expect(200)["on_hand"], 7);
    let again = send().await;
    assert_eq!(again.expect(200), first.expect(200));
    assert_eq!(again.header("etag"), first.header("etag"));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let other = json!({ "adjust": -4, "reason": "Water damage" });
    let reused = shop.patch("A", &other).header("idempotency-key", "k1").send().await;
    reused.expect_problem(422, "idempotency_key_reused");
    assert_eq!(shop.stock("A").await, (7, 0));

    let page = shop.read("/inventory/A/movements").await.expect(200);
    let newest = &page["data"][0];
    assert_eq!(newest["quantity"], -3);
    assert_eq!(newest["cause"], "adjust");
    assert_eq!(newest["actor"], format!("user:{STAFF}"));
    assert_eq!(newest["reason"], "Water damage");
    assert_eq!(newest["reservation_id"], Value::Null);
    assert_eq!(page["data"][1]["cause"], "load");
    shop.invariants().await;
}

#[tokio::test]
async fn an_adjustment_whose_answer_was_lost_is_not_made_again() {
    let shop = Shop::with_stock(&[10]).await;
    let body = json!({ "adjust": 5, "reason": "Delivery" });
    let send = || shop.patch("A", &body).header("idempotency-key", "k1").send();
    let _ = send().await.expect(200);
    // As a crash between the change and its stored answer leaves it.
    sqlx::query(
        "UPDATE idempotency_keys SET status = NULL, headers = NULL, body = NULL, leased_until = now()",
    )
    .execute(shop.db.pool())
    .await
    .unwrap();
    assert_eq!(send().await.expect(200)["on_hand"], 15);
    shop.invariants().await;
}

#[tokio::test]
async fn a_count_is_compared_with_a_version_that_orders_do_not_touch() {
    let shop = Shop::with_stock(&[10]).await;
    let (sold, held) = (shop.id(), shop.id());
    let _ = shop.reserve(sold, &[("A", 1)]).await.expect(201);
    let _ = shop.commit(sold).await.expect(200);
    let _ = shop.reserve(held, &[("A", 2)]).await.expect(201);
    let count = |to: i64, version: i64| {
        let body = json!({ "set": to, "reason": "Stocktaking", "count_version": version });
        shop.patch("A", &body).send()
    };
    let counted = count(40, 1).await.expect(200);
    assert_eq!(
        (&counted["on_hand"], &counted["available"], &counted["count_version"]),
        (&json!(40), &json!(38), &json!(2))
    );
    let stale = count(41, 1).await.expect_problem(409, "count_version_stale");
    assert_eq!(stale["count_version"], 2);
    // Found as it should be: no row in the ledger, but a count all the same.
    assert_eq!(count(40, 2).await.expect(200)["count_version"], 3);
    let _ = shop.adjust("A", 1).await.expect(200);
    count(40, 3).await.expect_problem(409, "count_version_stale");
    let page = shop.read("/inventory/A/movements?limit=3").await.expect(200);
    let rows: Vec<_> =
        page["data"].as_array().unwrap().iter().map(|row| (&row["cause"], &row["quantity"])).collect();
    let causes = ["adjust", "count", "commit"].map(Value::from);
    let quantities = [1, 31, -1].map(Value::from);
    assert_eq!(rows, causes.iter().zip(&quantities).collect::<Vec<_>>());
    assert_eq!(page["data"][2]["reservation_id"], json!(sold));
    let cursor = page["next_cursor"].as_str().unwrap();
    let page = shop.read(&format!("/inventory/A/movements?limit=3&cursor={cursor}")).await.expect(200);
    assert_eq!(page["data"][0]["quantity"], 10);
    shop.invariants().await;
}

#[tokio::test]
async fn what_is_reserved_must_remain() {
    let shop = Shop::with_stock(&[10]).await;
    let _ = shop.reserve(shop.id(), &[("A", 4)]).await.expect(201);
    for by in [-7, -11] {
        let problem = shop.adjust("A", by).await.expect_problem(409, "insufficient_stock");
        assert_eq!((&problem["on_hand"], &problem["reserved"]), (&json!(10), &json!(4)));
    }
    let body = json!({ "set": 3, "reason": "Stocktaking", "count_version": 1 });
    shop.patch("A", &body).send().await.expect_problem(409, "insufficient_stock");
    assert_eq!(shop.adjust("A", -6).await.expect(200)["available"], 0);
    shop.adjust("A", 999_999_999).await.expect_problem(422, "validation_failed");
    assert_eq!(shop.stock("A").await, (4, 4));
    shop.invariants().await;
}

#[tokio::test]
async fn the_reorder_point_is_changed_alone_or_with_a_count() {
    let shop = Shop::with_stock(&[10]).await;
    let item = shop.patch("A", &json!({ "reorder_point": 8 })).send().await.expect(200);
    assert_eq!((&item["reorder_point"], &item["count_version"]), (&json!(8), &json!(1)));
    let body = json!({ "reorder_point": 0, "set": 12, "count_version": 1, "reason": "Stocktaking" });
    let item = shop.patch("A", &body).send().await.expect(200);
    assert_eq!((&item["reorder_point"], &item["on_hand"]), (&json!(0), &json!(12)));
    shop.invariants().await;
}

#[tokio::test]
async fn a_stale_tag_changes_nothing_and_a_retry_with_it_is_answered_as_before() {
    let shop = Shop::with_stock(&[10]).await;
    let tag = shop.read("/inventory/A").await.header("etag").unwrap().to_owned();
    let body = json!({ "adjust": 1, "reason": "Delivery" });
    let send = |key: &'static str| {
        shop.patch("A", &body).header("if-match", &tag).header("idempotency-key", key).send()
    };
    let _ = send("k1").await.expect(200);
    let _ = send("k1").await.expect(200);
    send("k2").await.expect_problem(412, "precondition_failed");
    let call = shop.patch("A", &json!({ "reorder_point": 1 })).header("if-match", &tag);
    call.send().await.expect_problem(412, "precondition_failed");
    assert_eq!(shop.stock("A").await, (11, 0));
}

#[tokio::test]
async fn a_change_that_makes_no_sense_is_refused_with_every_reason() {
    let shop = Shop::with_stock(&[10]).await;
    for (body, expected) in [
        (json!({}), &["/adjust required"][..]),
        (json!({ "adjust": 0, "reason": "x" }), &["/adjust out_of_range"]),
        (json!({ "adjust": 1 }), &["/reason required"]),
        (json!({ "adjust": 1.5, "reason": "" }), &["/adjust wrong_type", "/reason too_short"]),
        (json!({ "adjust": 1, "set": 2, "reason": "x", "count_version": 1 }), &["/set not_together"]),
        (json!({ "set": -1, "reason": "x" }), &["/set out_of_range"]),
        (json!({ "set": 1, "reason": "x" }), &["/count_version required"]),
        (json!({ "reorder_point": 1, "reason": "x" }), &["/reason not_alone"]),
        (
            json!({ "reorder_point": -1, "on_hand": 3 }),
            &["/reorder_point out_of_range", "/on_hand unknown_field"],
        ),
        (json!({ "adjust": 1, "reason": "x\u{0}" }), &["/reason invalid_characters"]),
        (json!({ "adjust": 1, "reason": "x".repeat(201) }), &["/reason too_long"]),
    ] {
        let answer = shop.patch("A", &body).header("idempotency-key", "k").send().await;
        let problem = answer.expect_problem(422, "validation_failed");
        let errors: Vec<String> = problem["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| {
                format!("{} {}", error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap())
            })
            .collect();
        assert_eq!(errors, expected, "{body}");
    }
    assert_eq!(shop.stock("A").await, (10, 0));
}

#[tokio::test]
async fn stock_is_for_staff_and_roles_are_looked_at_before_all_else() {
    let shop = Shop::with_stock(&[10]).await;
    let user = UserId(shop.id());
    for path in ["/inventory", "/inventory/A", "/inventory/NO", "/inventory/A/movements"] {
        shop.app.get(path).send().await.expect_problem(401, "unauthenticated");
        shop.app.get(path).as_user(user).send().await.expect_problem(403, "forbidden");
    }
    let patch = |sku: &str| shop.app.patch(&format!("/inventory/{sku}")).body("{");
    patch("NO").send().await.expect_problem(401, "unauthenticated");
    patch("NO").as_user(user).send().await.expect_problem(403, "forbidden");
    staff(patch("NO")).header("if-match", "\"0\"").send().await.expect_problem(404, "not_found");
    staff(patch("A")).header("if-match", "\"0\"").send().await.expect_problem(412, "precondition_failed");
    staff(patch("A")).send().await.expect_problem(415, "unsupported_media_type");
}
