//! From an order to a paid one.

use cartwright_types::PaymentId;
use serde_json::json;

use super::shop::{StripeShop, TOTAL};

fn payment_id(order: &serde_json::Value) -> PaymentId {
    serde_json::from_value(order["payment"]["id"].clone()).unwrap()
}

#[tokio::test]
async fn a_card_that_pays_makes_the_order_paid_at_once() {
    let shop = StripeShop::open().await;
    let (id, order) = shop.order("pm_card_visa").await;
    assert_eq!((&order["status"], &order["payment_status"]), (&json!("paid"), &json!("captured")));
    assert_eq!(order["totals"]["grand"]["amount"], TOTAL);
    let intent = shop.intent(id);
    assert_eq!((intent.amount, intent.currency.as_str()), (TOTAL, "eur"));
    let metadata = |name: &str| intent.metadata[name].as_str().unwrap().to_owned();
    assert_eq!(metadata("payment_id"), payment_id(&order).to_string());
    assert_eq!(metadata("shop"), "Cartwright");
    assert_eq!(shop.payment(id).await.provider_ref, Some(intent.id));
    assert_eq!(shop.told(id, "order.paid").await, 1);
}

#[tokio::test]
async fn a_decline_is_a_201_and_another_card_may_follow() {
    let shop = StripeShop::open().await;
    for method in ["pm_card_chargeDeclined", "pm_card_chargeDeclinedInsufficientFunds", "pm_nobody"] {
        let (id, order) = shop.order(method).await;
        assert_eq!(
            (&order["status"], &order["payment_status"]),
            (&json!("pending_payment"), &json!("failed"))
        );
        // Whoever has its secret cannot pay it later.
        assert!(shop.intents(id).iter().all(|intent| intent.status == "canceled"));
        assert_eq!(shop.told(id, "order.payment_failed").await, 1);
        let again = json!({ "payment": { "provider": "stripe", "payment_method": "pm_card_visa" } });
        let call = shop.app.post(&format!("/orders/{id}/pay")).as_user(shop.buyer).json(&again);
        assert_eq!(call.send().await.expect(200)["status"], "paid");
        assert_eq!(shop.money(id), (TOTAL, 0));
    }
}

#[tokio::test]
async fn a_card_that_wants_authentication_waits_for_its_holder() {
    let shop = StripeShop::open().await;
    for (succeeds, expected) in [(true, ("paid", "captured")), (false, ("pending_payment", "failed"))] {
        let (id, order) = shop.order("pm_card_authenticationRequired").await;
        assert_eq!(order["payment_status"], "requires_action");
        let intent = shop.intent(id);
        let expected_action = json!({ "type": "stripe", "client_secret": intent.client_secret, "publishable_key": "pk_test_x" });
        assert_eq!(order["payment"]["client_action"], expected_action);
        shop.stripe.authenticate(&intent.id, succeeds);
        shop.send_events().await;
        StripeShop::assert_is(shop.statuses(id).await, expected);
        assert_eq!(shop.show(id).await["payment"]["client_action"], json!(null));
    }
}

#[tokio::test]
async fn a_browser_confirms_by_itself_and_may_try_again_after_a_decline() {
    let shop = StripeShop::open().await;
    let (id, order) = shop.order_with(json!({ "provider": "stripe" })).await;
    let intent = shop.intent(id);
    assert_eq!(order["payment"]["client_action"]["client_secret"], json!(intent.client_secret));
    shop.stripe.confirm(&intent.id, "pm_card_chargeDeclined");
    shop.send_events().await;
    StripeShop::assert_is(shop.statuses(id).await, ("pending_payment", "requires_action"));
    shop.stripe.confirm(&intent.id, "pm_card_visa");
    shop.send_events().await;
    StripeShop::assert_is(shop.statuses(id).await, ("paid", "captured"));
}

#[tokio::test]
async fn a_slow_payment_is_found_by_looking_alone() {
    let shop = StripeShop::open().await;
    for (arrives, expected) in [(true, ("paid", "captured")), (false, ("pending_payment", "failed"))] {
        let (id, _) = shop.order("pm_usBankAccount").await;
        StripeShop::assert_is(shop.statuses(id).await, ("pending_payment", "processing"));
        shop.stripe.finish_processing(&shop.intent(id).id, arrives);
        shop.reconcile().await;
        StripeShop::assert_is(shop.statuses(id).await, expected);
    }
}

#[tokio::test]
async fn nobody_pays_in_time_and_nothing_can_be_collected_after_that() {
    let shop = StripeShop::open().await;
    let (id, _) = shop.order_with(json!({ "provider": "stripe" })).await;
    shop.expire(id).await;
    StripeShop::assert_is(shop.statuses(id).await, ("expired", "voided"));
    assert_eq!(shop.intent(id).status, "canceled");
}

#[tokio::test]
async fn money_that_was_collected_before_the_sweeper_came_wins() {
    let shop = StripeShop::open().await;
    let (id, _) = shop.order("pm_card_authenticationRequired").await;
    shop.stripe.authenticate(&shop.intent(id).id, true);
    shop.expire(id).await;
    StripeShop::assert_is(shop.statuses(id).await, ("paid", "captured"));
}

#[tokio::test]
async fn without_stock_the_money_goes_back_once() {
    let shop = StripeShop::open().await;
    let (id, _) = shop.order("pm_card_authenticationRequired").await;
    shop.stock.sell_out();
    shop.stripe.authenticate(&shop.intent(id).id, true);
    shop.send_events().await;
    for _ in 0..2 {
        shop.reconcile().await;
    }
    StripeShop::assert_is(shop.statuses(id).await, ("cancelled", "refunded"));
    assert_eq!(shop.money(id), (TOTAL, TOTAL));
}

#[tokio::test]
async fn the_api_may_lie_below_a_path_and_send_no_webhooks() {
    let shop = StripeShop::open_with("/mock/stripe", |settings| settings.webhook_secrets.clear()).await;
    let (id, order) = shop.order("pm_card_visa").await;
    assert_eq!(order["status"], "paid");
    let answer = shop.webhook(&shop.stripe.events()[0]).await;
    answer.expect_problem(404, "not_found");
    let _ = shop.stripe.refund(&shop.intent(id).id, 100);
    shop.reconcile().await;
    StripeShop::assert_is(shop.statuses(id).await, ("paid", "partially_refunded"));
}

#[tokio::test]
async fn what_does_not_fit_is_told_by_its_pointer() {
    let shop = StripeShop::open().await;
    for (payment, pointer, code) in [
        (json!({ "provider": "stripe", "payment_method": "4242" }), "/payment/payment_method", "malformed"),
        (json!({ "provider": "stripe", "token": "tok_success" }), "/payment/token", "unknown_field"),
        (json!({ "provider": "test", "token": "tok_success" }), "/payment/provider", "unknown_provider"),
    ] {
        let problem = shop.place(payment).await.expect_problem(422, "validation_failed");
        assert_eq!(
            (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]),
            (&json!(pointer), &json!(code))
        );
    }
}

#[tokio::test]
async fn health_shows_stripe_and_only_degrades_without_it() {
    let shop = StripeShop::open().await;
    let health = shop.app.get("/health").send().await.expect(200);
    let stripe = health["dependencies"].as_array().unwrap().iter().find(|report| report["name"] == "stripe");
    assert_eq!(stripe.unwrap()["status"], "ok", "{health}");
    let other =
        StripeShop::open_with("", |settings| settings.base_url = "http://127.0.0.1:9".to_owned()).await;
    let health = other.app.get("/health").send().await.expect(200);
    assert_eq!(health["status"], "degraded");
}
