//! Refresh tokens: a chain in which each link works once.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::support::{EMAIL, Shop, claims, text};

async fn signed_in() -> (Shop, String) {
    let shop = Shop::new().await;
    shop.member(EMAIL).await;
    let token = text(&shop.signed_in().await, "refresh_token");
    (shop, token)
}

fn next(answer: &Value) -> String {
    text(answer, "refresh_token")
}

#[tokio::test]
async fn each_token_gives_the_next_pair_of_the_same_session() {
    let (shop, mut token) = signed_in().await;
    let (mut tokens, mut sessions) = (HashSet::from([token.clone()]), HashSet::new());
    for _ in 0..5 {
        let answer = shop.refresh(&token).await.expect(200);
        assert_eq!(
            (answer["token_type"].as_str(), answer["expires_in"].as_i64()),
            (Some("Bearer"), Some(900))
        );
        token = next(&answer);
        assert!(tokens.insert(token.clone()), "a token came back");
        sessions.insert(text(&claims(&answer), "sid"));
        shop.clock.advance(3600);
    }
    assert_eq!(sessions.len(), 1);
}

#[tokio::test]
async fn tabs_that_refresh_together_get_the_same_token() {
    let (shop, token) = signed_in().await;
    let answers = futures::future::join_all((0..8).map(|_| shop.refresh(&token))).await;
    let successors: HashSet<String> = answers.iter().map(|answer| next(&answer.expect(200))).collect();
    assert_eq!(successors.len(), 1);
    shop.clock.advance(10);
    assert_eq!(next(&shop.refresh(&token).await.expect(200)), *successors.iter().next().unwrap());
}

#[tokio::test]
async fn a_token_that_is_used_again_after_ten_seconds_ends_the_session() {
    let (shop, token) = signed_in().await;
    let successor = next(&shop.refresh(&token).await.expect(200));
    shop.clock.advance(11);
    shop.refresh(&token).await.expect_problem(401, "refresh_token_reused");
    // Committed: whoever holds the newest token is out as well.
    shop.refresh(&successor).await.expect_problem(401, "refresh_token_reused");
    let reasons: Vec<Option<String>> =
        sqlx::query_scalar("SELECT end_reason FROM sessions").fetch_all(shop.database.pool()).await.unwrap();
    assert_eq!(reasons, [Some("token_reuse".to_owned())]);
}

#[tokio::test]
async fn a_token_whose_successor_is_used_ends_the_session_at_once() {
    let (shop, token) = signed_in().await;
    let successor = next(&shop.refresh(&token).await.expect(200));
    let newest = next(&shop.refresh(&successor).await.expect(200));
    shop.refresh(&token).await.expect_problem(401, "refresh_token_reused");
    shop.refresh(&newest).await.expect_problem(401, "refresh_token_reused");
}

#[tokio::test]
async fn re_use_ends_one_session_and_not_the_others() {
    let (shop, token) = signed_in().await;
    let other = text(&shop.signed_in().await, "refresh_token");
    let _ = shop.refresh(&token).await.expect(200);
    shop.clock.advance(11);
    shop.refresh(&token).await.expect_problem(401, "refresh_token_reused");
    let _ = shop.refresh(&other).await.expect(200);
}

#[tokio::test]
async fn a_token_lives_for_thirty_days() {
    let (shop, token) = signed_in().await;
    shop.clock.advance(30 * 24 * 3600 - 1);
    let successor = next(&shop.refresh(&token).await.expect(200));
    shop.clock.advance(30 * 24 * 3600);
    shop.refresh(&successor).await.expect_problem(401, "invalid_refresh_token");
}

#[tokio::test]
async fn what_is_missing_malformed_or_unknown_is_a_401() {
    let shop = Shop::new().await;
    for body in [
        json!({}),
        json!({ "refresh_token": null }),
        json!({ "refresh_token": 7 }),
        json!({ "refresh_token": "x" }),
    ] {
        shop.post("/auth/refresh", body).await.expect_problem(401, "invalid_refresh_token");
    }
    shop.app.post("/auth/refresh").send().await.expect_problem(401, "invalid_refresh_token");
    let body = json!({ "refresh_token": "x", "scope": "admin" });
    shop.post("/auth/refresh", body).await.expect_problem(422, "validation_failed");
}

#[tokio::test]
async fn tokens_are_stored_as_hashes_and_removed_a_day_after_their_end() {
    let (shop, token) = signed_in().await;
    let stored: Vec<Vec<u8>> = sqlx::query_scalar("SELECT token_hash FROM refresh_tokens")
        .fetch_all(shop.database.pool())
        .await
        .unwrap();
    assert_ne!(stored[0], token.as_bytes());
    let tidy =
        async || user::usecases::tidy::tidy(&shop.state.database, shop.state.clock.as_ref()).await.unwrap();
    shop.clock.advance(30 * 24 * 3600);
    tidy().await;
    assert_eq!(shop.count("refresh_tokens").await, 1);
    shop.clock.advance(2 * 24 * 3600);
    tidy().await;
    assert_eq!((shop.count("refresh_tokens").await, shop.count("sessions").await), (0, 0));
}
