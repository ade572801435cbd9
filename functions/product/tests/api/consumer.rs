use cartwright_contracts::Envelope;
use cartwright_contracts::events::{
    OrderCancelled, OrderExpired, OrderPaymentFailed, OrderRefunded, RefundedLine,
};
use cartwright_messaging::{HandlerError, Message, MessageHandler as _};
use cartwright_types::{Clock as _, Currency, Money, OrderId, OrderLineId, RefundId, Role, UserId};
use product::consumers::ProductEvents;
use serde_json::json;
use uuid::Uuid;

use crate::support::Shop;

fn message(event: &Envelope) -> Message {
    let body = serde_json::to_string(event).unwrap();
    Message { id: "1".to_owned(), body, attributes: [].into(), receive_count: 1, age: None }
}

fn cancelled(shop: &Shop, id: Uuid, reason: &str) -> Envelope {
    let event = OrderCancelled {
        order_id: OrderId(id),
        number: "C-2026-000001".to_owned(),
        user_id: Some(UserId(shop.id())),
        reason: reason.to_owned(),
        refund: Money::zero(Currency::EUR),
    };
    Envelope::new(shop.clock.as_ref(), id, 3, "system", &event)
}

fn expired(shop: &Shop, id: Uuid) -> Envelope {
    let event = OrderExpired {
        order_id: OrderId(id),
        number: "C-2026-000001".to_owned(),
        user_id: Some(UserId(shop.id())),
    };
    Envelope::new(shop.clock.as_ref(), id, 3, "system", &event)
}

async fn deliver(shop: &Shop, event: &Envelope) -> Result<(), HandlerError> {
    ProductEvents::new(shop.db.database(), shop.clock.clone()).handle(&message(event)).await
}

#[tokio::test]
async fn an_order_that_is_over_gives_back_what_it_held() {
    let shop = Shop::with_stock(&[5]).await;
    let (one, two) = (shop.id(), shop.id());
    let _ = shop.reserve(one, &[("A", 2)]).await.expect(201);
    let _ = shop.reserve(two, &[("A", 2)]).await.expect(201);
    let (first, second) = (expired(&shop, one), cancelled(&shop, two, "buyer"));
    for event in [&first, &second, &first, &second] {
        deliver(&shop, event).await.unwrap();
    }
    assert_eq!(shop.stock("A").await, (5, 0));
    shop.invariants().await;
}

#[tokio::test]
async fn a_cancelled_order_that_was_sold_returns_its_stock_once() {
    let shop = Shop::with_stock(&[5]).await;
    let id = shop.id();
    let _ = shop.reserve(id, &[("A", 2)]).await.expect(201);
    let _ = shop.commit(id).await.expect(200);
    let event = cancelled(&shop, id, "buyer");
    for _ in 0..2 {
        deliver(&shop, &event).await.unwrap();
    }
    // The same fact under another id, as no publisher should send it.
    deliver(&shop, &cancelled(&shop, id, "buyer")).await.unwrap();
    assert_eq!(shop.stock("A").await, (5, 0));
    let returned: i64 = sqlx::query_scalar("SELECT count(*) FROM inventory_movements WHERE cause = 'return'")
        .fetch_one(shop.db.pool())
        .await
        .unwrap();
    assert_eq!(returned, 1);
    shop.invariants().await;
}

#[tokio::test]
async fn an_event_takes_effect_once_whatever_happens_in_between() {
    let shop = Shop::with_stock(&[5]).await;
    let id = shop.id();
    let _ = shop.reserve(id, &[("A", 2)]).await.expect(201);
    let event = cancelled(&shop, id, "buyer");
    deliver(&shop, &event).await.unwrap();
    adjust(&shop, "A", 3).await;
    deliver(&shop, &event).await.unwrap();
    assert_eq!(shop.stock("A").await, (8, 0));
    shop.invariants().await;
}

/// As staff do.
async fn adjust(shop: &Shop, sku: &str, by: i64) {
    let call = shop.app.patch(&format!("/inventory/{sku}")).as_role(UserId(shop.id()), Role::Staff);
    let call = call.json(&json!({ "adjust": by, "reason": "found" })).header("idempotency-key", "once");
    let _ = call.send().await.expect(200);
}

#[tokio::test]
async fn an_order_that_is_over_sells_nothing_any_more() {
    let shop = Shop::with_stock(&[5]).await;
    let (held, expired_before, sold) = (shop.id(), shop.id(), shop.id());
    for id in [held, expired_before, sold] {
        let _ = shop.reserve(id, &[("A", 1)]).await.expect(201);
    }
    let _ = shop.commit(sold).await.expect(200);
    deliver(&shop, &cancelled(&shop, held, "buyer")).await.unwrap();
    deliver(&shop, &cancelled(&shop, sold, "staff")).await.unwrap();
    shop.clock.advance(1801);
    assert_eq!(shop.expire().await, 1);
    deliver(&shop, &expired(&shop, expired_before)).await.unwrap();
    // Money that arrived while the order was being cancelled.
    for id in [held, expired_before, sold] {
        shop.commit(id).await.expect_problem(409, "reservation_ended");
    }
    assert_eq!(shop.stock("A").await, (5, 0));
    shop.invariants().await;
}

fn refunded(shop: &Shop, id: Uuid, restock: bool, lines: &[(&str, i32)]) -> Envelope {
    let lines = lines.iter().map(|(sku, quantity)| RefundedLine {
        line_id: OrderLineId(shop.id()),
        sku: (*sku).to_owned(),
        quantity: *quantity,
    });
    let event = OrderRefunded {
        order_id: OrderId(id),
        number: "C-2026-000001".to_owned(),
        user_id: Some(UserId(shop.id())),
        refund_id: RefundId(shop.id()),
        amount: Money::new(100, Currency::EUR),
        lines: lines.collect(),
        restock,
    };
    Envelope::new(shop.clock.as_ref(), id, 4, "user:x", &event)
}

#[tokio::test]
async fn pieces_that_are_refunded_come_back_once_and_never_more_than_were_sold() {
    let shop = Shop::with_stock(&[5, 5]).await;
    let id = shop.id();
    let _ = shop.reserve(id, &[("A", 3), ("B", 2)]).await.expect(201);
    let _ = shop.commit(id).await.expect(200);
    deliver(&shop, &refunded(&shop, id, false, &[("A", 1)])).await.unwrap();
    assert_eq!(shop.stock("A").await, (2, 0));
    let event = refunded(&shop, id, true, &[("B", 1), ("A", 2)]);
    for _ in 0..3 {
        deliver(&shop, &event).await.unwrap();
    }
    assert_eq!((shop.stock("A").await, shop.stock("B").await), ((4, 0), (4, 0)));
    // What nobody should send: more than was sold, and what was never in it.
    deliver(&shop, &refunded(&shop, id, true, &[("A", 3), ("C", 1)])).await.unwrap();
    assert_eq!(shop.stock("A").await, (5, 0));
    // The rest comes back with the cancellation, and the pieces do not come back twice.
    deliver(&shop, &cancelled(&shop, id, "staff")).await.unwrap();
    deliver(&shop, &refunded(&shop, id, true, &[("B", 1)])).await.unwrap();
    assert_eq!((shop.stock("A").await, shop.stock("B").await), ((5, 0), (5, 0)));
    shop.invariants().await;
}

#[tokio::test]
async fn an_order_without_a_reservation_needs_nothing() {
    let shop = Shop::with_stock(&[5]).await;
    deliver(&shop, &cancelled(&shop, shop.id(), "stock_gone")).await.unwrap();
    assert_eq!(shop.stock("A").await, (5, 0));
}

#[tokio::test]
async fn what_is_not_for_this_queue_is_rejected() {
    let shop = Shop::open().await;
    let event = OrderPaymentFailed {
        order_id: OrderId(shop.id()),
        number: String::new(),
        user_id: Some(UserId(shop.id())),
        expires_at: shop.clock.now(),
    };
    let event = Envelope::new(shop.clock.as_ref(), shop.id(), 1, "system", &event);
    assert!(matches!(deliver(&shop, &event).await, Err(HandlerError::Rejected(_))));
    let handler = ProductEvents::new(shop.db.database(), shop.clock.clone());
    let garbage = Message { body: "{}".to_owned(), ..message(&event) };
    assert!(matches!(handler.handle(&garbage).await, Err(HandlerError::Rejected(_))));
}
