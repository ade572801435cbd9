//! `GET /orders` by the three axes and by time.

use cartwright_types::Role;
use order::domain::payment::{PaymentStatus, TRANSITIONS};
use serde_json::{Value, json};

use crate::trade::{Trade, id};

async fn found(trade: &Trade, query: &str) -> Vec<Value> {
    let page = trade.get(&format!("/orders?{query}")).await;
    page["data"].as_array().unwrap().iter().map(|order| order["id"].clone()).collect()
}

#[tokio::test]
async fn each_filter_finds_its_own_newest_first() {
    let trade = Trade::open().await;
    let mut orders = Vec::new();
    for token in ["tok_success", "tok_decline", "tok_action_required", "tok_success", "tok_success"] {
        orders.push(trade.order(token, &[("CUP", 2)]).await);
        trade.shop.clock.advance(60);
    }
    let [captured, failed, waiting, refunded, partly] = orders.as_slice() else { panic!() };
    for status in ["processing", "shipped"] {
        let _ = trade.set_status(captured, &json!({ "status": status })).await.expect(200);
    }
    let _ = trade.refund(refunded, &json!({ "reason": "x" })).await.expect(201);
    let one = json!({ "amount": { "amount": 1, "currency": "EUR" }, "reason": "x" });
    let _ = trade.refund(partly, &one).await.expect(201);
    let ids = |orders: &[&Value]| orders.iter().map(|order| order["id"].clone()).collect::<Vec<_>>();
    let at = |order: &Value| order["created_at"].as_str().unwrap().to_owned();
    let table = [
        ("payment_status=captured".to_owned(), ids(&[captured])),
        ("payment_status=failed".to_owned(), ids(&[failed])),
        ("payment_status=requires_action&status=pending_payment".to_owned(), ids(&[waiting])),
        ("payment_status=refunded".to_owned(), ids(&[refunded])),
        ("payment_status=partially_refunded".to_owned(), ids(&[partly])),
        ("payment_status=none".to_owned(), ids(&[])),
        ("fulfilment_status=fulfilled".to_owned(), ids(&[captured])),
        ("fulfilment_status=unfulfilled".to_owned(), ids(&[partly, refunded, waiting, failed])),
        ("status=shipped&payment_status=captured&fulfilment_status=fulfilled".to_owned(), ids(&[captured])),
        (format!("created_from={}", at(refunded)), ids(&[partly, refunded])),
        (format!("created_to={}", at(waiting)), ids(&[failed, captured])),
        (format!("created_from={}&created_to={}", at(failed), at(refunded)), ids(&[waiting, failed])),
        (format!("payment_status=captured&created_from={}", at(failed)), ids(&[])),
        (
            format!("payment_status=captured&created_to={}&user_id={}", at(failed), trade.ada),
            ids(&[captured]),
        ),
    ];
    for (query, expected) in table {
        assert_eq!(found(&trade, &query).await, expected, "{query}");
    }
    // A second payment counts, not the first.
    let call = trade.shop.app.post(&format!("/orders/{}/pay", id(failed))).as_user(trade.ada);
    let _ = call
        .json(&json!({ "payment": { "provider": "test", "token": "tok_success" } }))
        .send()
        .await
        .expect(200);
    assert_eq!(found(&trade, "payment_status=failed").await, ids(&[]));
    assert_eq!(found(&trade, "payment_status=captured").await, ids(&[failed, captured]));
    let page = trade.get("/orders?payment_status=captured&limit=1").await;
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(
        found(&trade, &format!("payment_status=captured&limit=1&cursor={cursor}")).await,
        ids(&[captured])
    );
    let other = format!("/orders?payment_status=refunded&limit=1&cursor={cursor}");
    let call = trade.shop.app.get(&other).as_role(trade.staff, Role::Staff);
    call.send().await.expect_problem(400, "invalid_parameter");
    // For a customer it is their own.
    let ben = trade.shop.person();
    let own = trade.shop.app.get("/orders?payment_status=captured").as_user(ben).send().await.expect(200);
    assert_eq!(own["data"], json!([]));
    for wrong in ["payment_status=paid", "fulfilment_status=sent", "created_from=yesterday", "created_to=1"] {
        let call = trade.shop.app.get(&format!("/orders?{wrong}")).as_role(trade.staff, Role::Staff);
        call.send().await.expect_problem(400, "invalid_parameter");
    }
}

#[tokio::test]
async fn the_databases_word_for_a_payment_is_ours() {
    let trade = Trade::open().await;
    for (status, _) in TRANSITIONS {
        for (refunded, disputed) in [(0, 0), (5, 0), (0, 5), (5, 5)] {
            let theirs: String = sqlx::query_scalar("SELECT payment_status($1, $2, $3)")
                .bind(status.as_str())
                .bind(refunded)
                .bind(disputed)
                .fetch_one(trade.shop.db.pool())
                .await
                .unwrap();
            assert_eq!(theirs, status.public(refunded, disputed));
            assert!(PaymentStatus::public_words().any(|word| word == theirs));
        }
    }
}
