//! A forgotten password.

use cartwright_contracts::commands::TokenMail;
use serde_json::json;

use crate::support::{EMAIL, PASSWORD, Shop, text};

const NEW: &str = "a new plain sentence";

async fn forgot(shop: &Shop) -> String {
    let _ = shop.post("/auth/password/forgot", json!({ "email": EMAIL })).await.expect(202);
    shop.mailed_token().await
}

async fn reset(shop: &Shop, token: &str, password: &str) -> cartwright_test_support::Answer {
    shop.post("/auth/password/reset", json!({ "token": token, "password": password })).await
}

#[tokio::test]
async fn the_answer_does_not_tell_whether_there_is_an_account() {
    let shop = Shop::new().await;
    shop.member(EMAIL).await;
    let known = shop.post("/auth/password/forgot", json!({ "email": "ADA@example.com" })).await;
    let mails = shop.mails().await;
    assert!(matches!(mails[..], [ref one] if matches!(one.mail, TokenMail::PasswordReset { .. })));
    let unknown = shop.post("/auth/password/forgot", json!({ "email": "nobody@example.com" })).await;
    assert_eq!((known.status, &known.body), (unknown.status, &unknown.body));
    assert!(shop.mails().await.is_empty());
    let _ = known.expect(202);
}

#[tokio::test]
async fn a_reset_changes_the_password_once_and_ends_every_session() {
    let shop = Shop::new().await;
    shop.member(EMAIL).await;
    let (first, second) = (shop.signed_in().await, shop.signed_in().await);
    let token = forgot(&shop).await;
    let _ = reset(&shop, &token, NEW).await.expect(204);
    assert_eq!(shop.event_types().await, ["session.revoked", "user.password_changed"]);
    for session in [first, second] {
        shop.refresh(&text(&session, "refresh_token")).await.expect_problem(401, "invalid_refresh_token");
    }
    shop.login(EMAIL, PASSWORD).await.expect_problem(401, "invalid_credentials");
    let _ = shop.login(EMAIL, NEW).await.expect(200);
    reset(&shop, &token, "yet another sentence").await.expect_problem(400, "invalid_token");
    let _ = shop.login(EMAIL, NEW).await.expect(200);
}

#[tokio::test]
async fn a_reset_proves_the_address() {
    let shop = Shop::new().await;
    let _ = shop.register(EMAIL).await.expect(202);
    shop.mails().await;
    shop.events().await;
    let token = forgot(&shop).await;
    let _ = reset(&shop, &token, NEW).await.expect(204);
    assert_eq!(shop.event_types().await, ["user.password_changed", "user.verified"]);
    let answer = shop.login(EMAIL, NEW).await.expect(200);
    assert_eq!(answer["user"]["email_verified"], true);
}

#[tokio::test]
async fn a_reset_token_is_good_for_half_an_hour_and_voided_by_the_next() {
    let shop = Shop::new().await;
    shop.member(EMAIL).await;
    let superseded = forgot(&shop).await;
    let late = forgot(&shop).await;
    reset(&shop, &superseded, NEW).await.expect_problem(400, "invalid_token");
    shop.clock.advance(1800);
    reset(&shop, &late, NEW).await.expect_problem(400, "invalid_token");
    let token = forgot(&shop).await;
    shop.clock.advance(1799);
    let _ = reset(&shop, &token, NEW).await.expect(204);
}

#[tokio::test]
async fn a_refused_password_leaves_the_token_unspent() {
    let shop = Shop::new().await;
    shop.member(EMAIL).await;
    let token = forgot(&shop).await;
    for (bad, code) in
        [("short", "too_short"), ("password123", "password_too_common"), (&"x".repeat(129), "too_long")]
    {
        let problem = reset(&shop, &token, bad).await.expect_problem(422, "validation_failed");
        assert_eq!(
            (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]),
            (&json!("/password"), &json!(code))
        );
    }
    let _ = reset(&shop, &token, NEW).await.expect(204);
}

#[tokio::test]
async fn a_token_of_one_kind_does_not_do_for_another() {
    let shop = Shop::new().await;
    let _ = shop.register(EMAIL).await.expect(202);
    let verification = shop.mailed_token().await;
    reset(&shop, &verification, NEW).await.expect_problem(400, "invalid_token");
    let token = forgot(&shop).await;
    shop.post("/auth/email/verify", json!({ "token": token })).await.expect_problem(400, "invalid_token");
    let _ = shop.post("/auth/email/verify", json!({ "token": verification })).await.expect(204);
    let _ = reset(&shop, &token, NEW).await.expect(204);
}

#[tokio::test]
async fn of_two_resets_at_once_one_counts() {
    let shop = Shop::new().await;
    shop.member(EMAIL).await;
    let token = forgot(&shop).await;
    let answers = futures::future::join_all((0..4).map(|_| reset(&shop, &token, NEW))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 1);
    assert_eq!(shop.event_types().await, ["user.password_changed"]);
}
