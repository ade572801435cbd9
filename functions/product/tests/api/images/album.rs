//! The routes.

use axum::http::Method;
use cartwright_types::{ProductId, SystemClock};
use serde_json::{Value, json};

use super::Studio;
use super::files::png;
use crate::support::product;

fn new_image() -> Value {
    json!({ "filename": "a.png", "content_type": "image/png", "content_length": 100 })
}

fn alts(album: &[Value]) -> Vec<&str> {
    album.iter().map(|image| image["alt"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn only_staff_change_pictures() {
    let studio = Studio::open().await;
    let id = studio.uploaded(&png(20, 10)).await;
    let (album, image) = (format!("{}/images", studio.path), format!("{}/images/{id}", studio.path));
    for (method, path) in [(Method::POST, &album), (Method::PATCH, &image), (Method::DELETE, &image)] {
        let call = || studio.shop.app.call(method.clone(), path).body("not even JSON");
        call().send().await.expect_problem(401, "unauthenticated");
        studio.as_customer(call()).send().await.expect_problem(403, "forbidden");
    }
}

#[tokio::test]
async fn role_goes_before_existence_and_that_before_preconditions_and_those_before_the_body() {
    let studio = Studio::open().await;
    let app = &studio.shop.app;
    let id = studio.uploaded(&png(20, 10)).await;
    let nobody = ProductId::new(&SystemClock);
    for path in [format!("/products/{nobody}/images"), "/products/tent/images".to_owned()] {
        studio.as_staff(app.post(&path).body("x")).send().await.expect_problem(404, "not_found");
    }
    studio.as_staff(app.post(&format!("{}/images", studio.path)).body("x")).send().await.expect(415);
    for path in [format!("/products/{nobody}/images/{id}"), format!("{}/images/{nobody}", studio.path)] {
        studio.as_staff(app.patch(&path).body("x")).send().await.expect_problem(404, "not_found");
        studio.as_staff(app.delete(&path)).send().await.expect_problem(404, "not_found");
    }
    let path = format!("{}/images/{id}", studio.path);
    studio.as_staff(app.patch(&path).body("x")).send().await.expect_problem(428, "precondition_required");
    let stale = studio.as_staff(app.patch(&path).header("if-match", "\"1-0-i\"").body("x"));
    stale.send().await.expect_problem(412, "precondition_failed");
    studio.as_staff(app.patch(&path).header("if-match", "*").body("x")).send().await.expect(415);
    studio.as_staff(app.delete(&path)).send().await.expect_problem(428, "precondition_required");
    let stale = studio.as_staff(app.delete(&path).header("if-match", "\"1\""));
    stale.send().await.expect_problem(412, "precondition_failed");
}

#[tokio::test]
async fn an_upload_is_signed_with_its_type_and_length_and_never_with_its_name() {
    let studio = Studio::open().await;
    let mut body = new_image();
    body["filename"] = json!("../../etc/passwd");
    let call = studio.shop.app.post(&format!("{}/images", studio.path)).json(&body);
    let place = studio.as_staff(call).send().await.expect(201);
    assert_eq!(place["status"], "pending");
    assert_eq!(place["upload"]["method"], "PUT");
    assert_eq!(place["upload"]["headers"], json!({ "content-type": "image/png", "content-length": "100" }));
    let url = place["upload"]["url"].as_str().unwrap();
    assert!(
        url.contains(&format!("/{}/images/{}?", studio.bucket("uploads"), place["id"].as_str().unwrap())),
        "{url}"
    );
    assert!(!url.contains("passwd") && !url.contains(".."), "{url}");
    for part in ["X-Amz-Expires=600", "X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost"] {
        assert!(url.contains(part), "{url}");
    }
    assert_eq!(studio.album().await[1]["filename"], "../../etc/passwd");
}

#[tokio::test]
async fn what_does_not_fit_is_told_all_at_once() {
    let studio = Studio::open().await;
    let path = format!("{}/images", studio.path);
    let wrong = json!({
        "filename": "", "content_type": "image/svg+xml", "content_length": 10_485_761, "alt": "x".repeat(501), "id": 1
    });
    let problem = studio.as_staff(studio.shop.app.post(&path).json(&wrong)).send().await;
    let problem = problem.expect_problem(422, "validation_failed");
    let errors: Vec<(&str, &str)> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap()))
        .collect();
    let expected = [
        ("/filename", "too_short"),
        ("/content_type", "unknown_content_type"),
        ("/content_length", "out_of_range"),
        ("/alt", "too_long"),
        ("/id", "unknown_field"),
    ];
    assert_eq!(errors, expected);
    for length in [json!(0), json!(-1), json!(1.5), json!("100")] {
        let mut body = new_image();
        body["content_length"] = length;
        let answer = studio.as_staff(studio.shop.app.post(&path).json(&body)).send().await;
        answer.expect_problem(422, "validation_failed");
    }
}

#[tokio::test]
async fn a_product_has_twenty_pictures_at_most() {
    let studio = Studio::open().await;
    // One is there from the beginning.
    for _ in 0..19 {
        studio.promise("image/png", 100).await;
    }
    let path = format!("{}/images", studio.path);
    let one_more = || studio.as_staff(studio.shop.app.post(&path).json(&new_image())).send();
    one_more().await.expect_problem(409, "too_many_images");
    let last = studio.album().await.pop().unwrap();
    let call = studio.shop.app.delete(&format!("{path}/{}", last["id"].as_str().unwrap()));
    let _ = studio.as_staff(call.header("if-match", "*")).send().await.expect(204);
    let _ = one_more().await.expect(201);
}

#[tokio::test]
async fn the_same_key_makes_one_place() {
    let studio = Studio::open().await;
    let path = format!("{}/images", studio.path);
    let send = |body: Value| {
        studio.as_staff(studio.shop.app.post(&path).json(&body).header("idempotency-key", "k")).send()
    };
    let first = send(new_image()).await.expect(201);
    let again = send(new_image()).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(201), first);
    let mut other = new_image();
    other["content_length"] = json!(101);
    send(other).await.expect_problem(422, "idempotency_key_reused");
    assert_eq!(studio.album().await.len(), 2);
}

#[tokio::test]
async fn everybody_sees_what_is_ready_and_staff_what_is_pending_too() {
    let studio = Studio::open().await;
    let path = format!("{}/images", studio.path);
    studio.promise("image/png", 100).await;
    let answer = studio.shop.get(&path).await;
    assert!(answer.header("cache-control").unwrap().starts_with("public, max-age="));
    let page = answer.expect(200);
    assert_eq!((page["data"].as_array().unwrap().len(), &page["next_cursor"]), (1, &Value::Null));
    assert!(page["data"][0].get("filename").is_none());

    let album = studio.album().await;
    let statuses: Vec<&Value> = album.iter().map(|image| &image["status"]).collect();
    assert_eq!(statuses, ["ready", "pending"]);
    assert_eq!((&album[1]["filename"], &album[1]["url"]), (&json!("a.png"), &Value::Null));

    let first = studio.as_staff(studio.shop.app.get(&format!("{path}?limit=1"))).send().await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let call = studio.shop.app.get(&format!("{path}?limit=1&cursor={cursor}"));
    let second = studio.as_staff(call).send().await.expect(200);
    assert_eq!((&second["data"][0]["id"], &second["next_cursor"]), (&album[1]["id"], &Value::Null));
    studio.shop.get(&format!("{path}?sort=name")).await.expect_problem(400, "invalid_parameter");

    // Nobody but staff knows of a product that is not for sale.
    let mut draft = product("draft", "Draft", 1);
    draft["status"] = json!("draft");
    studio.shop.load(&[draft]).await.unwrap();
    let id: uuid::Uuid = sqlx::query_scalar("SELECT id FROM products WHERE slug = 'draft'")
        .fetch_one(studio.shop.db.pool())
        .await
        .unwrap();
    let path = format!("/products/{id}/images");
    studio.shop.get(&path).await.expect_problem(404, "not_found");
    let _ = studio.as_staff(studio.shop.app.get(&path)).send().await.expect(200);
}

#[tokio::test]
async fn a_picture_moves_and_the_others_make_room() {
    let studio = Studio::open().await;
    let id = studio.uploaded(&png(20, 10)).await;
    let third = studio.promise("image/png", 100).await;
    let image = format!("{}/images/{id}", studio.path);
    let tag = studio.tent().await.header("etag").unwrap().to_owned();
    studio.events().await;
    let change = |tag: &str, body: Value| {
        studio.as_staff(studio.shop.app.patch(&image).header("if-match", tag).json(&body)).send()
    };
    let moved = change(&tag, json!({ "position": 0, "alt": "First" })).await;
    let next = moved.header("etag").unwrap().to_owned();
    let moved = moved.expect(200);
    assert_eq!(
        (&moved["position"], &moved["alt"], &moved["status"]),
        (&json!(0), &json!("First"), &json!("ready"))
    );
    assert_eq!(alts(&studio.album().await), ["First", "Tent", "A tent"]);
    let tent = studio.tent().await.expect(200);
    assert_eq!(tent["images"][0]["id"], json!(id));
    let events = studio.events().await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].event_type.as_str(), events[0].aggregate.version), ("product.updated", 3));

    // The old tag is stale, the new one is not; beyond the end is the end.
    change(&tag, json!({ "position": 1 })).await.expect_problem(412, "precondition_failed");
    let _ = change(&next, json!({ "position": 19 })).await.expect(200);
    assert_eq!(alts(&studio.album().await), ["Tent", "A tent", "First"]);
    // What changes nothing raises no version; null empties a text.
    studio.events().await;
    let same = change("*", json!({ "position": 2 })).await;
    assert_eq!(same.header("etag"), Some("\"4\""));
    assert!(studio.events().await.is_empty());
    assert_eq!(change("*", json!({ "alt": null })).await.expect(200)["alt"], "");
    for wrong in
        [json!({ "position": 20 }), json!({ "position": -1 }), json!({ "url": "x" }), json!({ "alt": 1 })]
    {
        change("*", wrong).await.expect_problem(422, "validation_failed");
    }
    let pending = format!("{}/images/{}", studio.path, third["id"].as_str().unwrap());
    let call = studio.shop.app.patch(&pending).header("if-match", "*").json(&json!({ "alt": "Later" }));
    assert_eq!(studio.as_staff(call).send().await.expect(200)["alt"], "Later");
}

#[tokio::test]
async fn a_picture_that_goes_takes_its_files_along() {
    let studio = Studio::open().await;
    let id = studio.uploaded(&png(20, 10)).await;
    assert_eq!(studio.keys("images").await.len(), 3);
    studio.events().await;
    let tag = studio.tent().await.header("etag").unwrap().to_owned();
    let remove = |id: &str| {
        let call = studio.shop.app.delete(&format!("{}/images/{id}", studio.path));
        studio.as_staff(call.header("if-match", &tag)).send()
    };
    let _ = remove(&id).await.expect(204);
    remove(&id).await.expect_problem(404, "not_found");
    assert_eq!(studio.events().await[0].event_type, "product.updated");
    assert_eq!(studio.album().await.len(), 1);
    studio.sweep().await;
    assert_eq!(studio.keys("images").await, Vec::<String>::new());

    // One that waits for its bytes is no part of the product yet.
    let tag = studio.tent().await.header("etag").unwrap().to_owned();
    let place = studio.promise("image/png", 10).await;
    let pending = place["id"].as_str().unwrap();
    studio.smuggle(pending, png(1, 1)).await;
    let call = studio.shop.app.delete(&format!("{}/images/{pending}", studio.path));
    let _ = studio.as_staff(call.header("if-match", &tag)).send().await.expect(204);
    assert!(studio.events().await.is_empty());
    studio.sweep().await;
    assert_eq!(studio.keys("uploads").await, Vec::<String>::new());
}

#[tokio::test]
async fn what_the_loader_brings_serves_in_all_sizes_and_leaves_uploads_alone() {
    let studio = Studio::open().await;
    let tent = studio.tent().await.expect(200);
    let url = "http://images.test/shop/tent/1.png";
    assert_eq!(tent["images"][0]["url"], url);
    assert_eq!(tent["images"][0]["renditions"], json!({ "thumb": url, "card": url, "full": url }));
    let id = studio.uploaded(&png(20, 10)).await;
    let mut line = product("tent", "Tent", 1000);
    line["images"][0]["key"] = json!("tent/2.png");
    studio.shop.load(&[line]).await.unwrap();
    let tent = studio.tent().await.expect(200);
    let images = tent["images"].as_array().unwrap();
    assert_eq!(images.len(), 2);
    assert!(images.iter().any(|image| image["id"] == json!(id)));
}
