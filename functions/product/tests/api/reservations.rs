use cartwright_types::UserId;
use serde_json::json;
use uuid::Uuid;

use crate::support::{Shop, reservation};

#[tokio::test]
async fn all_lines_are_reserved_or_none() {
    let shop = Shop::with_stock(&[5, 1]).await;
    let made = shop.reserve(shop.id(), &[("B", 1), ("A", 2)]).await.expect(201);
    assert_eq!(made["status"], "held");
    assert_eq!((shop.stock("A").await, shop.stock("B").await), ((5, 2), (1, 1)));

    let refused = shop.reserve(shop.id(), &[("A", 2), ("B", 1), ("NO", 3)]).await;
    let problem = refused.expect_problem(409, "insufficient_stock");
    let short = json!([
        { "sku": "B", "requested": 1, "available": 0 },
        { "sku": "NO", "requested": 3, "available": 0 },
    ]);
    assert_eq!(problem["lines"], short);
    assert_eq!(shop.stock("A").await, (5, 2));
    shop.invariants().await;
}

#[tokio::test]
async fn what_is_not_for_sale_cannot_be_reserved_and_is_not_quoted() {
    let shop = Shop::with_stock(&[5, 5]).await;
    sqlx::query("UPDATE products SET status = 'archived' WHERE slug = 'thing-b'")
        .execute(shop.db.pool())
        .await
        .unwrap();
    let problem = shop.reserve(shop.id(), &[("B", 1)]).await.expect_problem(409, "insufficient_stock");
    assert_eq!(problem["lines"], json!([{ "sku": "B", "requested": 1, "available": 0 }]));

    let quotes =
        shop.internal("/internal/quotes", &json!({ "skus": ["A", "B", "NO", "\u{0}"] })).await.expect(200);
    assert_eq!(quotes["quotes"].as_array().unwrap().len(), 1);
    let quote = &quotes["quotes"][0];
    assert_eq!(quote["sku"], "A");
    assert_eq!(quote["name"], "Thing A");
    assert_eq!(quote["unit_price"], json!({ "amount": 1000, "currency": "EUR" }));
    assert_eq!((&quote["tax_class"], &quote["weight_grams"]), (&json!("standard"), &json!(250)));
    assert_eq!(quote["available"], 5);
}

#[tokio::test]
async fn a_repeated_reservation_holds_once_even_when_it_took_the_last_pieces() {
    let shop = Shop::with_stock(&[2, 9]).await;
    let id = shop.id();
    let first = shop.reserve(id, &[("A", 2), ("B", 1)]).await.expect(201);
    shop.clock.advance(60);
    let second = shop.reserve(id, &[("B", 1), ("A", 2)]).await.expect(200);
    assert_eq!(first, second);
    assert_eq!((shop.stock("A").await, shop.stock("B").await), ((2, 2), (9, 1)));
    for other in [&[("A", 2)][..], &[("A", 2), ("B", 2)], &[("B", 1)]] {
        shop.reserve(id, other).await.expect_problem(409, "reservation_mismatch");
    }
    shop.invariants().await;
}

#[tokio::test]
async fn a_commit_sells_once_and_what_is_sold_cannot_be_released() {
    let shop = Shop::with_stock(&[5]).await;
    let id = shop.id();
    let _ = shop.reserve(id, &[("A", 2)]).await.expect(201);
    for _ in 0..3 {
        assert_eq!(shop.commit(id).await.expect(200)["status"], "committed");
    }
    assert_eq!(shop.stock("A").await, (3, 0));
    shop.release(id).await.expect_problem(409, "reservation_committed");
    assert_eq!(shop.reserve(id, &[("A", 2)]).await.expect(200)["status"], "committed");
    let ledger: Vec<(i64, String, String, Option<Uuid>)> =
        sqlx::query_as("SELECT quantity, cause, actor, reservation_id FROM inventory_movements ORDER BY id")
            .fetch_all(shop.db.pool())
            .await
            .unwrap();
    let expected = [
        (5, "load".to_owned(), "system".to_owned(), None),
        (-2, "commit".to_owned(), "service:order".to_owned(), Some(id)),
    ];
    assert_eq!(ledger, expected);
    shop.invariants().await;
}

#[tokio::test]
async fn a_release_gives_back_once() {
    let shop = Shop::with_stock(&[5]).await;
    let (id, other) = (shop.id(), shop.id());
    let _ = shop.reserve(id, &[("A", 2)]).await.expect(201);
    let _ = shop.reserve(other, &[("A", 3)]).await.expect(201);
    for _ in 0..3 {
        assert_eq!(shop.release(id).await.expect(200)["status"], "released");
    }
    assert_eq!(shop.stock("A").await, (5, 3));
    assert_eq!(shop.reserve(id, &[("A", 2)]).await.expect(200)["status"], "released");
    shop.invariants().await;
}

#[tokio::test]
async fn what_nobody_claims_in_time_goes_back() {
    let shop = Shop::with_stock(&[5]).await;
    let id = shop.id();
    let _ = shop.reserve(id, &[("A", 5)]).await.expect(201);
    shop.clock.advance(1799);
    assert_eq!(shop.expire().await, 0);
    shop.clock.advance(1);
    assert_eq!(shop.expire().await, 1);
    assert_eq!(shop.expire().await, 0);
    assert_eq!(shop.stock("A").await, (5, 0));
    assert_eq!(shop.release(id).await.expect(200)["status"], "expired");
    shop.invariants().await;
}

#[tokio::test]
async fn a_commit_takes_stock_that_went_back_again_if_all_of_it_is_there() {
    let shop = Shop::with_stock(&[5, 5]).await;
    let (late, released, too_late) = (shop.id(), shop.id(), shop.id());
    let _ = shop.reserve(late, &[("A", 2)]).await.expect(201);
    let _ = shop.reserve(too_late, &[("A", 2), ("B", 1)]).await.expect(201);
    let _ = shop.reserve(released, &[("B", 1)]).await.expect(201);
    let _ = shop.release(released).await.expect(200);
    shop.clock.advance(1800);
    assert_eq!(shop.expire().await, 2);
    let _ = shop.reserve(shop.id(), &[("A", 2)]).await.expect(201);

    assert_eq!(shop.commit(late).await.expect(200)["status"], "committed");
    assert_eq!(shop.commit(released).await.expect(200)["status"], "committed");
    assert_eq!((shop.stock("A").await, shop.stock("B").await), ((3, 2), (4, 0)));
    for _ in 0..2 {
        let problem = shop.commit(too_late).await.expect_problem(409, "insufficient_stock");
        assert_eq!(problem["lines"], json!([{ "sku": "A", "requested": 2, "available": 1 }]));
    }
    assert_eq!(shop.stock("B").await, (4, 0));
    shop.invariants().await;
}

#[tokio::test]
async fn a_held_reservation_is_committed_after_its_time_while_nobody_swept_it() {
    let shop = Shop::with_stock(&[1]).await;
    let id = shop.id();
    let _ = shop.reserve(id, &[("A", 1)]).await.expect(201);
    shop.clock.advance(3600);
    assert_eq!(shop.commit(id).await.expect(200)["status"], "committed");
    assert_eq!(shop.expire().await, 0);
    assert_eq!(shop.stock("A").await, (0, 0));
    shop.invariants().await;
}

#[tokio::test]
async fn unknown_reservations_are_not_found() {
    let shop = Shop::open().await;
    shop.commit(shop.id()).await.expect_problem(404, "not_found");
    shop.release(shop.id()).await.expect_problem(404, "not_found");
    let path = "/internal/reservations/x/commit";
    shop.internal(path, &json!({})).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_reservation_that_makes_no_sense_is_refused_with_every_reason() {
    let shop = Shop::open().await;
    let mut body = reservation(shop.id(), &[("A", 0), ("B", 1), ("B", 1), ("\u{0}", 1)]);
    body["expires_in"] = json!(0);
    let problem =
        shop.internal("/internal/reservations", &body).await.expect_problem(422, "validation_failed");
    let pointers: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(pointers, ["/expires_in", "/lines/0/quantity", "/lines/2/sku", "/lines/3/sku"]);
    let none = reservation(shop.id(), &[]);
    shop.internal("/internal/reservations", &none).await.expect_problem(422, "validation_failed");
}

#[tokio::test]
async fn internal_routes_are_for_services_with_the_right_scope() {
    let shop = Shop::with_stock(&[5]).await;
    let body = json!({ "skus": ["A"] });
    let call = || shop.app.post("/internal/quotes").json(&body);
    call().send().await.expect_problem(403, "forbidden");
    call().as_user(UserId(shop.id())).send().await.expect_problem(403, "forbidden");
    call().as_service("order", "reservations").send().await.expect_problem(403, "forbidden");
    call().without_identity().send().await.expect_problem(401, "unauthenticated");
    let _ = call().as_service("order", "quotes").send().await.expect(200);
}
