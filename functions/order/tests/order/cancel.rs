//! `POST /orders/{id}/cancel`, and expiry beside it: no money without an order, no order without its stock.

use std::time::Duration;

use cartwright_contracts::stock::ReservationStatus;
use cartwright_types::Role;
use order::clients::payments::ProviderStatus;
use order::usecases::expire_orders;
use serde_json::json;

use crate::trade::{Trade, axes, eur, id, key, payment};

#[tokio::test]
async fn an_unpaid_order_is_cancelled_its_payment_voided_and_its_stock_given_back() {
    let trade = Trade::open().await;
    let order = trade.order("tok_action_required", &[("CUP", 3)]).await;
    assert_eq!(trade.warehouse.left("CUP"), 997);
    let cancelled = trade.cancel(&order).await.expect(200);
    assert_eq!(axes(&cancelled), ("cancelled", "voided", "unfulfilled"));
    assert_eq!(trade.bank.status(payment(&order)), Some(ProviderStatus::Cancelled));
    trade.deliver().await;
    assert_eq!(
        (trade.warehouse.left("CUP"), trade.warehouse.reservation(id(&order))),
        (1000, Some(ReservationStatus::Released))
    );
    // Who approves now is too late.
    trade.bank.approve(payment(&order));
    trade.reconcile().await;
    assert_eq!((trade.bank.kept(payment(&order)), axes(&trade.show(&order).await).0), (0, "cancelled"));
    assert_eq!(trade.history(&order).await, ["order.placed", "order.cancelled"]);
}

#[tokio::test]
async fn a_paid_order_is_refunded_in_full_and_a_second_cancellation_changes_nothing() {
    let trade = Trade::open().await;
    let order = trade.order("tok_success", &[("CUP", 2)]).await;
    assert_eq!(axes(&order), ("paid", "captured", "unfulfilled"));
    let first = trade.cancel(&order).await.expect(200);
    assert_eq!(axes(&first), ("cancelled", "refunded", "unfulfilled"));
    assert_eq!(first["payment"]["refunded"], eur(2870));
    let second = trade.cancel(&order).await.expect(200);
    assert_eq!((axes(&second), &second["version"]), (axes(&first), &first["version"]));
    assert_eq!(trade.bank.kept(payment(&order)), 0);
    let told = trade.history(&order).await;
    assert_eq!(told, ["order.placed", "order.paid", "order.cancelled", "order.refunded"]);
    let events = trade.get(&format!("/orders/{}/events", id(&order))).await;
    assert_eq!(
        (&events["data"][2]["data"]["refund"], &events["data"][2]["data"]["reason"]),
        (&eur(2870), &json!("buyer"))
    );
    trade.deliver().await;
    assert_eq!(trade.warehouse.left("CUP"), 1000);
}

#[tokio::test]
async fn what_was_refunded_before_is_not_refunded_again() {
    let trade = Trade::open().await;
    let order = trade.order("tok_success", &[("CUP", 2)]).await;
    let _ = trade.refund(&order, &json!({ "amount": eur(1000), "reason": "Late" })).await.expect(201);
    // Ids sort by their millisecond.
    trade.shop.clock.advance(1);
    let cancelled = trade.cancel(&order).await.expect(200);
    assert_eq!(axes(&cancelled).1, "refunded");
    let refunds = trade.get(&format!("/orders/{}/refunds", id(&order))).await;
    let amounts: Vec<i64> = refunds["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["amount"]["amount"].as_i64().unwrap())
        .collect();
    assert_eq!((amounts, trade.bank.kept(payment(&order))), (vec![1870, 1000], 0));
}

#[tokio::test]
async fn a_buyer_may_until_it_is_packed_staff_until_it_is_shipped_and_others_never() {
    let trade = Trade::open().await;
    let order = trade.order("tok_success", &[("CUP", 1)]).await;
    let path = format!("/orders/{}/cancel", id(&order));
    let post = || trade.shop.app.post(&path);
    // Without the token that a guest's order has.
    post().send().await.expect_problem(404, "not_found");
    post().as_user(trade.shop.person()).send().await.expect_problem(404, "not_found");
    post()
        .as_user(trade.ada)
        .header("if-match", "\"999\"")
        .send()
        .await
        .expect_problem(412, "precondition_failed");
    post().as_user(trade.ada).json(&json!({ "x": 1 })).send().await.expect_problem(422, "validation_failed");
    let _ = trade.set_status(&order, &json!({ "status": "processing" })).await.expect(200);
    let refused = trade.cancel(&order).await.expect_problem(409, "invalid_transition");
    assert_eq!((&refused["allowed"], &refused["order_status"]), (&json!([]), &json!("processing")));
    let tag = trade.shop.app.get(&format!("/orders/{}", id(&order))).as_user(trade.ada).send().await;
    let (tag, key) = (tag.header("etag").unwrap().to_owned(), key());
    let cancel = || {
        let call = post().as_role(trade.staff, Role::Staff).header("if-match", &tag);
        call.header("idempotency-key", &key)
    };
    let first = cancel().send().await;
    assert_eq!(axes(&first.expect(200)).0, "cancelled");
    let replayed = cancel().send().await;
    assert_eq!((replayed.expect(200), replayed.header("idempotency-replayed")), (first.json(), Some("true")));
    let events = trade.get(&format!("/orders/{}/events", id(&order))).await;
    assert_eq!(events["data"][3]["data"]["reason"], "staff");

    let shipped = trade.order("tok_success", &[("CUP", 1)]).await;
    for status in ["processing", "shipped"] {
        let _ = trade.set_status(&shipped, &json!({ "status": status })).await.expect(200);
    }
    let call =
        trade.shop.app.post(&format!("/orders/{}/cancel", id(&shipped))).as_role(trade.staff, Role::Staff);
    let refused = call.send().await.expect_problem(409, "invalid_transition");
    assert_eq!(refused["allowed"], json!(["delivered"]));
}

#[tokio::test]
async fn a_cancellation_that_the_provider_does_not_hear_is_finished_by_the_reconciler() {
    let trade = Trade::open().await;
    let (open, paid) = (
        trade.order("tok_action_required", &[("CUP", 1)]).await,
        trade.order("tok_success", &[("CUP", 1)]).await,
    );
    trade.bank.be_away(true);
    assert_eq!(axes(&trade.cancel(&open).await.expect(200)), ("cancelled", "requires_action", "unfulfilled"));
    assert_eq!(axes(&trade.cancel(&paid).await.expect(200)), ("cancelled", "captured", "unfulfilled"));
    trade.reconcile().await;
    trade.bank.be_away(false);
    // Approved before we could say no: the money comes and goes back.
    trade.bank.approve(payment(&open));
    trade.reconcile().await;
    trade.reconcile().await;
    for order in [&open, &paid] {
        assert_eq!(axes(&trade.show(order).await), ("cancelled", "refunded", "unfulfilled"));
        assert_eq!(trade.bank.kept(payment(order)), 0);
    }
    assert_eq!(trade.discrepancies().await, []);
}

#[tokio::test]
async fn an_answer_that_is_lost_refunds_once() {
    let trade = Trade::open().await;
    let order = trade.order("tok_success", &[("CUP", 1)]).await;
    trade.bank.lose_answers(true);
    let _ = trade.cancel(&order).await.expect(200);
    trade.reconcile().await;
    trade.bank.lose_answers(false);
    trade.reconcile().await;
    assert_eq!(axes(&trade.show(&order).await).1, "refunded");
    assert_eq!(trade.bank.kept(payment(&order)), 0);
    assert_eq!(trade.history(&order).await.iter().filter(|told| *told == "order.refunded").count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_cancellation_racing_a_capture_ends_paid_or_refunded_a_hundred_times() {
    let trade = Trade::open().await;
    let mut ends = [0, 0];
    let mut orders = Vec::new();
    for run in 0..100_u64 {
        let order = trade.order("tok_action_required", &[("CUP", 1)]).await;
        let capture = async {
            tokio::time::sleep(Duration::from_millis(run % 10)).await;
            trade.bank.approve(payment(&order));
            trade.observe(&order).await;
        };
        let cancel = async {
            tokio::time::sleep(Duration::from_millis(9 - run % 10)).await;
            let answer = trade.cancel(&order).await;
            assert_eq!(answer.status, 200, "{}", answer.json());
        };
        let again = async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            trade.observe(&order).await;
        };
        tokio::join!(capture, cancel, again);
        orders.push(order);
    }
    // Half of them were refunded after they were paid; what is left open comes to its end.
    trade.reconcile().await;
    trade.deliver().await;
    trade.reconcile().await;
    for order in &orders {
        let now = trade.show(order).await;
        let (kept, reservation) = (trade.bank.kept(payment(order)), trade.warehouse.reservation(id(order)));
        match axes(&now) {
            ("cancelled", "refunded" | "voided", _) => {
                assert_eq!((kept, reservation), (0, Some(ReservationStatus::Released)), "{now}");
                let was_captured = now["payment"]["captured"] != eur(0);
                ends[usize::from(was_captured)] += 1;
            }
            // Cancelling a paid order is allowed, so no run ends here; a charge without order would.
            other => panic!("{other:?}: {now}, {kept} kept, reservation {reservation:?}"),
        }
    }
    assert_eq!((trade.warehouse.left("CUP"), ends[0] + ends[1]), (1000, 100));
    assert!(ends[0] > 0 && ends[1] > 0, "both sides won at times: {ends:?}");
    assert_eq!(trade.discrepancies().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_cancellations_at_once_one_tells() {
    let trade = Trade::open().await;
    let order = trade.order("tok_success", &[("CUP", 1)]).await;
    let answers = futures::future::join_all((0..20).map(|_| trade.cancel(&order))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    trade.reconcile().await;
    let told = trade.history(&order).await;
    assert_eq!(told, ["order.placed", "order.paid", "order.cancelled", "order.refunded"]);
    assert_eq!(trade.bank.kept(payment(&order)), 0);
}

#[tokio::test]
async fn an_order_with_money_does_not_expire_and_others_do_even_behind_a_hundred_that_cannot() {
    let trade = Trade::open().await;
    let captured = trade.order("tok_action_required", &[("CUP", 1)]).await;
    trade.bank.approve(payment(&captured));
    let free = trade.order("tok_action_required", &[("CUP", 1)]).await;
    trade.shop.clock.advance(16 * 60);
    expire_orders::sweep(&trade.shop.state).await.unwrap();
    assert_eq!(axes(&trade.show(&captured).await), ("paid", "captured", "unfulfilled"));
    assert_eq!(axes(&trade.show(&free).await), ("expired", "voided", "unfulfilled"));

    // Those whose provider is gone come first, and hold up nobody.
    sqlx::query(
        "INSERT INTO orders SELECT (jsonb_populate_record(o, jsonb_build_object('id', gen_random_uuid(), 'number', 'X-' || n,
             'status', 'pending_payment', 'expires_at', o.expires_at - interval '1 hour'))).*
         FROM orders o, generate_series(1, 120) n WHERE o.id = $1",
    )
    .bind(id(&free).uuid())
    .execute(trade.shop.db.pool())
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO payments (id, order_id, provider, token, status, currency, amount, created_at, updated_at)
         SELECT gen_random_uuid(), id, 'gone', '', 'created', 'EUR', 1, created_at, created_at FROM orders WHERE number LIKE 'X-%'",
    )
    .execute(trade.shop.db.pool())
    .await
    .unwrap();
    let last = trade.order("tok_action_required", &[("CUP", 1)]).await;
    trade.shop.clock.advance(16 * 60);
    expire_orders::sweep(&trade.shop.state).await.unwrap();
    assert_eq!(axes(&trade.show(&last).await).0, "expired");
}

#[tokio::test]
async fn money_that_was_set_aside_at_the_last_moment_is_not_let_go_by_the_sweeper() {
    let trade = Trade::open().await;
    let order = trade.order("tok_action_required", &[("CUP", 1)]).await;
    trade.bank.authorize(payment(&order));
    trade.shop.clock.advance(16 * 60);
    expire_orders::sweep(&trade.shop.state).await.unwrap();
    assert_eq!(trade.bank.status(payment(&order)), Some(ProviderStatus::Authorized));
    assert_eq!(axes(&trade.show(&order).await), ("pending_payment", "authorized", "unfulfilled"));
}
