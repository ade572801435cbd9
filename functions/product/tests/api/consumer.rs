use cartwright_contracts::Envelope;
use cartwright_contracts::events::{OrderCancelled, OrderExpired, OrderPaymentFailed};
use cartwright_messaging::{HandlerError, Message, MessageHandler as _};
use cartwright_types::{Clock as _, Currency, Money, OrderId, UserId};
use product::consumers::ProductEvents;
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
    let _ = shop.commit(id).await.expect(200);
    deliver(&shop, &event).await.unwrap();
    assert_eq!(shop.stock("A").await, (3, 0));
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
