//! The webhook's route.

use cartwright_test_support::stripe::WEBHOOK_SECRET;
use serde_json::{Value, json};

use super::shop::StripeShop;
use crate::support::Shop;

async fn stored(shop: &StripeShop) -> Vec<(String, bool)> {
    sqlx::query_as("SELECT id, payment_id IS NOT NULL FROM provider_events ORDER BY id")
        .fetch_all(shop.db.pool())
        .await
        .unwrap()
}

fn event(id: &str, object: &Value) -> Value {
    json!({ "id": id, "object": "event", "type": "payment_intent.succeeded", "livemode": false, "data": { "object": object } })
}

#[tokio::test]
async fn an_event_is_stored_once_and_leads_to_one_look() {
    let shop = StripeShop::open().await;
    let (id, _) = shop.order("pm_card_authenticationRequired").await;
    let event = event("evt_1", &json!({ "object": "payment_intent", "id": shop.intent(id).id }));
    for _ in 0..3 {
        assert_eq!(shop.webhook(&event).await.expect(200), json!({ "received": true }));
    }
    assert_eq!(stored(&shop).await, [("evt_1".to_owned(), true)]);
    assert_eq!(shop.work().await, 1);
}

#[tokio::test]
async fn an_event_about_nothing_of_ours_is_stored_and_leads_to_nothing() {
    let shop = StripeShop::open().await;
    for (id, object) in [
        ("evt_1", json!({ "object": "customer", "id": "cus_1" })),
        ("evt_2", json!({ "object": "payment_intent", "id": "pi_other" })),
        ("evt_3", json!({ "object": "charge", "id": "ch_1", "payment_intent": "pi_other" })),
    ] {
        shop.webhook(&event(id, &object)).await.expect(200);
    }
    assert!(stored(&shop).await.iter().all(|(_, is_ours)| !is_ours));
    assert_eq!((stored(&shop).await.len(), shop.work().await), (3, 0));
}

#[tokio::test]
async fn an_event_of_another_mode_or_account_is_not_acted_on() {
    let shop = StripeShop::open().await;
    let (id, _) = shop.order("pm_card_visa").await;
    let intent = json!({ "object": "payment_intent", "id": shop.intent(id).id });
    for (name, value) in [("livemode", json!(true)), ("account", json!("acct_other"))] {
        let mut event = event(&format!("evt_{name}"), &intent);
        event[name] = value;
        shop.webhook(&event).await.expect(200);
    }
    assert_eq!((stored(&shop).await.len(), shop.work().await), (2, 0));
}

#[tokio::test]
async fn what_a_webhook_says_is_not_believed() {
    let shop = StripeShop::open().await;
    let (id, _) = shop.order("pm_card_authenticationRequired").await;
    let lie = json!({ "object": "payment_intent", "id": shop.intent(id).id, "status": "succeeded" });
    shop.webhook(&event("evt_1", &lie)).await.expect(200);
    shop.work().await;
    StripeShop::assert_is(shop.statuses(id).await, ("pending_payment", "requires_action"));
}

#[tokio::test]
async fn a_signature_must_be_right_by_either_secret() {
    let shop = StripeShop::open().await;
    let body = event("evt_1", &json!({ "object": "customer" })).to_string();
    shop.signed("whsec_old", &body).await.expect(200);
    shop.signed(WEBHOOK_SECRET, &body).await.expect(200);
    shop.signed("whsec_other", &body).await.expect_problem(400, "invalid_signature");
    let unsigned = shop.app.post("/webhooks/stripe").header("content-type", "application/json").body(body);
    unsigned.send().await.expect_problem(400, "invalid_signature");
    shop.signed(WEBHOOK_SECRET, "not json").await.expect_problem(400, "malformed_json");
    assert_eq!(stored(&shop).await.len(), 1);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_a_413() {
    let shop = StripeShop::open().await;
    let large = format!("\"{}\"", "x".repeat(1024 * 1024));
    shop.signed(WEBHOOK_SECRET, &large).await.expect_problem(413, "payload_too_large");
}

#[tokio::test]
async fn without_stripe_there_is_no_such_path() {
    let shop = Shop::open().await;
    shop.app.post("/webhooks/stripe").body("{}").send().await.expect_problem(404, "not_found");
}
