//! `POST /orders/{id}/status`: along the state machine, and what a parcel is made of.

use cartwright_types::Role;
use order::domain::order::OrderStatus;
use serde_json::{Value, json};

use crate::trade::{Trade, axes, id};

#[tokio::test]
async fn an_order_goes_its_way_and_its_buyer_is_told() {
    let trade = Trade::open().await;
    let order = trade.order("tok_success", &[("CUP", 2), ("PLATE", 1)]).await;
    let tracking = json!({
        "carrier": "DHL", "tracking_number": "00340434161094", "tracking_url": "https://carrier.example/t?id=1&x=2"
    });
    let steps = [
        (json!({ "status": "processing" }), ("processing", "captured", "unfulfilled")),
        (json!({ "status": "shipped", "tracking": tracking }), ("shipped", "captured", "fulfilled")),
        (json!({ "status": "delivered" }), ("delivered", "captured", "fulfilled")),
    ];
    for (body, expected) in steps {
        let answer = trade.set_status(&order, &body).await;
        let moved = answer.expect(200);
        assert_eq!(axes(&moved), expected);
        assert_eq!(answer.header("etag"), Some(format!("\"{}\"", moved["version"]).as_str()));
        // The same again is no step.
        let same = trade.set_status(&order, &body).await.expect(200);
        assert_eq!(same["version"], moved["version"]);
    }
    let events = trade.get(&format!("/orders/{}/events", id(&order))).await;
    let changes: Vec<&Value> = events["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["type"] == "order.status_changed")
        .map(|event| &event["data"])
        .collect();
    let words: Vec<&str> = changes.iter().map(|data| data["status"].as_str().unwrap()).collect();
    assert_eq!(words, ["processing", "shipped", "delivered"]);
    assert_eq!((&changes[1]["tracking"], &changes[2]["tracking"]), (&tracking, &Value::Null));
    let parcels: Vec<(String, i64)> = sqlx::query_as(
        "SELECT s.carrier, sum(l.quantity) FROM shipments s JOIN shipment_lines l ON l.shipment_id = s.id GROUP BY s.id",
    )
    .fetch_all(trade.shop.db.pool())
    .await
    .unwrap();
    assert_eq!(parcels, [("DHL".to_owned(), 3)]);
}

#[tokio::test]
async fn what_does_not_follow_is_refused_with_what_would() {
    let trade = Trade::open().await;
    let open = trade.order("tok_action_required", &[("CUP", 1)]).await;
    let paid = trade.order("tok_success", &[("CUP", 1)]).await;
    let cancelled = trade.order("tok_success", &[("CUP", 1)]).await;
    let by_staff = trade.set_status(&cancelled, &json!({ "status": "cancelled" })).await.expect(200);
    assert_eq!(axes(&by_staff), ("cancelled", "refunded", "unfulfilled"));
    let table = [
        (&open, json!(["cancelled"]), &["paid", "expired", "processing", "shipped", "delivered"][..]),
        (&paid, json!(["processing", "cancelled"]), &["pending_payment", "expired", "shipped", "delivered"]),
        (&cancelled, json!([]), &["pending_payment", "paid", "expired", "processing", "shipped"]),
    ];
    for (order, allowed, refused) in table {
        for status in refused {
            let problem = trade
                .set_status(order, &json!({ "status": status }))
                .await
                .expect_problem(409, "invalid_transition");
            assert_eq!(problem["allowed"], allowed, "{status}");
            assert_eq!(problem["status"], 409);
        }
    }
    assert_eq!(axes(&trade.set_status(&paid, &json!({ "status": "paid" })).await.expect(200)).0, "paid");
}

#[tokio::test]
async fn it_is_for_staff_who_have_seen_the_order_and_write_sense() {
    let trade = Trade::open().await;
    let order = trade.order("tok_success", &[("CUP", 1)]).await;
    let path = format!("/orders/{}/status", id(&order));
    let body = json!({ "status": "processing" });
    let post = |body: &Value| trade.shop.app.post(&path).json(body);
    post(&body).send().await.expect_problem(401, "unauthenticated");
    post(&body).as_user(trade.ada).send().await.expect_problem(403, "forbidden");
    let elsewhere = trade.shop.app.post(&format!("/orders/{}/status", trade.ada)).json(&json!({}));
    elsewhere.as_role(trade.staff, Role::Staff).send().await.expect_problem(404, "not_found");
    let staff = |body: &Value| post(body).as_role(trade.staff, Role::Staff);
    let version = order["version"].as_i64().unwrap();
    let stale = format!("\"{}\"", version + 7);
    // Existence before preconditions, those before the body.
    staff(&json!({})).header("if-match", &stale).send().await.expect_problem(412, "precondition_failed");
    let wrong = [
        (json!({}), "/status"),
        (json!({ "status": "lost" }), "/status"),
        (json!({ "status": "processing", "tracking": { "carrier": "DHL" } }), "/tracking"),
        (json!({ "status": "shipped", "tracking": {} }), "/tracking/carrier"),
        (
            json!({ "status": "shipped", "tracking": { "carrier": "X", "tracking_url": "http://x.example" } }),
            "/tracking/tracking_url",
        ),
        (
            json!({ "status": "shipped", "tracking": { "carrier": "X", "tracking_url": "javascript:alert(1)" } }),
            "/tracking/tracking_url",
        ),
        (
            json!({ "status": "shipped", "tracking": { "carrier": "X", "tracking_url": "https://user@x.example" } }),
            "/tracking/tracking_url",
        ),
        (json!({ "status": "processing", "force": true }), "/force"),
    ];
    for (body, pointer) in wrong {
        let problem = staff(&body).send().await.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let current = trade.show(&order).await["version"].as_i64().unwrap();
    let moved = staff(&body).header("if-match", &format!("\"{current}\"")).send().await.expect(200);
    assert_eq!(axes(&moved).0, "processing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_move_it_at_once_one_tells_and_one_parcel_is_made() {
    let trade = Trade::open().await;
    let order = trade.order("tok_success", &[("CUP", 5)]).await;
    for status in ["processing", "shipped"] {
        let body = json!({ "status": status });
        let answers = futures::future::join_all((0..12).map(|_| trade.set_status(&order, &body))).await;
        assert!(answers.iter().all(|answer| answer.status == 200));
    }
    assert_eq!(trade.history(&order).await.iter().filter(|told| *told == "order.status_changed").count(), 2);
    let parcels: i64 =
        sqlx::query_scalar("SELECT count(*) FROM shipments").fetch_one(trade.shop.db.pool()).await.unwrap();
    assert_eq!(parcels, 1);
}

#[tokio::test]
async fn the_database_ships_no_more_than_was_ordered() {
    let trade = Trade::open().await;
    let order = trade.order("tok_success", &[("CUP", 2)]).await;
    for status in ["processing", "shipped"] {
        let _ = trade.set_status(&order, &json!({ "status": status })).await.expect(200);
    }
    let error = sqlx::query("UPDATE shipment_lines SET quantity = 3")
        .execute(trade.shop.db.pool())
        .await
        .unwrap_err();
    assert!(cartwright_database::violates(&error, "order_lines_never_over_shipped"), "{error}");
}

#[tokio::test]
async fn what_comes_back_shows_in_how_far_an_order_is() {
    let trade = Trade::open().await;
    let order = trade.order("tok_success", &[("CUP", 2), ("PLATE", 1)]).await;
    let line =
        |at: usize, quantity: i64| json!([{ "line_id": order["lines"][at]["id"], "quantity": quantity }]);
    let back = async |lines: Value| {
        let body = json!({ "lines": lines, "reason": "Back", "restock": true });
        let _ = trade.refund(&order, &body).await.expect(201);
        axes(&trade.show(&order).await).2.to_owned()
    };
    // One cup is not sent at all.
    assert_eq!(back(line(0, 1)).await, "unfulfilled");
    for status in ["processing", "shipped"] {
        let _ = trade.set_status(&order, &json!({ "status": status })).await.expect(200);
    }
    let sent: i64 = sqlx::query_scalar("SELECT sum(quantity) FROM shipment_lines")
        .fetch_one(trade.shop.db.pool())
        .await
        .unwrap();
    assert_eq!((sent, axes(&trade.show(&order).await).2), (2, "fulfilled"));
    assert_eq!(back(line(0, 1)).await, "fulfilled");
    assert_eq!(back(line(1, 1)).await, "returned");
}

#[tokio::test]
async fn a_parcels_number_goes_with_the_address() {
    let trade = Trade::open().await;
    let order = trade.order("tok_success", &[("CUP", 1)]).await;
    order::usecases::issue_invoice::issue(&trade.shop.state, id(&order)).await.unwrap();
    let _ = trade.set_status(&order, &json!({ "status": "processing" })).await.expect(200);
    let body = json!({ "status": "shipped", "tracking": { "carrier": "DHL", "tracking_number": "4711" } });
    let _ = trade.set_status(&order, &body).await.expect(200);
    trade.shop.set_status(id(&order), OrderStatus::Delivered).await;
    trade.shop.handle(&trade.shop.close_account(trade.ada)).await.unwrap();
    assert!(trade.shop.find(id(&order)).await.note.is_none());
    let left: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM shipments WHERE tracking_number IS NOT NULL OR tracking_url IS NOT NULL)
              + (SELECT count(*) FROM order_events WHERE data::text LIKE '%4711%')",
    )
    .fetch_one(trade.shop.db.pool())
    .await
    .unwrap();
    assert_eq!(left, 0);
}
