//! What the books allow, and what the knobs do.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::routing::post;
use cartwright_test_support::FakeClock;
use cartwright_test_support::stripe::{AUTHORISATION, StripeStandIn, Webhooks, sign};
use serde_json::Value;

use crate::client::{Caller, read};

const NEW: &str =
    "amount=1000&currency=eur&confirm=true&payment_method=pm_card_visa&payment_method_types[]=card";

#[tokio::test]
async fn a_key_gives_the_first_answer_again_and_belongs_to_one_call() {
    let caller = Caller::new().await;
    let first = caller.keyed("k", "/v1/payment_intents", NEW).await;
    assert!(first.headers().get("idempotent-replayed").is_none());
    let (_, first) = read(first).await;
    let again = caller.keyed("k", "/v1/payment_intents", NEW).await;
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(read(again).await.1, first);
    let other = NEW.replace("1000", "1001");
    let (status, error) = read(caller.keyed("k", "/v1/payment_intents", &other).await).await;
    assert_eq!((status, &error["error"]["type"]), (400, &"idempotency_error".into()));
    assert_eq!(caller.stripe.read(|books| books.charges.len()), 1);
}

#[tokio::test]
async fn a_key_whose_first_call_still_runs_is_a_conflict() {
    let caller = Caller::new().await;
    caller.stripe.turn(|knobs| knobs.slowness = Duration::from_millis(300));
    let second = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        caller.keyed("k", "/v1/payment_intents", NEW).await
    };
    let (first, second) = tokio::join!(caller.keyed("k", "/v1/payment_intents", NEW), second);
    assert_eq!((first.status(), second.status()), (StatusCode::OK, StatusCode::CONFLICT));
}

#[tokio::test]
async fn a_decline_is_kept_under_its_key_and_a_wrong_parameter_is_not() {
    let caller = Caller::new().await;
    let declined = NEW.replace("pm_card_visa", "pm_card_chargeDeclinedInsufficientFunds");
    for _ in 0..2 {
        let (status, error) = read(caller.keyed("d", "/v1/payment_intents", &declined).await).await;
        assert_eq!((status, &error["error"]["decline_code"]), (402, &"insufficient_funds".into()));
    }
    assert_eq!(caller.stripe.read(|books| books.intents.len()), 1);
    let wrong = NEW.replace("pm_card_visa", "pm_nobody");
    let refused = caller.keyed("w", "/v1/payment_intents", &wrong).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert_eq!(caller.keyed("w", "/v1/payment_intents", NEW).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn no_key_and_no_version_is_no_answer() {
    let caller = Caller::new().await;
    let url = format!("{}/v1/account", caller.stripe.base_url());
    let bare = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    assert_eq!(bare.get(&url).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let unversioned = bare.get(&url).basic_auth("sk_test_x", None::<&str>).send().await.unwrap();
    assert_eq!(unversioned.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn no_more_goes_back_than_was_collected() {
    let caller = Caller::new().await;
    let id = caller.paid().await;
    let refund =
        async |amount: i64| caller.post("/v1/refunds", &format!("payment_intent={id}&amount={amount}")).await;
    assert_eq!(refund(600).await.0, 200);
    let (status, error) = refund(401).await;
    assert_eq!((status, &error["error"]["code"]), (400, &"amount_too_large".into()));
    assert_eq!(refund(400).await.0, 200);
    assert_eq!(refund(1).await.1["error"]["code"], "charge_already_refunded");
}

#[tokio::test]
async fn an_authorisation_is_captured_once_or_ends_by_itself() {
    let clock = FakeClock::new();
    let caller = Caller::at(StripeStandIn::start(clock.clone()).await);
    let manual = async || {
        let (_, intent) = caller.pay("pm_card_visa", "&capture_method=manual").await;
        assert_eq!(intent["status"], "requires_capture");
        intent["id"].as_str().unwrap().to_owned()
    };
    let id = manual().await;
    let capture = format!("/v1/payment_intents/{id}/capture");
    assert_eq!(caller.post(&capture, "").await.1["amount_received"], 1000);
    assert_eq!(caller.post(&capture, "").await.1["error"]["code"], "payment_intent_unexpected_state");
    let id = manual().await;
    clock.advance(AUTHORISATION);
    let (_, ended) = caller.get(&format!("/v1/payment_intents/{id}")).await;
    assert_eq!((&ended["status"], &ended["cancellation_reason"]), (&"canceled".into(), &"automatic".into()));
}

#[tokio::test]
async fn an_answer_that_is_lost_took_effect_and_a_500_did_not() {
    let caller = Caller::new().await;
    caller.stripe.turn(|knobs| knobs.lose_every = 2);
    let send = async |key: &str| {
        let request = caller.request("POST", "/v1/payment_intents").header("idempotency-key", key).body(NEW);
        match request.send().await {
            Ok(answer) => answer.bytes().await.is_ok(),
            Err(_) => false,
        }
    };
    assert!(send("1").await);
    assert!(!send("2").await);
    assert!(send("2").await);
    assert_eq!(caller.stripe.read(|books| books.charges.len()), 2);
    caller.stripe.turn(|knobs| (knobs.lose_every, knobs.fail_next) = (0, 1));
    assert_eq!(caller.pay("pm_card_visa", "").await.0, 500);
    assert_eq!(caller.stripe.read(|books| books.charges.len()), 2);
}

#[tokio::test]
async fn a_buyer_authenticates_or_does_not() {
    let caller = Caller::new().await;
    for (succeeds, expected) in [(true, "succeeded"), (false, "requires_payment_method")] {
        let (_, intent) = caller.pay("pm_card_authenticationRequired", "").await;
        assert_eq!(intent["status"], "requires_action");
        let id = intent["id"].as_str().unwrap();
        caller.stripe.authenticate(id, succeeds);
        assert_eq!(caller.get(&format!("/v1/payment_intents/{id}")).await.1["status"], expected);
    }
}

/// Takes webhooks; what came, and whether its signature was right.
async fn receiver() -> (String, Arc<Mutex<Vec<(String, bool)>>>) {
    let came: Arc<Mutex<Vec<(String, bool)>>> = Arc::default();
    let noted = came.clone();
    let handler = post(async move |headers: HeaderMap, body: String| {
        let event: Value = serde_json::from_str(&body).unwrap();
        let signature = headers["stripe-signature"].to_str().unwrap();
        let time: i64 = signature.split(['=', ',']).nth(1).unwrap().parse().unwrap();
        let entry = (event["type"].as_str().unwrap().to_owned(), signature == sign("whsec_x", &body, time));
        noted.lock().unwrap().push(entry);
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/hook", handler)).await.unwrap() });
    (url, came)
}

#[tokio::test]
async fn webhooks_are_signed_and_come_once_twice_or_never() {
    let caller = Caller::new().await;
    let (url, came) = receiver().await;
    caller.stripe.send_webhooks_to(&url, "whsec_x");
    let arrive = async |expected: usize| {
        for _ in 0..100 {
            if came.lock().unwrap().len() >= expected {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        std::mem::take(&mut *came.lock().unwrap())
    };
    caller.paid().await;
    let calm = arrive(3).await;
    let types: Vec<&str> = calm.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(types, ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]);
    assert!(calm.iter().all(|(_, is_right)| *is_right));
    caller.stripe.turn(|knobs| knobs.webhooks = Webhooks::Wild(Duration::from_millis(50)));
    caller.paid().await;
    assert_eq!(arrive(6).await.len(), 6);
    caller.stripe.turn(|knobs| knobs.webhooks = Webhooks::Silent);
    caller.paid().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(came.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_api_may_lie_below_a_path() {
    let caller = Caller::at(StripeStandIn::start_under("/mock/stripe", FakeClock::new()).await);
    assert!(caller.stripe.base_url().ends_with("/mock/stripe"));
    caller.paid().await;
}
