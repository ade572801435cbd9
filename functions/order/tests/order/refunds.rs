//! `/orders/{id}/refunds`: in parts, repeatedly, and never more than was captured.

use std::collections::HashSet;

use cartwright_types::{RefundId, Role, new_uuid};
use order::clients::payments::RefundStatus;
use serde_json::{Value, json};

use crate::trade::{Trade, axes, eur, id, key, payment};

fn refund_id(refund: &Value) -> RefundId {
    refund["id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn money_goes_back_in_parts_until_nothing_is_left() {
    let trade = Trade::open().await;
    let order = trade.order("tok_success", &[("CUP", 2)]).await;
    let first = trade.refund(&order, &json!({ "amount": eur(870), "reason": "A scratch" })).await.expect(201);
    assert_eq!(
        (&first["amount"], &first["status"], &first["reason"]),
        (&eur(870), &json!("succeeded"), &json!("A scratch"))
    );
    assert_eq!((&first["lines"], &first["restock"]), (&json!([]), &json!(false)));
    let partly = trade.show(&order).await;
    assert_eq!((axes(&partly).1, &partly["payment"]["refunded"]), ("partially_refunded", &eur(870)));
    let problem = trade.refund(&order, &json!({ "amount": eur(2001), "reason": "x" })).await;
    assert_eq!(problem.expect_problem(409, "refund_exceeds_captured")["refundable"], eur(2000));
    // Ids sort by their millisecond.
    trade.shop.clock.advance(1);
    let rest = trade.refund(&order, &json!({ "reason": "All of it" })).await.expect(201);
    assert_eq!(rest["amount"], eur(2000));
    assert_eq!(axes(&trade.show(&order).await), ("paid", "refunded", "unfulfilled"));
    let nothing = trade.refund(&order, &json!({ "reason": "More" })).await;
    assert_eq!(nothing.expect_problem(409, "refund_exceeds_captured")["refundable"], eur(0));
    assert_eq!(trade.bank.kept(payment(&order)), 0);

    let path = format!("/orders/{}/refunds", id(&order));
    let page = trade.get(&format!("{path}?limit=1")).await;
    assert_eq!((page["data"].as_array().unwrap().len(), &page["data"][0]), (1, &rest));
    let next = trade.get(&format!("{path}?limit=1&cursor={}", page["next_cursor"].as_str().unwrap())).await;
    assert_eq!((&next["data"][0], &next["next_cursor"]), (&first, &Value::Null));
    let told = trade.history(&order).await;
    assert_eq!(told, ["order.placed", "order.paid", "order.refunded", "order.refunded"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_at_once_never_give_back_more_than_was_captured() {
    let trade = Trade::open().await;
    // 119.00 and 4.90 for shipping.
    let order = trade.order("tok_success", &[("CUP", 10)]).await;
    let body = json!({ "amount": eur(370), "reason": "All want some" });
    let answers = futures::future::join_all((0..100).map(|_| trade.refund(&order, &body))).await;
    let given = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(given, 12390 / 370);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!(refused.expect_problem(409, "refund_exceeds_captured")["refundable"], eur(12390 % 370));
    }
    assert_eq!(trade.bank.kept(payment(&order)), 12390 % 370);
    assert_eq!(trade.show(&order).await["payment"]["refunded"], eur(12390 - 12390 % 370));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_key_is_one_refund_however_often_it_comes() {
    let trade = Trade::open().await;
    let order = trade.order("tok_success", &[("CUP", 10)]).await;
    let (key, body) = (key(), json!({ "amount": eur(100), "reason": "Once" }));
    let answers = futures::future::join_all((0..10).map(|_| trade.refund_with(&key, &order, &body))).await;
    let ids: HashSet<String> = answers
        .iter()
        .filter(|answer| answer.status == 201)
        .map(|answer| answer.json()["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 1);
    let in_flight = answers.iter().filter(|answer| answer.status != 201);
    assert!(in_flight.into_iter().all(|answer| answer.json()["code"] == "idempotency_in_flight"));
    let replayed = trade.refund_with(&key, &order, &body).await;
    assert_eq!((replayed.status.as_u16(), replayed.header("idempotency-replayed")), (201, Some("true")));
    let other = json!({ "amount": eur(101), "reason": "Once" });
    trade.refund_with(&key, &order, &other).await.expect_problem(422, "idempotency_key_reused");
    assert_eq!(trade.bank.kept(payment(&order)), 12390 - 100);
}

#[tokio::test]
async fn pieces_of_a_line_are_worth_what_was_paid_for_them_to_the_last_cent() {
    let trade = Trade::open().await;
    // On top of the price, so that three plates cost 9.99 and 0.70 tax.
    sqlx::query("INSERT INTO tax_rates (country, tax_class, rate_bps, inclusive) VALUES ('DE', 'standard', 700, false)")
        .execute(trade.shop.db.pool())
        .await
        .unwrap();
    let order = trade.order("tok_success", &[("PLATE", 3), ("CUP", 1)]).await;
    let plates = |quantity: i64| json!({ "lines": [{ "line_id": order["lines"][0]["id"], "quantity": quantity }], "reason": "Broken" });
    let amount = |refund: Value| refund["amount"]["amount"].as_i64().unwrap();
    let first = amount(trade.refund(&order, &plates(1)).await.expect(201));
    let beyond = trade.refund(&order, &plates(3)).await.expect_problem(409, "refund_exceeds_captured");
    assert_eq!(beyond["lines"], json!([{ "line_id": order["lines"][0]["id"], "refundable": 2 }]));
    let rest = amount(trade.refund(&order, &plates(2)).await.expect(201));
    assert_eq!((first, first + rest), (356, 1069));
    let none = trade.refund(&order, &plates(1)).await.expect_problem(409, "refund_exceeds_captured");
    assert_eq!(none["lines"][0]["refundable"], 0);
}

#[tokio::test]
async fn goods_go_back_on_the_shelf_once_the_money_is_back() {
    let trade = Trade::open().await;
    let order = trade.order("tok_success", &[("CUP", 3)]).await;
    trade.deliver().await;
    assert_eq!(trade.warehouse.left("CUP"), 997);
    trade.bank.refunds_are(RefundStatus::Pending);
    let body = json!({ "lines": [{ "line_id": order["lines"][0]["id"], "quantity": 2 }], "reason": "Too many", "restock": true });
    let refund = trade.refund(&order, &body).await.expect(201);
    assert_eq!((&refund["status"], &refund["amount"]), (&json!("pending"), &eur(2380)));
    trade.deliver().await;
    assert_eq!((trade.warehouse.left("CUP"), axes(&trade.show(&order).await).1), (997, "captured"));
    // It counts until it fails.
    let problem = trade.refund(&order, &json!({ "amount": eur(1681), "reason": "x" })).await;
    assert_eq!(problem.expect_problem(409, "refund_exceeds_captured")["refundable"], eur(1680));
    trade.bank.decide(refund_id(&refund), RefundStatus::Done);
    for _ in 0..2 {
        trade.reconcile().await;
        trade.deliver().await;
    }
    assert_eq!((trade.warehouse.left("CUP"), axes(&trade.show(&order).await).1), (999, "partially_refunded"));
    let events = trade.get(&format!("/orders/{}/events", id(&order))).await;
    let told = &events["data"][2];
    assert_eq!((&told["type"], &told["data"]["lines"][0]["sku"]), (&json!("order.refunded"), &json!("CUP")));
    assert_eq!(
        (&told["data"]["restock"], &told["actor"]),
        (&json!(true), &json!(format!("user:{}", trade.staff)))
    );
}

#[tokio::test]
async fn a_refund_that_fails_frees_its_amount_and_its_pieces_and_is_listed_until_it_is_made_up_for() {
    let trade = Trade::open().await;
    let order = trade.order("tok_success", &[("CUP", 1)]).await;
    trade.bank.refunds_are(RefundStatus::Failed);
    let body = json!({ "lines": [{ "line_id": order["lines"][0]["id"], "quantity": 1 }], "reason": "Broken", "restock": true });
    assert_eq!(trade.refund(&order, &body).await.expect(201)["status"], "failed");
    assert_eq!(axes(&trade.show(&order).await).1, "captured");
    let listed = || async { trade.discrepancies().await };
    assert_eq!(listed().await, [("refund_failed".to_owned(), order["payment"]["id"].clone())]);
    trade.reconcile().await;
    assert_eq!(listed().await.len(), 1);
    trade.bank.refunds_are(RefundStatus::Done);
    assert_eq!(trade.refund(&order, &body).await.expect(201)["status"], "succeeded");
    trade.reconcile().await;
    assert_eq!(listed().await, []);
    trade.deliver().await;
    assert_eq!(trade.warehouse.left("CUP"), 1000);
}

#[tokio::test]
async fn goods_of_a_cancelled_order_went_back_with_it_and_do_not_once_more() {
    let trade = Trade::open().await;
    let order = trade.order("tok_success", &[("CUP", 1)]).await;
    trade.bank.refunds_are(RefundStatus::Failed);
    let _ = trade.cancel(&order).await.expect(200);
    let lines = json!([{ "line_id": order["lines"][0]["id"], "quantity": 1 }]);
    let body = json!({ "lines": lines, "reason": "x", "restock": true });
    trade.refund(&order, &body).await.expect_problem(409, "nothing_to_restock");
    trade.bank.refunds_are(RefundStatus::Done);
    let _ = trade.refund(&order, &json!({ "lines": lines, "reason": "x" })).await.expect(201);
}

#[tokio::test]
async fn a_lost_answer_leaves_it_pending_and_the_reconciler_finds_it_done_once() {
    let trade = Trade::open().await;
    let order = trade.order("tok_success", &[("CUP", 1)]).await;
    trade.bank.lose_answers(true);
    let refund = trade.refund(&order, &json!({ "amount": eur(500), "reason": "x" })).await.expect(201);
    assert_eq!(refund["status"], "pending");
    trade.bank.lose_answers(false);
    for _ in 0..3 {
        trade.reconcile().await;
    }
    assert_eq!(trade.bank.kept(payment(&order)), 1680 - 500);
    assert_eq!(trade.get(&format!("/orders/{}/refunds", id(&order))).await["data"][0]["status"], "succeeded");
    assert_eq!(trade.history(&order).await.iter().filter(|told| *told == "order.refunded").count(), 1);
}

#[tokio::test]
async fn it_is_for_staff_and_fits_the_order() {
    let trade = Trade::open().await;
    let order = trade.order("tok_success", &[("CUP", 2)]).await;
    let unpaid = trade.order("tok_action_required", &[("CUP", 1)]).await;
    let path = format!("/orders/{}/refunds", id(&order));
    let body = json!({ "reason": "x" });
    let post = |path: &str| trade.shop.app.post(path).json(&body);
    post(&path).send().await.expect_problem(401, "unauthenticated");
    post(&path).as_user(trade.ada).send().await.expect_problem(403, "forbidden");
    trade.shop.app.get(&path).as_user(trade.ada).send().await.expect_problem(403, "forbidden");
    let nowhere = format!("/orders/{}/refunds", new_uuid(&*trade.shop.clock));
    post(&nowhere).as_role(trade.staff, Role::Staff).send().await.expect_problem(404, "not_found");
    post(&path)
        .as_role(trade.staff, Role::Staff)
        .send()
        .await
        .expect_problem(400, "idempotency_key_required");
    let line = order["lines"][0]["id"].clone();
    let wrong = [
        (json!({}), "/reason", "required"),
        (json!({ "reason": "" }), "/reason", "too_short"),
        (json!({ "reason": "x", "amount": eur(0) }), "/amount", "out_of_range"),
        (json!({ "reason": "x", "amount": eur(-1) }), "/amount", "out_of_range"),
        (
            json!({ "reason": "x", "amount": { "amount": 1, "currency": "USD" } }),
            "/amount/currency",
            "wrong_currency",
        ),
        (json!({ "reason": "x", "restock": true }), "/restock", "not_alone"),
        (json!({ "reason": "x", "lines": [] }), "/lines", "too_short"),
        (
            json!({ "reason": "x", "lines": [{ "line_id": line, "quantity": 0 }] }),
            "/lines/0/quantity",
            "out_of_range",
        ),
        (
            json!({ "reason": "x", "lines": [{ "line_id": line, "quantity": 3 }] }),
            "/lines/0/quantity",
            "out_of_range",
        ),
        (
            json!({ "reason": "x", "lines": [{ "line_id": unpaid["lines"][0]["id"], "quantity": 1 }] }),
            "/lines/0/line_id",
            "unknown_line",
        ),
        (
            json!({ "reason": "x", "lines": [{ "line_id": line, "quantity": 1 }, { "line_id": line, "quantity": 1 }] }),
            "/lines",
            "repeated",
        ),
        (json!({ "reason": "x", "status": "succeeded" }), "/status", "unknown_field"),
    ];
    for (body, pointer, code) in wrong {
        let problem = trade.refund(&order, &body).await.expect_problem(422, "validation_failed");
        let error = &problem["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!(pointer), &json!(code)), "{body}");
    }
    let problem = trade.refund(&unpaid, &json!({ "reason": "x" })).await;
    assert_eq!(problem.expect_problem(409, "refund_exceeds_captured")["refundable"], eur(0));
    let cancelled = trade.order("tok_success", &[("CUP", 2)]).await;
    trade.bank.be_away(true);
    let _ = trade.cancel(&cancelled).await.expect(200);
    let body = json!({ "reason": "x", "restock": true, "lines": [{ "line_id": cancelled["lines"][0]["id"], "quantity": 1 }] });
    trade.refund(&cancelled, &body).await.expect_problem(409, "refund_exceeds_captured");
}

#[tokio::test]
async fn the_database_itself_keeps_refunds_within_what_was_captured() {
    let trade = Trade::open().await;
    let order = trade.order("tok_success", &[("CUP", 1)]).await;
    let _ = trade.refund(&order, &json!({ "amount": eur(1000), "reason": "x" })).await.expect(201);
    let pool = trade.shop.db.pool();
    let insert = "INSERT INTO refunds (id, payment_id, amount, status, reason, lines, created_at)
                  VALUES (gen_random_uuid(), $1, $2, $3, 'mutant', $4, now())";
    let insert = async |amount: i64, status: &str, lines: Option<Value>| {
        let query = sqlx::query(insert).bind(payment(&order).uuid()).bind(amount).bind(status).bind(lines);
        query.execute(pool).await.map(drop)
    };
    for status in ["requested", "pending", "done"] {
        let error = insert(681, status, None).await.unwrap_err();
        // The older constraint has the word about money that is back.
        let constraint = if status == "done" { "payments_check1" } else { "payments_never_over_refunded" };
        assert!(cartwright_database::violates(&error, constraint), "{error}");
    }
    // Sums that somebody falsifies are made right again.
    sqlx::query("UPDATE payments SET refund_reserved = 0, refunded = 0, status = 'captured'")
        .execute(pool)
        .await
        .unwrap();
    assert!(insert(681, "requested", None).await.is_err());
    let error = sqlx::query("UPDATE refunds SET amount = 1681").execute(pool).await.unwrap_err();
    assert!(cartwright_database::violates(&error, "payments_check1"), "{error}");
    let lines = json!([{ "line_id": order["lines"][0]["id"], "quantity": 2 }]);
    let error = insert(1, "requested", Some(lines)).await.unwrap_err();
    assert!(cartwright_database::violates(&error, "order_lines_never_over_refunded"), "{error}");
    insert(681, "failed", None).await.unwrap();
    insert(680, "done", None).await.unwrap();
    assert_eq!(axes(&trade.show(&order).await).1, "refunded");
}

#[tokio::test]
async fn an_export_of_the_buyer_has_refunds_and_parcels() {
    let trade = Trade::open().await;
    let order = trade.order("tok_success", &[("CUP", 1)]).await;
    let _ = trade.refund(&order, &json!({ "amount": eur(100), "reason": "A scratch" })).await.expect(201);
    let tracking = json!({ "carrier": "DHL", "tracking_number": "4711" });
    for body in [json!({ "status": "processing" }), json!({ "status": "shipped", "tracking": tracking })] {
        let _ = trade.set_status(&order, &body).await.expect(200);
    }
    let path = format!("/internal/users/{}/export", trade.ada);
    let export = trade.shop.app.get(&path).as_service("user", "export").send().await.expect(200);
    let order = &export["orders"][0];
    assert_eq!(
        (&order["refunds"][0]["amount"], &order["refunds"][0]["reason"]),
        (&eur(100), &json!("A scratch"))
    );
    assert_eq!(
        (&order["shipments"][0]["carrier"], &order["shipments"][0]["tracking_number"]),
        (&json!("DHL"), &json!("4711"))
    );
}
