use cartwright_types::UserId;
use serde_json::{Value, json};

use crate::support::{Shop, category, product};
use crate::writing::Staff;

/// `a`, `a/b`, `a/b/c` and `d`.
async fn tree() -> Shop {
    let shop = Shop::open().await;
    shop.load(&[
        category("a", None, 0),
        category("b", Some("a"), 0),
        category("c", Some("b"), 0),
        category("d", None, 1),
    ])
    .await
    .unwrap();
    shop
}

async fn id(shop: &Shop, slug: &str) -> String {
    shop.get(&format!("/categories/{slug}")).await.expect(200)["id"].as_str().unwrap().to_owned()
}

/// The paths of all categories, and that every one is its parent's and its own slug.
async fn paths(shop: &Shop) -> Vec<String> {
    let wrong: Vec<String> = sqlx::query_scalar(
        "SELECT c.path FROM categories c LEFT JOIN categories p ON p.id = c.parent_id
         WHERE c.path <> coalesce(p.path || '/', '') || c.slug",
    )
    .fetch_all(shop.db.pool())
    .await
    .unwrap();
    assert!(wrong.is_empty(), "{wrong:?}");
    sqlx::query_scalar("SELECT path FROM categories ORDER BY path").fetch_all(shop.db.pool()).await.unwrap()
}

fn error(answer: &cartwright_test_support::Answer) -> (String, String) {
    let problem = answer.expect_problem(422, "validation_failed");
    let error = &problem["errors"][0];
    (error["pointer"].as_str().unwrap().to_owned(), error["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn staff_make_a_category_below_another() {
    let shop = tree().await;
    let staff = Staff::of(&shop);
    let b = id(&shop, "b").await;
    let made =
        staff.post("/categories", &json!({ "name": "Zelte & Planen", "parent_id": b, "position": 4 })).await;
    let body = made.expect(201);
    assert_eq!((&body["path"], &body["position"]), (&json!("a/b/zelte-planen"), &json!(4)));
    assert_eq!(made.header("etag"), Some("\"1\""));
    assert_eq!(
        made.header("location"),
        Some(format!("/categories/{}", body["id"].as_str().unwrap()).as_str())
    );
    let again = staff.post("/categories", &json!({ "name": "Zelte, Planen" })).await.expect(201);
    assert_eq!((&again["slug"], &again["parent_id"]), (&json!("zelte-planen-2"), &json!(null)));
    staff.post("/categories", &json!({ "name": "X", "slug": "a" })).await.expect_problem(409, "slug_taken");
    let keyed = async || staff.post_keyed("/categories", "k", &json!({ "name": "Once" })).await.expect(201);
    assert_eq!(keyed().await, keyed().await);
    for (body, expected) in [
        (json!({}), ("/name", "required")),
        (json!({ "name": "X", "slug": "jobs" }), ("/slug", "reserved_slug")),
        (json!({ "name": "X", "parent_id": shop.id() }), ("/parent_id", "unknown_category")),
        (json!({ "name": "X", "parent_id": "b" }), ("/parent_id", "invalid_id")),
        (json!({ "name": "X", "position": -1 }), ("/position", "out_of_range")),
        (json!({ "name": "X", "path": "x" }), ("/path", "unknown_field")),
    ] {
        let (pointer, code) = error(&staff.post("/categories", &body).await);
        assert_eq!((pointer.as_str(), code.as_str()), expected, "{body}");
    }
}

#[tokio::test]
async fn a_category_that_moves_or_is_renamed_takes_what_is_below_along() {
    let shop = tree().await;
    let staff = Staff::of(&shop);
    let (b, d) = (id(&shop, "b").await, id(&shop, "d").await);
    let before = staff.get("/categories/c").await;
    let path = format!("/categories/{b}");
    let moved = staff.send("PATCH", &path, Some("\"1\""), &json!({ "parent_id": d })).await;
    assert_eq!((&moved.expect(200)["path"], moved.header("etag")), (&json!("d/b"), Some("\"2\"")));
    assert_eq!(paths(&shop).await, ["a", "d", "d/b", "d/b/c"]);
    assert_ne!(staff.get("/categories/c").await.header("etag"), before.header("etag"));
    let _ = staff
        .send("PATCH", &format!("/categories/{d}"), Some("*"), &json!({ "slug": "dd" }))
        .await
        .expect(200);
    assert_eq!(paths(&shop).await, ["a", "dd", "dd/b", "dd/b/c"]);
    // A PUT without a parent makes a root.
    let put = staff.send("PUT", &path, Some("*"), &json!({ "name": "Bees" })).await.expect(200);
    assert_eq!((&put["slug"], &put["parent_id"], &put["position"]), (&json!("b"), &json!(null), &json!(0)));
    assert_eq!(paths(&shop).await, ["a", "b", "b/c", "dd"]);
    // Nothing new is no change.
    let tag = staff.get("/categories/b").await.header("etag").unwrap().to_owned();
    let same = staff.send("PATCH", &path, Some("*"), &json!({ "name": "Bees" })).await;
    assert_eq!(same.header("etag"), Some(tag.as_str()));
}

#[tokio::test]
async fn a_cycle_is_refused() {
    let shop = tree().await;
    let staff = Staff::of(&shop);
    let a = id(&shop, "a").await;
    for below in ["a", "b", "c"] {
        let wish = json!({ "parent_id": id(&shop, below).await });
        let answer = staff.send("PATCH", &format!("/categories/{a}"), Some("*"), &wish).await;
        assert_eq!(error(&answer), ("/parent_id".to_owned(), "cycle".to_owned()), "{below}");
    }
    // Two moves that would make one together: one of them comes too late.
    let d = id(&shop, "d").await;
    let (first, second) = (json!({ "parent_id": d }), json!({ "parent_id": a }));
    let (one, other) = (format!("/categories/{a}"), format!("/categories/{d}"));
    let answers = futures::future::join(
        staff.send("PATCH", &one, Some("*"), &first),
        staff.send("PATCH", &other, Some("*"), &second),
    )
    .await;
    let mut statuses = [answers.0.status.as_u16(), answers.1.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 422]);
    paths(&shop).await;
}

#[tokio::test]
async fn the_tree_has_sixteen_levels() {
    let shop = Shop::open().await;
    let staff = Staff::of(&shop);
    let mut parent = Value::Null;
    let mut top = Value::Null;
    for level in 0..16 {
        let wish = json!({ "name": format!("level {level}"), "slug": format!("{}{level}", "x".repeat(98)), "parent_id": parent });
        parent = staff.post("/categories", &wish).await.expect(201)["id"].clone();
        if level == 0 {
            top = parent.clone();
        }
    }
    let answer = staff.post("/categories", &json!({ "name": "too deep", "parent_id": parent })).await;
    assert_eq!(error(&answer), ("/parent_id".to_owned(), "too_deep".to_owned()));
    let root = staff.post("/categories", &json!({ "name": "root" })).await.expect(201)["id"].clone();
    let path = format!("/categories/{}", top.as_str().unwrap());
    let answer = staff.send("PATCH", &path, Some("*"), &json!({ "parent_id": root })).await;
    assert_eq!(error(&answer), ("/parent_id".to_owned(), "too_deep".to_owned()));
}

#[tokio::test]
async fn a_category_with_children_goes_when_it_is_said_where_they_go() {
    let shop = tree().await;
    let staff = Staff::of(&shop);
    let (a, b, d) = (id(&shop, "a").await, id(&shop, "b").await, id(&shop, "d").await);
    let path = format!("/categories/{b}");
    let refused = staff.send("DELETE", &path, Some("*"), &Value::Null).await;
    refused.expect_problem(409, "category_has_children");
    let c = id(&shop, "c").await;
    for bad in [b.as_str(), &c, &shop.id().to_string(), "b"] {
        let answer =
            staff.send("DELETE", &format!("{path}?reparent_to={bad}"), Some("*"), &Value::Null).await;
        answer.expect_problem(400, "invalid_parameter");
    }
    let gone = staff.send("DELETE", &format!("{path}?reparent_to={d}"), Some("\"1\""), &Value::Null).await;
    let _ = gone.expect(204);
    assert_eq!(paths(&shop).await, ["a", "d", "d/c"]);
    let gone = staff.send("DELETE", &format!("/categories/{d}?reparent_to="), Some("*"), &Value::Null).await;
    let _ = gone.expect(204);
    assert_eq!(paths(&shop).await, ["a", "c"]);
    let _ = staff.send("DELETE", &format!("/categories/{a}"), Some("*"), &Value::Null).await.expect(204);
    shop.get("/categories/a").await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn products_lose_a_category_that_goes_and_nothing_else() {
    let shop = tree().await;
    let mut line = product("thing", "Thing", 1);
    line["category_slugs"] = json!(["c", "d"]);
    shop.load(&[line]).await.unwrap();
    let staff = Staff::of(&shop);
    let before = shop.get("/products/thing").await;
    let path = format!("/categories/{}", id(&shop, "c").await);
    let _ = staff.send("DELETE", &path, Some("*"), &Value::Null).await.expect(204);
    let after = shop.get("/products/thing").await;
    let slugs: Vec<_> =
        after.expect(200)["categories"].as_array().unwrap().iter().map(|c| c["slug"].clone()).collect();
    assert_eq!(slugs, ["d"]);
    assert_ne!(after.header("etag"), before.header("etag"));
}

#[tokio::test]
async fn only_staff_who_have_read_it_change_a_category() {
    let shop = tree().await;
    let path = format!("/categories/{}", id(&shop, "a").await);
    for (method, path) in [("POST", "/categories"), ("PUT", &path), ("PATCH", &path), ("DELETE", &path)] {
        let call = || shop.app.call(method.parse().unwrap(), path).json(&json!({ "nonsense": true }));
        call().send().await.expect_problem(401, "unauthenticated");
        call().as_user(UserId(shop.id())).send().await.expect_problem(403, "forbidden");
    }
    let staff = Staff::of(&shop);
    for method in ["PUT", "PATCH", "DELETE"] {
        let body = json!({ "nonsense": true });
        staff.send(method, &path, None, &body).await.expect_problem(428, "precondition_required");
        staff.send(method, &path, Some("\"7\""), &body).await.expect_problem(412, "precondition_failed");
        let missing = format!("/categories/{}", shop.id());
        staff.send(method, &missing, None, &body).await.expect_problem(404, "not_found");
    }
}
