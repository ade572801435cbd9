//! Answers that do not arrive: money moves once, and in the end everybody knows.

use cartwright_contracts::stock::ReservationStatus;
use cartwright_types::{Clock as _, Currency, Money, OrderId, PaymentId};
use order::clients::payments::{PaymentRequest, ProviderStatus};
use serde_json::json;

use super::shop::{StripeShop, TOTAL};

/// More than any call is tried.
const ALL: u64 = 100;

#[tokio::test]
async fn a_creation_whose_answer_is_lost_is_read_back_before_it_is_tried_again() {
    let shop = StripeShop::open().await;
    shop.stripe.turn(|knobs| knobs.lose_next = 1);
    let (id, order) = shop.order("pm_card_visa").await;
    assert_eq!(order["status"], "paid");
    assert_eq!(shop.money(id), (TOTAL, 0));
    assert_eq!(shop.intents(id).len(), 1);
}

#[tokio::test]
async fn the_same_payment_is_created_once_by_its_key_alone() {
    let shop = StripeShop::open().await;
    let (id, _) = shop.order("pm_card_authenticationRequired").await;
    shop.stripe.authenticate(&shop.intent(id).id, true);
    let request = request(&shop, id).await;
    let seen = shop.state.providers["stripe"].create(&request).await.unwrap();
    // The first answer was another: what is there now counts.
    assert_eq!((seen.status, seen.provider_ref), (ProviderStatus::Captured, Some(shop.intent(id).id)));
    assert_eq!(shop.money(id), (TOTAL, 0));
}

/// Of a payment whose provider's id nobody knows yet, as young as it was then.
async fn request(shop: &StripeShop, order: OrderId) -> PaymentRequest {
    let payment = shop.payment(order).await;
    PaymentRequest {
        id: PaymentId(payment.id),
        order_id: order,
        token: payment.token,
        amount: Money::new(payment.amount, Currency::EUR),
        provider_ref: None,
        manual_capture: false,
        has_refunds: false,
        created_at: shop.clock.now(),
    }
}

#[tokio::test]
async fn what_cannot_be_read_back_is_unknown_until_the_reconciler_hears_of_it() {
    let shop = StripeShop::open().await;
    shop.stripe.turn(|knobs| (knobs.lose_next, knobs.lose_next_reads) = (ALL, ALL));
    let key = uuid::Uuid::now_v7().to_string();
    let choice = json!({ "provider": "stripe", "payment_method": "pm_card_visa" });
    let order = shop.place_again(&key, choice.clone()).await.expect(201);
    assert_eq!((&order["status"], &order["payment_status"]), (&json!("pending_payment"), &json!("unknown")));
    let id = serde_json::from_value(order["id"].clone()).unwrap();
    // Nobody begins another payment meanwhile.
    let call =
        shop.app.post(&format!("/orders/{id}/pay")).as_user(shop.buyer).json(&json!({ "payment": choice }));
    call.send().await.expect_problem(409, "payment_in_progress");
    shop.stripe.turn(|knobs| (knobs.lose_next, knobs.lose_next_reads) = (0, 0));
    shop.reconcile().await;
    StripeShop::assert_is(shop.statuses(id).await, ("paid", "captured"));
    assert_eq!(shop.money(id), (TOTAL, 0));
}

#[tokio::test]
async fn what_never_reached_stripe_is_created_later_with_the_same_key() {
    let shop = StripeShop::open().await;
    shop.stripe.turn(|knobs| knobs.away = true);
    let (id, order) = shop.order("pm_card_visa").await;
    assert_eq!(order["payment_status"], "unknown");
    shop.reconcile().await;
    StripeShop::assert_is(shop.statuses(id).await, ("pending_payment", "unknown"));
    shop.stripe.turn(|knobs| knobs.away = false);
    shop.reconcile().await;
    StripeShop::assert_is(shop.statuses(id).await, ("paid", "captured"));
    assert_eq!(shop.money(id), (TOTAL, 0));
}

#[tokio::test]
async fn an_order_ends_only_when_stripe_can_collect_nothing_for_it() {
    let shop = StripeShop::open().await;
    shop.stripe.turn(|knobs| knobs.away = true);
    let (id, _) = shop.order("pm_card_visa").await;
    shop.expire(id).await;
    StripeShop::assert_is(shop.statuses(id).await, ("pending_payment", "unknown"));
    shop.stripe.turn(|knobs| knobs.away = false);
    shop.expire(id).await;
    StripeShop::assert_is(shop.statuses(id).await, ("expired", "voided"));
    // The creation that was under way all the time arrives now.
    let late = request(&shop, id).await;
    let seen = shop.state.providers["stripe"].create(&late).await.unwrap();
    assert_eq!(seen.status, ProviderStatus::Cancelled);
    assert_eq!(shop.money(id), (0, 0));
}

#[tokio::test]
async fn a_cancellation_whose_answer_is_lost_is_seen_the_next_time() {
    let shop = StripeShop::open().await;
    let (id, _) = shop.order_with(json!({ "provider": "stripe" })).await;
    shop.stripe.turn(|knobs| knobs.lose_next = 3);
    shop.expire(id).await;
    assert_eq!(
        (shop.find(id).await.status.as_str(), shop.intent(id).status),
        ("pending_payment", "canceled")
    );
    shop.expire(id).await;
    StripeShop::assert_is(shop.statuses(id).await, ("expired", "voided"));
}

#[tokio::test]
async fn a_capture_whose_answer_is_lost_is_one_capture() {
    let shop = StripeShop::open().await;
    let choice =
        json!({ "provider": "stripe", "payment_method": "pm_card_visa", "capture_method": "manual" });
    let (id, _) = shop.order_with(choice).await;
    let payment = PaymentId(shop.payment(id).await.id);
    shop.stripe.turn(|knobs| knobs.lose_next = 3);
    shop.staff_capture(payment).await.expect_problem(503, "service_unavailable");
    shop.staff_capture(payment).await.expect(200);
    StripeShop::assert_is(shop.statuses(id).await, ("paid", "captured"));
    assert_eq!(shop.money(id), (TOTAL, 0));
    let committed = shop.stock.reservation(id);
    assert_eq!(committed, Some(ReservationStatus::Committed));
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_goes_back_once_even_when_its_key_is_forgotten() {
    let shop = StripeShop::open().await;
    let (id, _) = shop.order("pm_card_visa").await;
    let payment = PaymentId(shop.payment(id).await.id);
    shop.ask_refund(payment, 500).await;
    shop.stripe.turn(|knobs| knobs.lose_next = 1);
    shop.reconcile().await;
    assert_eq!(shop.money(id), (TOTAL, 500));
    // A crash before that was written down, and a day in which the key was forgotten.
    for statement in
        ["UPDATE refunds SET status = 'requested', provider_ref = NULL", "UPDATE payments SET refunded = 0"]
    {
        sqlx::query(statement).execute(shop.db.pool()).await.unwrap();
    }
    shop.stripe.forget_keys();
    shop.reconcile().await;
    assert_eq!(shop.money(id), (TOTAL, 500));
    assert_eq!(shop.refunds(payment).await, [("done".to_owned(), 500, "system".to_owned())]);
    StripeShop::assert_is(shop.statuses(id).await, ("paid", "partially_refunded"));
}

#[tokio::test]
async fn an_outage_in_the_middle_charges_once() {
    let shop = StripeShop::open().await;
    shop.stripe.turn(|knobs| knobs.fail_next = 2);
    let (id, order) = shop.order("pm_card_visa").await;
    assert_eq!(order["status"], "paid");
    assert_eq!(shop.money(id), (TOTAL, 0));
}

#[tokio::test]
async fn every_second_answer_is_lost_and_every_order_is_charged_once() {
    let shop = StripeShop::open().await;
    shop.stripe.turn(|knobs| knobs.lose_every = 2);
    for _ in 0..10 {
        let (id, _) = shop.order("pm_card_visa").await;
        shop.reconcile().await;
        StripeShop::assert_is(shop.statuses(id).await, ("paid", "captured"));
        assert_eq!(shop.money(id), (TOTAL, 0));
        assert_eq!(shop.told(id, "order.paid").await, 1);
    }
}
