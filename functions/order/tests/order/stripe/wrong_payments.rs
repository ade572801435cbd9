//! A wrong amount, currency, mode or account is never "paid".

use cartwright_test_support::stripe::Intent;
use cartwright_types::{OrderId, PaymentId};

use super::shop::StripeShop;

async fn wrong(change: impl FnOnce(&mut Intent), kind: &str) -> (StripeShop, OrderId, String) {
    let shop = StripeShop::open().await;
    let (id, _) = shop.order("pm_card_authenticationRequired").await;
    let intent = shop.intent(id).id;
    shop.stripe.tamper(&intent, change);
    shop.stripe.authenticate(&intent, true);
    shop.send_events().await;
    for _ in 0..2 {
        shop.reconcile().await;
    }
    assert_ne!(shop.find(id).await.status, "paid");
    assert_eq!(shop.told(id, "order.paid").await, 0);
    let payment = shop.payment(id).await;
    assert_eq!((payment.status.as_str(), payment.captured), ("requires_action", 0));
    assert_eq!(shop.discrepancies(PaymentId(payment.id)).await, [kind]);
    // Money may be there: the order does not end either before somebody has looked.
    shop.expire(id).await;
    assert_eq!(shop.find(id).await.status, "pending_payment");
    (shop, id, intent)
}

#[tokio::test]
async fn a_wrong_amount_is_not_paid_until_it_is_right() {
    let mut right = 0;
    let (shop, id, intent) = wrong(
        |intent| {
            right = intent.amount;
            intent.amount -= 1;
        },
        "amount_mismatch",
    )
    .await;
    shop.stripe.tamper(&intent, |intent| {
        intent.amount = right;
        intent.amount_received = right;
    });
    shop.stripe.tamper_charge(&intent, |charge| charge.amount_captured = right);
    shop.reconcile().await;
    StripeShop::assert_is(shop.statuses(id).await, ("paid", "captured"));
    assert!(shop.discrepancies(PaymentId(shop.payment(id).await.id)).await.is_empty());
}

#[tokio::test]
async fn a_wrong_currency_is_not_paid() {
    wrong(|intent| intent.currency = "usd".to_owned(), "currency_mismatch").await;
    wrong(|intent| intent.currency = "zzz".to_owned(), "currency_mismatch").await;
}

#[tokio::test]
async fn play_money_is_not_paid() {
    wrong(|intent| intent.livemode = true, "livemode_mismatch").await;
}

#[tokio::test]
async fn money_of_another_account_is_not_paid() {
    wrong(|intent| intent.on_behalf_of = Some("acct_other".to_owned()), "account_mismatch").await;
}

#[tokio::test]
async fn another_payments_intent_is_not_paid() {
    let other = serde_json::json!("0198b5a0-7c1e-7e7d-9c55-3d0f4d9b7a10");
    wrong(|intent| drop(intent.metadata.insert("payment_id".to_owned(), other)), "identity_mismatch").await;
}

#[tokio::test]
async fn a_key_of_another_account_collects_nothing() {
    let other = |settings: &mut order::clients::payments::stripe::StripeSettings| {
        settings.account = Some("acct_other".to_owned());
    };
    let shop = StripeShop::open_with("", other).await;
    let (id, order) = shop.order("pm_card_visa").await;
    assert_eq!(order["payment_status"], "unknown");
    assert!(shop.intents(id).is_empty());
    let right = |settings: &mut order::clients::payments::stripe::StripeSettings| {
        settings.account = Some(cartwright_test_support::stripe::ACCOUNT.to_owned());
    };
    let shop = StripeShop::open_with("", right).await;
    assert_eq!(shop.order("pm_card_visa").await.1["status"], "paid");
}

#[tokio::test]
async fn staff_that_captures_a_part_in_the_dashboard_has_not_made_the_order_paid() {
    let shop = StripeShop::open().await;
    let choice = serde_json::json!({ "provider": "stripe", "payment_method": "pm_card_visa", "capture_method": "manual" });
    let (id, _) = shop.order_with(choice).await;
    shop.stripe.capture(&shop.intent(id).id, Some(100));
    shop.send_events().await;
    StripeShop::assert_is(shop.statuses(id).await, ("pending_payment", "authorized"));
    assert_eq!(shop.discrepancies(PaymentId(shop.payment(id).await.id)).await, ["amount_mismatch"]);
}
