use cartwright_test_support::Answer;
use cartwright_types::{Role, UserId};
use serde_json::{Value, json};

use crate::support::{Shop, category, names, product};
use crate::writing::{Staff, told};

fn tent() -> Value {
    json!({
        "name": "Two-person tent", "description": "Light.", "status": "active", "tax_class": "standard",
        "price": { "amount": 19_900, "currency": "EUR" }, "compare_at_price": { "amount": 24_900, "currency": "EUR" },
        "attributes": { "color": "green" }, "category_ids": [],
        "variants": [
            { "sku": "TENT-S", "name": "Small", "attributes": { "size": "S" }, "barcode": "4006381333931", "weight_grams": 2400 },
            { "sku": "TENT-L", "name": "Large", "price": { "amount": 25_900, "currency": "EUR" } },
        ],
    })
}

fn etag(answer: &Answer) -> String {
    answer.header("etag").unwrap().to_owned()
}

/// The errors of a 422, as pointers and codes.
fn errors(answer: &Answer) -> Vec<(String, String)> {
    let problem = answer.expect_problem(422, "validation_failed");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors = problem["errors"].as_array().unwrap();
    errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
}

#[tokio::test]
async fn a_product_that_staff_make_is_in_the_shop_and_told_of() {
    let shop = Shop::open().await;
    shop.load(&[category("outdoor", None, 1)]).await.unwrap();
    let outdoor = shop.get("/categories/outdoor").await.expect(200)["id"].clone();
    let mut wish = tent();
    wish["category_ids"] = json!([outdoor]);
    let staff = Staff::of(&shop);
    let made = staff.post("/products", &wish).await;
    let body = made.expect(201);
    let id = body["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), Some(format!("/products/{id}").as_str()));
    assert_eq!(body["slug"], "two-person-tent");
    assert_eq!(body["availability"], "out");
    assert_eq!(body["compare_at_price"]["amount"], 24_900);
    assert_eq!(body["categories"][0]["slug"], "outdoor");
    assert_eq!(body["variants"][0]["price"]["amount"], 19_900);
    assert_eq!(body["variants"][1]["price"]["amount"], 25_900);
    let public = shop.get("/products/two-person-tent").await;
    assert_eq!((public.expect(200), etag(&public)), (body, etag(&made)));
    assert_eq!(shop.stock("TENT-S").await, (0, 0));
    assert_eq!(told(&shop).await, [("product.created".to_owned(), 1)]);
    // Its price is a quote, but there is nothing to have.
    let quotes = shop.internal("/internal/quotes", &json!({ "skus": ["TENT-L"] })).await.expect(200);
    assert_eq!(quotes["quotes"][0]["available"], 0);
    shop.invariants().await;
}

#[tokio::test]
async fn a_slug_is_made_from_the_name_and_numbered_when_it_is_taken() {
    let shop = Shop::open().await;
    let staff = Staff::of(&shop);
    for (at, expected) in ["cafe-creme", "cafe-creme-2", "cafe-creme-3"].iter().enumerate() {
        let wish = json!({ "name": "Café Crème!", "price": { "amount": 0, "currency": "EUR" }, "variants": [{ "sku": format!("C{at}") }] });
        let made = staff.post("/products", &wish).await.expect(201);
        assert_eq!((made["slug"].as_str(), made["status"].as_str()), (Some(*expected), Some("draft")));
    }
    let mut wish = tent();
    wish["slug"] = json!("cafe-creme");
    staff.post("/products", &wish).await.expect_problem(409, "slug_taken");
    wish["slug"] = json!("fresh");
    wish["variants"][0]["sku"] = json!("C1");
    let problem = staff.post("/products", &wish).await.expect_problem(409, "sku_taken");
    assert_eq!(problem["sku"], "C1");
    staff.get("/products/fresh").await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn two_of_one_name_at_once_get_a_slug_each() {
    let shop = Shop::open().await;
    let staff = Staff::of(&shop);
    let wishes: Vec<Value> = (0..8)
        .map(|at| json!({ "name": "Same", "price": { "amount": 1, "currency": "EUR" }, "variants": [{ "sku": format!("S{at}") }] }))
        .collect();
    let made = futures::future::join_all(wishes.iter().map(|wish| staff.post("/products", wish))).await;
    let mut slugs: Vec<String> =
        made.iter().map(|made| made.expect(201)["slug"].as_str().unwrap().to_owned()).collect();
    slugs.sort_unstable();
    slugs.dedup();
    assert_eq!(slugs.len(), 8);
}

#[tokio::test]
async fn a_retry_with_the_same_key_makes_no_second_product() {
    let shop = Shop::open().await;
    let staff = Staff::of(&shop);
    let first = staff.post_keyed("/products", "key-1", &tent()).await;
    let again = staff.post_keyed("/products", "key-1", &tent()).await;
    assert_eq!(first.expect(201), again.expect(201));
    assert_eq!((again.header("idempotency-replayed"), etag(&again)), (Some("true"), etag(&first)));
    let mut other = tent();
    other["name"] = json!("Other");
    staff.post_keyed("/products", "key-1", &other).await.expect_problem(422, "idempotency_key_reused");
    // What did not fit leaves the key free.
    staff.post_keyed("/products", "key-2", &json!({})).await.expect_problem(422, "validation_failed");
    other["variants"] = json!([{ "sku": "OTHER" }]);
    let _ = staff.post_keyed("/products", "key-2", &other).await.expect(201);
    assert_eq!(staff.get("/products").await.expect(200)["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_does_not_fit_is_told_by_its_pointer() {
    let shop = Shop::open().await;
    let staff = Staff::of(&shop);
    let with = |pointer: &str, value: Value| {
        let mut wish = tent();
        wish["slug"] = json!("a-slug");
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        wish.pointer_mut(parent).unwrap()[name] = value;
        wish
    };
    let money = |amount: Value, currency: &str| json!({ "amount": amount, "currency": currency });
    let many = |number: usize| {
        (0..number).map(|at| (format!("k{at}"), json!("v"))).collect::<serde_json::Map<_, _>>()
    };
    let variants =
        |number: usize| (0..number).map(|at| json!({ "sku": format!("S{at}") })).collect::<Vec<_>>();
    for (pointer, value, code) in [
        ("/name", json!(""), "too_short"),
        ("/name", json!("a\u{0}b"), "invalid_characters"),
        ("/name", json!("a".repeat(201)), "too_long"),
        ("/slug", json!("No Slug"), "invalid_slug"),
        ("/slug", json!("bulk"), "reserved_slug"),
        ("/slug", json!("0198b5a0-7c1e-7e7d-9c55-3d0f4d9b7a10"), "invalid_slug"),
        ("/description", json!("a".repeat(20_001)), "too_long"),
        ("/price", money(json!(-1), "EUR"), "out_of_range"),
        ("/price", money(json!(19.999), "EUR"), "wrong_type"),
        ("/price", money(json!("1"), "EUR"), "wrong_type"),
        ("/price", money(json!(1), "USD"), "wrong_currency"),
        ("/price", money(json!(1), "XXX"), "invalid_currency"),
        ("/price", json!(null), "required"),
        ("/compare_at_price", money(json!(19_900), "EUR"), "not_above_price"),
        ("/compare_at_price", money(json!(90_000), "USD"), "wrong_currency"),
        ("/tax_class", json!("Standard"), "invalid_tax_class"),
        ("/status", json!("sold"), "unknown_status"),
        ("/attributes", json!({ "color": 5 }), "invalid_attribute"),
        ("/attributes", json!({ "": "red" }), "invalid_attribute"),
        ("/attributes", json!({ "color": "r".repeat(201) }), "invalid_attribute"),
        ("/attributes", json!(many(51)), "too_many_attributes"),
        ("/attributes", json!([]), "wrong_type"),
        ("/category_ids", json!(["x"]), "invalid_id"),
        ("/category_ids", json!(vec!["0198b5a0-7c1e-7e7d-9c55-3d0f4d9b7a10"; 21]), "too_long"),
        ("/variants", json!([]), "required"),
        ("/variants", json!(variants(101)), "too_many_variants"),
        ("/variants/0/sku", json!("a b"), "invalid_sku"),
        ("/variants/1/sku", json!("TENT-S"), "repeated"),
        ("/variants/1/price", money(json!(1), "USD"), "wrong_currency"),
        ("/variants/1/barcode", json!(""), "too_short"),
        ("/variants/1/weight_grams", json!(-1), "out_of_range"),
        ("/variants/1/on_hand", json!(1), "unknown_field"),
        ("/version", json!(1), "unknown_field"),
    ] {
        let answer = staff.post("/products", &with(pointer, value.clone())).await;
        assert_eq!(errors(&answer), [(pointer.to_owned(), code.to_owned())], "{value}");
    }
    let unknown = with("/category_ids", json!(["0198b5a0-7c1e-7e7d-9c55-3d0f4d9b7a10"]));
    let answer = staff.post("/products", &unknown).await;
    assert_eq!(errors(&answer), [("/category_ids/0".to_owned(), "unknown_category".to_owned())]);
    assert!(told(&shop).await.is_empty());
}

#[tokio::test]
async fn a_change_needs_the_etag_of_the_products_own_part() {
    let shop = Shop::with_stock(&[7]).await;
    let staff = Staff::of(&shop);
    let read = staff.get("/products/thing-a").await;
    let path = format!("/products/{}", read.expect(200)["id"].as_str().unwrap());
    let whole =
        json!({ "name": "Thing", "price": { "amount": 5, "currency": "EUR" }, "variants": [{ "sku": "A" }] });
    staff
        .send("PATCH", &path, None, &json!({ "name": "X" }))
        .await
        .expect_problem(428, "precondition_required");
    staff.send("PUT", &path, None, &whole).await.expect_problem(428, "precondition_required");
    staff.send("DELETE", &path, None, &Value::Null).await.expect_problem(428, "precondition_required");

    // A sale changes the ETag, not the product.
    let _ = shop.reserve(shop.id(), &[("A", 5)]).await.expect(201);
    assert_ne!(etag(&staff.get("/products/thing-a").await), etag(&read));
    let changed = staff.send("PATCH", &path, Some(&etag(&read)), &json!({ "name": "Renamed" })).await;
    assert_eq!(changed.expect(200)["name"], "Renamed");
    for (method, body) in [("PATCH", json!({ "name": "Y" })), ("PUT", whole.clone()), ("DELETE", Value::Null)]
    {
        staff.send(method, &path, Some(&etag(&read)), &body).await.expect_problem(412, "precondition_failed");
    }
    assert_eq!(etag(&staff.get("/products/thing-a").await), etag(&changed));
    let _ = staff.send("PUT", &path, Some("*"), &whole).await.expect(200);
    assert_eq!(told(&shop).await, [("product.updated".to_owned(), 2), ("product.updated".to_owned(), 3)]);
}

#[tokio::test]
async fn of_two_who_read_the_same_one_changes_it() {
    let shop = Shop::with_stock(&[1]).await;
    let staff = Staff::of(&shop);
    let read = staff.get("/products/thing-a").await;
    let path = format!("/products/{}", read.expect(200)["id"].as_str().unwrap());
    let wishes: Vec<Value> = (0..8).map(|at| json!({ "name": format!("Name {at}") })).collect();
    let tag = etag(&read);
    let answers =
        futures::future::join_all(wishes.iter().map(|wish| staff.send("PATCH", &path, Some(&tag), wish)))
            .await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_a_put_everything() {
    let shop = Shop::open().await;
    let staff = Staff::of(&shop);
    let made = staff.post("/products", &tent()).await;
    let id = made.expect(201)["id"].as_str().unwrap().to_owned();
    let path = format!("/products/{id}");
    let wish = json!({ "compare_at_price": null, "variants": [
        { "sku": "TENT-L", "weight_grams": 3100 }, { "sku": "TENT-XL", "name": "Huge" }
    ] });
    let patched = staff.send("PATCH", &path, Some("*"), &wish).await.expect(200);
    assert_eq!(patched["compare_at_price"], json!(null));
    assert_eq!(patched["description"], "Light.");
    let shown: Vec<_> = patched["variants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| (&v["sku"], &v["name"], &v["weight_grams"]))
        .collect();
    assert_eq!(
        json!(shown),
        json!([["TENT-S", "Small", 2400], ["TENT-L", "Large", 3100], ["TENT-XL", "Huge", null]])
    );
    assert_eq!(patched["variants"][1]["price"]["amount"], 25_900);
    assert_eq!(patched["variants"][0]["id"], made.expect(201)["variants"][0]["id"]);
    assert_eq!(shop.stock("TENT-XL").await, (0, 0));

    let put = json!({
        "name": "Tent", "price": { "amount": 100, "currency": "EUR" },
        "variants": [{ "sku": "TENT-XL" }, { "sku": "TENT-L", "name": "Large" }],
    });
    let put = staff.send("PUT", &path, Some("*"), &put).await.expect(200);
    assert_eq!((&put["slug"], &put["status"]), (&json!("two-person-tent"), &json!("active")));
    assert_eq!((&put["description"], &put["attributes"]), (&json!(""), &json!({})));
    let shown: Vec<_> = put["variants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| (&v["sku"], &v["name"], &v["price"]["amount"]))
        .collect();
    assert_eq!(json!(shown), json!([["TENT-XL", "", 100], ["TENT-L", "Large", 100]]));

    // The same again is no change.
    let before = etag(&staff.get(&path).await);
    let again = json!({ "name": "Tent", "variants": [{ "sku": "TENT-L", "name": "Large" }] });
    assert_eq!(etag(&staff.send("PATCH", &path, Some("*"), &again).await), before);
    let events = told(&shop).await;
    assert_eq!(events.iter().map(|(_, version)| *version).collect::<Vec<_>>(), [1, 2, 3]);
}

#[tokio::test]
async fn a_variant_with_a_history_stays() {
    let shop = Shop::open().await;
    let mut line = product("thing", "Thing", 100);
    line["variants"] =
        json!(["SOLD", "MOVED", "NEVER"].map(|sku| crate::support::variant(sku, i64::from(sku == "MOVED"))));
    line["variants"][0]["on_hand"] = json!(3);
    shop.load(&[line]).await.unwrap();
    let order = shop.id();
    let _ = shop.reserve(order, &[("SOLD", 1)]).await.expect(201);
    let _ = shop.release(order).await.expect(200);
    let staff = Staff::of(&shop);
    let path =
        format!("/products/{}", staff.get("/products/thing").await.expect(200)["id"].as_str().unwrap());
    let with = |skus: &[&str]| {
        let variants: Vec<Value> = skus.iter().map(|sku| json!({ "sku": sku })).collect();
        json!({ "name": "Thing", "price": { "amount": 100, "currency": "EUR" }, "variants": variants })
    };
    for (kept, missing) in [(["SOLD", "NEVER"], "MOVED"), (["MOVED", "NEVER"], "SOLD")] {
        let refused = staff.send("PUT", &path, Some("*"), &with(&kept)).await;
        assert_eq!(refused.expect_problem(409, "variant_in_use")["sku"], missing);
    }
    let left = staff.send("PUT", &path, Some("*"), &with(&["SOLD", "MOVED"])).await.expect(200);
    assert_eq!(left["variants"].as_array().unwrap().len(), 2);
    // Its sku is free again.
    let again = json!({ "variants": [{ "sku": "NEVER" }] });
    let _ = staff.send("PATCH", &path, Some("*"), &again).await.expect(200);
    shop.invariants().await;
}

#[tokio::test]
async fn a_product_leaves_the_shop_and_comes_back() {
    let shop = Shop::with_stock(&[3]).await;
    let staff = Staff::of(&shop);
    let read = staff.get("/products/thing-a").await;
    let path = format!("/products/{}", read.expect(200)["id"].as_str().unwrap());
    let gone = staff.send("DELETE", &path, Some(&etag(&read)), &Value::Null).await;
    assert_eq!(gone.expect(200)["status"], "archived");
    shop.get("/products/thing-a").await.expect_problem(404, "not_found");
    assert!(names(&shop.get("/products").await.expect(200)).is_empty());
    let quotes = shop.internal("/internal/quotes", &json!({ "skus": ["A"] })).await.expect(200);
    assert_eq!(quotes["quotes"], json!([]));
    assert_eq!(staff.get("/products/thing-a").await.expect(200)["status"], "archived");
    // Archiving it again changes nothing.
    assert_eq!(etag(&staff.send("DELETE", &path, Some("*"), &Value::Null).await), etag(&gone));
    for status in ["draft", "active"] {
        let _ = staff.send("PATCH", &path, Some("*"), &json!({ "status": status })).await.expect(200);
    }
    let _ = shop.get("/products/thing-a").await.expect(200);
    let types: Vec<String> = told(&shop).await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(types, ["product.archived", "product.updated", "product.updated"]);
}

#[tokio::test]
async fn only_staff_write_and_the_role_is_looked_at_first() {
    let shop = Shop::with_stock(&[1]).await;
    let id = shop.get("/products/thing-a").await.expect(200)["id"].as_str().unwrap().to_owned();
    let path = format!("/products/{id}");
    for (method, path) in [("POST", "/products"), ("PUT", &path), ("PATCH", &path), ("DELETE", &path)] {
        let call = || shop.app.call(method.parse().unwrap(), path).json(&json!({ "nonsense": true }));
        call().send().await.expect_problem(401, "unauthenticated");
        call().as_user(UserId(shop.id())).send().await.expect_problem(403, "forbidden");
    }
    let staff = Staff::of(&shop);
    for missing in
        [format!("/products/{}", shop.id()), "/products/thing-a".to_owned(), "/products/x%00".to_owned()]
    {
        staff
            .send("PATCH", &missing, None, &json!({ "nonsense": true }))
            .await
            .expect_problem(404, "not_found");
    }
    let admin = shop.app.call("DELETE".parse().unwrap(), &path).header("if-match", "*");
    let _ = admin.as_role(UserId(shop.id()), Role::Admin).send().await.expect(200);
}

#[tokio::test]
async fn a_public_answer_is_kept_for_two_seconds_and_a_write_here_ends_that() {
    let shop = Shop::with_stock(&[7]).await.with_kept_answers();
    let staff = Staff::of(&shop);
    let name = async |path: &str| shop.get(path).await.expect(200)["name"].clone();
    let id = shop.get("/products/thing-a").await.expect(200)["id"].as_str().unwrap().to_owned();
    let by_id = format!("/products/{id}");
    let _ = (name("/products/thing-a").await, name(&by_id).await);

    // By somebody else: it shows when the time is over, and to staff at once.
    sqlx::query("UPDATE products SET name = 'Elsewhere', version = version + 1")
        .execute(shop.db.pool())
        .await
        .unwrap();
    assert_eq!(name("/products/thing-a").await, "Thing A");
    assert_eq!(staff.get("/products/thing-a").await.expect(200)["name"], "Elsewhere");
    shop.clock.advance(2);
    assert_eq!(name("/products/thing-a").await, "Elsewhere");

    let _ = staff.send("PATCH", &by_id, Some("*"), &json!({ "name": "Here" })).await.expect(200);
    assert_eq!((name("/products/thing-a").await, name(&by_id).await), (json!("Here"), json!("Here")));
    let kept = shop.get(&by_id).await;
    let not_modified = shop.app.get(&by_id).header("if-none-match", &etag(&kept)).send().await;
    let _ = not_modified.expect(304);
    assert_eq!(kept.header("content-type"), Some("application/json"));

    let _ = staff.send("DELETE", &by_id, Some("*"), &Value::Null).await.expect(200);
    shop.get(&by_id).await.expect_problem(404, "not_found");
}
