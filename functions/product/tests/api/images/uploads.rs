//! From the upload to what is served, and what happens to those who mean no good.

use cartwright_messaging::HandlerError;
use product::clients::pictures::Pictures;
use serde_json::{Value, json};

use super::Studio;
use super::files::{HTML, SVG, bomb, jpeg_on_its_side, png};

fn rejected(reason: &str) -> (String, Option<String>) {
    ("rejected".to_owned(), Some(reason.to_owned()))
}

#[tokio::test]
async fn an_upload_becomes_a_picture_in_three_sizes() {
    let studio = Studio::open().await;
    let bytes = jpeg_on_its_side(800, 400);
    let place = studio.promise("image/jpeg", bytes.len()).await;
    let id = place["id"].as_str().unwrap();
    assert_eq!(studio.put(&place, &bytes, "image/jpeg").await, 200);
    studio.tell(id).await.unwrap();

    let tent = studio.tent().await.expect(200);
    let image = &tent["images"][1];
    let expected =
        json!({ "id": id, "alt": "A tent", "width": 400, "height": 800, "content_type": "image/webp" });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(image[name], *value, "{name}");
    }
    assert_eq!(image["url"], image["renditions"]["full"]);
    assert_eq!(studio.keys("uploads").await, Vec::<String>::new());
    let mut keys = studio.keys("images").await;
    keys.sort();
    let mut served: Vec<&str> = ["thumb", "card", "full"]
        .map(|size| image["renditions"][size].as_str().unwrap())
        .map(|url| url.strip_prefix("http://images.test/shop/").unwrap())
        .to_vec();
    served.sort_unstable();
    assert_eq!(keys, served);
    for key in keys {
        let object = studio.s3.get_object().bucket(studio.bucket("images")).key(key).send().await.unwrap();
        assert_eq!(object.content_type(), Some("image/webp"));
        assert_eq!(object.cache_control(), Some("public, max-age=31536000, immutable"));
        let bytes = object.body.collect().await.unwrap().into_bytes();
        assert!(bytes.starts_with(b"RIFF") && !bytes.windows(6).any(|window| window == b"Berlin"));
    }
    let events = studio.events().await;
    assert_eq!(events.len(), 1);
    let event = serde_json::to_value(&events[0]).unwrap();
    assert_eq!((&event["type"], &event["actor"]), (&json!("product.image_ready"), &json!("system")));
    assert_eq!(event["aggregate"], json!({ "kind": "product", "id": tent["id"], "version": 2 }));
    assert_eq!(event["data"], json!({ "product_id": tent["id"], "slug": "tent", "image_id": id }));
}

#[tokio::test]
async fn nothing_else_can_be_uploaded_than_what_was_signed() {
    let studio = Studio::open().await;
    let bytes = png(20, 10);
    let place = studio.promise("image/png", bytes.len()).await;
    assert_eq!(studio.put(&place, &bytes, "image/svg+xml").await, 403);
    assert_eq!(studio.put(&place, &[&bytes[..], b"x"].concat(), "image/png").await, 403);
    assert_eq!(studio.put(&place, &bytes[1..], "image/png").await, 403);
    let mut elsewhere = place.clone();
    let (url, id) = (place["upload"]["url"].as_str().unwrap(), place["id"].as_str().unwrap());
    for key in ["../x", "x", "%2e%2e/x"] {
        elsewhere["upload"]["url"] = json!(url.replace(id, key));
        assert_eq!(studio.put(&elsewhere, &bytes, "image/png").await, 403, "{key}");
    }
    assert_eq!(studio.keys("uploads").await, Vec::<String>::new());
    assert_eq!(studio.put(&place, &bytes, "image/png").await, 200);
}

#[tokio::test]
async fn what_is_no_picture_is_rejected_and_removed() {
    let studio = Studio::open().await;
    let whole = png(300, 200);
    let cases: [(&[u8], &str); 5] = [
        (SVG.as_bytes(), "not_an_image"),
        (HTML.as_bytes(), "not_an_image"),
        (&bomb(), "too_many_pixels"),
        (&whole[..whole.len() / 2], "unreadable"),
        (b"x", "not_an_image"),
    ];
    for (bytes, reason) in cases {
        let id = studio.uploaded(bytes).await;
        assert_eq!(studio.row(&id).await, Some(rejected(reason)));
        let image = format!("{}/images/{id}", studio.path);
        let call = studio.shop.app.delete(&image).header("if-match", "*");
        studio.as_staff(call).send().await.expect_problem(404, "not_found");
    }
    assert_eq!(studio.album().await.len(), 1);
    assert_eq!(studio.keys("uploads").await, Vec::<String>::new());
    assert_eq!(studio.keys("images").await, Vec::<String>::new());
    assert!(studio.events().await.is_empty());
    assert_eq!(studio.tent().await.header("etag").unwrap().split('-').next(), Some("\"1"));
}

#[tokio::test]
async fn more_bytes_than_an_upload_may_have_are_not_read() {
    let studio = Studio::open().await;
    let place = studio.promise("image/png", 100).await;
    let id = place["id"].as_str().unwrap();
    studio.smuggle(id, vec![0x89; 10 * 1024 * 1024 + 1]).await;
    studio.tell(id).await.unwrap();
    assert_eq!(studio.row(id).await, Some(rejected("too_large")));
    assert_eq!(studio.keys("uploads").await, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_told_again_changes_nothing() {
    let studio = Studio::open().await;
    let id = studio.uploaded(&png(20, 10)).await;
    let tent = studio.tent().await;
    studio.events().await;
    // The signed request is good for ten minutes: other bytes come too late.
    studio.smuggle(&id, png(40, 40)).await;
    for _ in 0..3 {
        studio.tell(&id).await.unwrap();
    }
    let again = studio.tent().await;
    assert_eq!((again.header("etag"), again.json()), (tent.header("etag"), tent.json()));
    assert!(studio.events().await.is_empty());
    assert_eq!(studio.keys("uploads").await, Vec::<String>::new());
    assert_eq!(studio.keys("images").await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_told_twice_at_once_becomes_one_picture() {
    let studio = Studio::open().await;
    let bytes = png(900, 600);
    let place = studio.promise("image/png", bytes.len()).await;
    let id = place["id"].as_str().unwrap();
    assert_eq!(studio.put(&place, &bytes, "image/png").await, 200);
    let (one, two, three) = tokio::join!(studio.tell(id), studio.tell(id), studio.tell(id));
    for result in [one, two, three] {
        result.unwrap();
    }
    assert_eq!(studio.events().await.len(), 1);
    assert_eq!(studio.keys("images").await.len(), 3);
    assert_eq!(studio.row(id).await, Some(("ready".to_owned(), None)));
}

#[tokio::test]
async fn an_upload_whose_picture_was_deleted_meanwhile_is_removed() {
    let studio = Studio::open().await;
    let bytes = png(20, 10);
    let place = studio.promise("image/png", bytes.len()).await;
    let id = place["id"].as_str().unwrap();
    assert_eq!(studio.put(&place, &bytes, "image/png").await, 200);
    let call = studio.shop.app.delete(&format!("{}/images/{id}", studio.path)).header("if-match", "*");
    let _ = studio.as_staff(call).send().await.expect(204);
    studio.tell(id).await.unwrap();
    assert_eq!(studio.keys("uploads").await, Vec::<String>::new());
    assert_eq!(studio.keys("images").await, Vec::<String>::new());
    // And one that never came.
    let place = studio.promise("image/png", 100).await;
    studio.tell(place["id"].as_str().unwrap()).await.unwrap();
    assert_eq!(studio.row(place["id"].as_str().unwrap()).await, Some(("pending".to_owned(), None)));
}

#[tokio::test]
async fn what_s3_says_of_anything_else_is_passed_over_or_refused() {
    let studio = Studio::open().await;
    let test = json!({ "Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": studio.bucket("uploads") });
    studio.deliver(&test).await.unwrap();
    let of = |key: &str| json!({ "Records": [{ "s3": { "object": { "key": key } } }] });
    for key in ["images/../invoices/1", "images/", "imports/1", "images/0198b5a0"] {
        studio.deliver(&of(key)).await.unwrap();
    }
    for wrong in [json!({}), json!([]), json!({ "Records": [{}] }), Value::Null] {
        assert!(matches!(studio.deliver(&wrong).await, Err(HandlerError::Rejected(_))), "{wrong}");
    }
    let place = studio.promise("image/png", 100).await;
    let id = place["id"].as_str().unwrap();
    studio.smuggle(id, png(20, 10)).await;
    studio.deliver(&of(&format!("images%2F{id}"))).await.unwrap();
    assert_eq!(studio.row(id).await, Some(("ready".to_owned(), None)));
}

#[tokio::test]
async fn while_s3_does_not_answer_the_upload_waits() {
    let mut studio = Studio::open().await;
    let place = studio.promise("image/png", 100).await;
    let id = place["id"].as_str().unwrap().to_owned();
    studio.smuggle(&id, png(20, 10)).await;
    let working = studio.reception.pictures.clone();
    let config = studio.aws.sdk.to_builder().endpoint_url("http://127.0.0.1:9").build();
    studio.reception.pictures = Pictures::new(&config, "uploads", "images");
    assert!(matches!(studio.tell(&id).await, Err(HandlerError::Retry { .. })));
    assert_eq!(studio.row(&id).await, Some(("pending".to_owned(), None)));
    studio.reception.pictures = working;
    studio.tell(&id).await.unwrap();
    assert_eq!(studio.row(&id).await, Some(("ready".to_owned(), None)));
}

#[tokio::test]
async fn what_is_not_ready_after_a_day_is_given_up() {
    let studio = Studio::open().await;
    let place = studio.promise("image/png", 100).await;
    let (pending, refused) = (place["id"].as_str().unwrap(), studio.uploaded(SVG.as_bytes()).await);
    studio.smuggle(pending, png(20, 10)).await;
    let ready = studio.uploaded(&png(20, 10)).await;
    studio.shop.clock.advance(23 * 3600);
    studio.sweep().await;
    assert!(studio.row(pending).await.is_some() && studio.row(&refused).await.is_some());
    studio.shop.clock.advance(2 * 3600);
    studio.sweep().await;
    assert!(studio.row(pending).await.is_none() && studio.row(&refused).await.is_none());
    assert!(studio.row(&ready).await.is_some());
    assert_eq!(studio.keys("uploads").await, Vec::<String>::new());
}
