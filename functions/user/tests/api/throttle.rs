//! Limits of tries, by account and by network.

use axum::http::Method;
use serde_json::json;

use crate::support::{EMAIL, PASSWORD, Shop};

async fn try_from(
    shop: &Shop,
    email: &str,
    password: &str,
    address: &str,
) -> cartwright_test_support::Answer {
    let body = json!({ "email": email, "password": password });
    shop.app.post("/auth/login").header("x-forwarded-for", address).json(&body).send().await
}

#[tokio::test]
async fn ten_tries_a_minute_on_an_account_whether_it_exists_or_not_and_nobody_is_locked_out_for_good() {
    let shop = Shop::open(true, "1").await;
    shop.member(EMAIL).await;
    shop.clock.advance(120);
    for email in [EMAIL, "nobody@example.com"] {
        for at in 0..10 {
            let answer = try_from(&shop, email, "not it at all", &format!("192.0.2.{at}")).await;
            answer.expect_problem(401, "invalid_credentials");
        }
        let computed = shop.state.hasher.computed();
        let refused = try_from(&shop, &email.to_uppercase(), PASSWORD, "198.51.100.1").await;
        refused.expect_problem(429, "rate_limited");
        assert_eq!(refused.header("retry-after"), Some("7"));
        assert_eq!(shop.state.hasher.computed(), computed, "no password is hashed for it");
    }
    shop.clock.advance(7);
    let _ = try_from(&shop, EMAIL, PASSWORD, "198.51.100.1").await.expect(200);
}

#[tokio::test]
async fn thirty_tries_a_minute_from_a_network_on_whatever_accounts() {
    let shop = Shop::open(true, "1").await;
    for at in 0..30 {
        let answer =
            try_from(&shop, &format!("a{at}@example.com"), PASSWORD, &format!("2001:db8::{at}")).await;
        answer.expect_problem(401, "invalid_credentials");
    }
    try_from(&shop, "b@example.com", PASSWORD, "2001:db8::ffff").await.expect_problem(429, "rate_limited");
    try_from(&shop, "b@example.com", PASSWORD, "2001:db8:1::1")
        .await
        .expect_problem(401, "invalid_credentials");
}

#[tokio::test]
async fn mails_and_password_changes_count_too() {
    let shop = Shop::open(true, "1").await;
    let ada = shop.joined(EMAIL).await;
    shop.clock.advance(120);
    for path in ["/auth/password/forgot", "/auth/email/resend"] {
        for _ in 0..5 {
            let _ = shop.post(path, json!({ "email": EMAIL })).await.expect(202);
        }
    }
    shop.post("/auth/password/forgot", json!({ "email": EMAIL })).await.expect_problem(429, "rate_limited");
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    for path in ["/auth/register", "/users", "/auth/login"] {
        shop.post(path, body.clone()).await.expect_problem(429, "rate_limited");
    }
    let change = json!({ "current_password": "not it at all", "password": "a new sentence of mine" });
    let call = async || shop.call(Method::POST, "/auth/password/change", &ada).json(&change).send().await;
    for _ in 0..10 {
        call().await.expect_problem(403, "invalid_credentials");
    }
    call().await.expect_problem(429, "rate_limited");
}
