//! What the reconciler lists, and `GET /payments/discrepancies`.

use cartwright_types::Role;
use order::domain::order::OrderStatus;
use serde_json::{Value, json};

use crate::trade::{Trade, axes, id, payment};

async fn run(trade: &Trade, statement: &'static str, order: &Value) {
    sqlx::query(statement).bind(payment(order).uuid()).execute(trade.shop.db.pool()).await.unwrap();
}

fn kinds(found: Vec<(String, Value)>) -> Vec<String> {
    let mut kinds: Vec<String> = found.into_iter().map(|(kind, _)| kind).collect();
    kinds.sort();
    kinds
}

#[tokio::test]
async fn what_cannot_be_mended_is_listed_until_it_is_right() {
    let trade = Trade::open().await;
    let unknown = trade.order("tok_action_required", &[("CUP", 1)]).await;
    let disputed = trade.order("tok_success", &[("CUP", 1)]).await;
    let waiting = trade.order("tok_success", &[("CUP", 1)]).await;
    trade.shop.set_status(id(&waiting), OrderStatus::PendingPayment).await;
    run(&trade, "UPDATE payments SET status = 'unknown' WHERE id = $1", &unknown).await;
    run(&trade, "UPDATE payments SET disputed = 100 WHERE id = $1", &disputed).await;
    trade.bank.be_away(true);
    trade.reconcile().await;
    // The others have a few minutes.
    assert_eq!(kinds(trade.discrepancies().await), ["disputed"]);
    trade.shop.clock.advance(300);
    for _ in 0..2 {
        trade.reconcile().await;
    }
    assert_eq!(
        kinds(trade.discrepancies().await),
        ["captured_without_order_paid", "disputed", "unknown_outcome"]
    );
    let page = trade.get("/payments/discrepancies?limit=2").await;
    let row = &page["data"][0];
    for member in ["id", "payment_id", "order_id", "kind", "detail", "seen_at"] {
        assert!(!row[member].is_null(), "{member}: {row}");
    }
    let cursor = page["next_cursor"].as_str().unwrap();
    let next = trade.get(&format!("/payments/discrepancies?limit=2&cursor={cursor}")).await;
    assert_eq!((next["data"].as_array().unwrap().len(), &next["next_cursor"]), (1, &Value::Null));
    assert_eq!(axes(&trade.show(&disputed).await).1, "disputed");

    trade.bank.be_away(false);
    run(&trade, "UPDATE payments SET disputed = 0 WHERE id = $1", &disputed).await;
    trade.reconcile().await;
    trade.reconcile().await;
    assert_eq!(trade.discrepancies().await, []);
    assert_eq!(axes(&trade.show(&waiting).await).0, "paid");
    assert_eq!(axes(&trade.show(&unknown).await).1, "requires_action");
    let seen: (i64, i64) = sqlx::query_as("SELECT count(*), count(resolved_at) FROM payment_discrepancies")
        .fetch_one(trade.shop.db.pool())
        .await
        .unwrap();
    assert_eq!(seen, (3, 3));
}

#[tokio::test]
async fn money_of_an_ended_order_that_nobody_asked_back_is_asked_back() {
    let trade = Trade::open().await;
    let order = trade.order("tok_success", &[("CUP", 1)]).await;
    // As no program of ours leaves it.
    trade.shop.set_status(id(&order), OrderStatus::Cancelled).await;
    trade.reconcile().await;
    trade.reconcile().await;
    assert_eq!((axes(&trade.show(&order).await).1, trade.bank.kept(payment(&order))), ("refunded", 0));
    assert_eq!(trade.discrepancies().await, []);
}

#[tokio::test]
async fn however_much_stays_open_the_newest_payment_has_its_turn() {
    let trade = Trade::open().await;
    let order = trade.order("tok_action_required", &[("CUP", 1)]).await;
    // More than a page, all older, that no bank decides about.
    for statement in [
        "INSERT INTO orders SELECT (jsonb_populate_record(o, jsonb_build_object(
             'id', lpad(n::text, 32, '0')::uuid, 'number', 'C-' || n))).* FROM orders o, generate_series(1, 450) n",
        "INSERT INTO payments SELECT (jsonb_populate_record(p, jsonb_build_object(
             'id', lpad(n::text, 32, '0')::uuid, 'order_id', lpad(n::text, 32, '0')::uuid, 'provider_ref', NULL))).*
         FROM payments p, generate_series(1, 450) n",
    ] {
        sqlx::query(statement).execute(trade.shop.db.pool()).await.unwrap();
    }
    trade.bank.approve(payment(&order));
    trade.reconcile().await;
    assert_eq!(axes(&trade.show(&order).await).0, "paid");
}

#[tokio::test]
async fn the_list_is_for_staff() {
    let trade = Trade::open().await;
    let get = |path: &str| trade.shop.app.get(path);
    get("/payments/discrepancies").send().await.expect_problem(401, "unauthenticated");
    get("/payments/discrepancies").as_user(trade.ada).send().await.expect_problem(403, "forbidden");
    let wrong = get("/payments/discrepancies?kind=disputed").as_role(trade.staff, Role::Staff).send().await;
    wrong.expect_problem(400, "invalid_parameter");
    assert_eq!(trade.get("/payments/discrepancies").await, json!({ "data": [], "next_cursor": null }));
}
