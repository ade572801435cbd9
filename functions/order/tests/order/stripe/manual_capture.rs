//! Money that is set aside first.

use cartwright_contracts::stock::ReservationStatus;
use cartwright_test_support::stripe::AUTHORISATION;
use cartwright_types::{OrderId, PaymentId, UserId};
use chrono::TimeDelta;
use serde_json::json;

use super::shop::{StripeShop, TOTAL};

async fn held() -> (StripeShop, OrderId, PaymentId) {
    let shop = StripeShop::open().await;
    let choice =
        json!({ "provider": "stripe", "payment_method": "pm_card_visa", "capture_method": "manual" });
    let (id, _) = shop.order_with(choice).await;
    StripeShop::assert_is(shop.statuses(id).await, ("pending_payment", "authorized"));
    let payment = PaymentId(shop.payment(id).await.id);
    (shop, id, payment)
}

#[tokio::test]
async fn an_authorisation_commits_the_stock_and_lives_as_long_as_the_bank_says() {
    let (shop, id, payment) = held().await;
    let order = shop.find(id).await;
    assert_eq!(order.expires_at - order.created_at, TimeDelta::seconds(AUTHORISATION));
    assert_eq!(shop.stock.reservation(id), Some(ReservationStatus::Committed));
    assert_eq!(shop.told(id, "order.paid").await, 0);
    assert_eq!(shop.money(id), (0, 0));
    // The reconciler looks and changes nothing.
    shop.reconcile().await;
    assert_eq!(shop.find(id).await.version, order.version);
    let shown = shop.staff_capture(payment).await.expect(200);
    assert_eq!((&shown["status"], &shown["captured"]["amount"]), (&json!("captured"), &json!(TOTAL)));
    StripeShop::assert_is(shop.statuses(id).await, ("paid", "captured"));
    // The same again is the same.
    assert_eq!(shop.staff_capture(payment).await.expect(200), shown);
    assert_eq!((shop.money(id), shop.told(id, "order.paid").await), ((TOTAL, 0), 1));
}

#[tokio::test]
async fn only_staff_captures() {
    let (shop, _, payment) = held().await;
    let path = format!("/payments/{payment}/capture");
    shop.app.post(&path).as_user(shop.buyer).send().await.expect_problem(403, "forbidden");
    shop.app.post(&path).as_user(UserId::new(&*shop.clock)).send().await.expect_problem(404, "not_found");
    shop.app.post(&path).send().await.expect_problem(401, "unauthenticated");
    let nowhere = PaymentId::new(&*shop.clock);
    shop.staff_capture(nowhere).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn what_was_not_set_aside_cannot_be_captured() {
    let shop = StripeShop::open().await;
    let (id, _) = shop.order("pm_card_authenticationRequired").await;
    let payment = PaymentId(shop.payment(id).await.id);
    shop.staff_capture(payment).await.expect_problem(409, "not_capturable");
}

#[tokio::test]
async fn an_authorisation_that_nobody_captures_ends_and_the_order_with_it() {
    let (shop, id, payment) = held().await;
    shop.expire(id).await;
    StripeShop::assert_is(shop.statuses(id).await, ("expired", "voided"));
    assert_eq!(shop.told(id, "order.expired").await, 1);
    shop.staff_capture(payment).await.expect_problem(409, "not_capturable");
    assert_eq!(shop.money(id), (0, 0));
}

#[tokio::test]
async fn an_authorisation_that_the_bank_ended_cannot_be_captured() {
    let (shop, id, payment) = held().await;
    shop.clock.advance(AUTHORISATION);
    shop.staff_capture(payment).await.expect_problem(409, "not_capturable");
    assert_eq!(shop.payment(id).await.status, "voided");
}

#[tokio::test]
async fn an_authorisation_without_stock_is_given_back() {
    let shop = StripeShop::open().await;
    shop.stock.sell_out();
    let choice =
        json!({ "provider": "stripe", "payment_method": "pm_card_visa", "capture_method": "manual" });
    let (id, _) = shop.order_with(choice).await;
    StripeShop::assert_is(shop.statuses(id).await, ("cancelled", "voided"));
    assert_eq!((shop.intent(id).status, shop.money(id)), ("canceled", (0, 0)));
    assert_eq!(shop.told(id, "order.cancelled").await, 1);
}

#[tokio::test]
async fn what_staff_captures_in_the_dashboard_is_taken_in() {
    let (shop, id, _) = held().await;
    shop.stripe.capture(&shop.intent(id).id, None);
    shop.send_events().await;
    StripeShop::assert_is(shop.statuses(id).await, ("paid", "captured"));
}
