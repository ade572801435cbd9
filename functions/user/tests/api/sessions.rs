//! Where somebody is signed in, and signing out there.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{EMAIL, PASSWORD, Shop, claims, text};

async fn list(shop: &Shop, who: &Value) -> Vec<Value> {
    let page = shop.call(Method::GET, "/auth/sessions", who).send().await.expect(200);
    page["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn sessions_are_listed_newest_first_with_what_signed_in_and_which_one_asks() {
    let shop = Shop::new().await;
    let first = shop.joined(EMAIL).await;
    shop.clock.advance(60);
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    let call = shop.app.post("/auth/login").header("user-agent", "Phone/1.0").json(&body);
    let second = call.send().await.expect(200);
    shop.clock.advance(60);
    let _ = shop.refresh(&text(&first, "refresh_token")).await.expect(200);
    let sessions = list(&shop, &second).await;
    let facts: Vec<_> = sessions
        .iter()
        .map(|session| (&session["id"], &session["user_agent"], &session["current"]))
        .collect();
    let (one, two) = (&claims(&first)["sid"], &claims(&second)["sid"]);
    assert_eq!(facts, [(two, &json!("Phone/1.0"), &json!(true)), (one, &Value::Null, &json!(false))]);
    assert!(sessions[1]["last_used_at"].as_str() > sessions[1]["created_at"].as_str());

    let page = shop.call(Method::GET, "/auth/sessions?limit=1", &second).send().await.expect(200);
    let next = format!("/auth/sessions?limit=1&cursor={}", page["next_cursor"].as_str().unwrap());
    let page = shop.call(Method::GET, &next, &second).send().await.expect(200);
    assert_eq!((&page["data"][0]["id"], &page["next_cursor"]), (one, &Value::Null));
    shop.app.get("/auth/sessions").send().await.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn an_ended_or_expired_session_is_listed_no_more() {
    let shop = Shop::new().await;
    let first = shop.joined(EMAIL).await;
    let second = shop.signed_in().await;
    let path = format!("/auth/sessions/{}", claims(&first)["sid"].as_str().unwrap());
    for _ in 0..2 {
        let _ = shop.call(Method::DELETE, &path, &second).send().await.expect(204);
    }
    assert_eq!(list(&shop, &second).await.len(), 1);
    shop.refresh(&text(&first, "refresh_token")).await.expect_problem(401, "invalid_refresh_token");
    assert_eq!(shop.revoked().await, [claims(&first)["sid"].as_str().unwrap()]);
    shop.clock.advance(31 * 24 * 3600);
    assert_eq!(list(&shop, &second).await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_strangers_session_cannot_be_ended() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    let eve = shop.joined("eve@example.com").await;
    let path = format!("/auth/sessions/{}", claims(&ada)["sid"].as_str().unwrap());
    shop.call(Method::DELETE, &path, &eve).send().await.expect_problem(404, "not_found");
    shop.call(Method::DELETE, "/auth/sessions/me", &eve).send().await.expect_problem(404, "not_found");
    shop.app.delete(&path).send().await.expect_problem(401, "unauthenticated");
    let _ = shop.refresh(&text(&ada, "refresh_token")).await.expect(200);
    assert_eq!(shop.revoked().await, [] as [&str; 0]);
}

#[tokio::test]
async fn signing_out_tells_the_gateway_once_and_only_while_an_access_token_may_live() {
    let shop = Shop::new().await;
    let first = shop.joined(EMAIL).await;
    for _ in 0..2 {
        let _ = shop.call(Method::POST, "/auth/logout", &first).send().await.expect(204);
    }
    assert_eq!(shop.revoked().await, [claims(&first)["sid"].as_str().unwrap()]);
    let old = shop.signed_in().await;
    shop.clock.advance(17 * 60);
    let _ = shop.call(Method::POST, "/auth/logout", &old).send().await.expect(204);
    assert_eq!(shop.revoked().await, [] as [&str; 0], "its last access token is over");
}

#[tokio::test]
async fn signing_out_everywhere_ends_all_sessions_of_that_user_and_no_other() {
    let shop = Shop::new().await;
    let eve = shop.joined("eve@example.com").await;
    let (first, second) = (shop.joined(EMAIL).await, shop.signed_in().await);
    let _ = shop.call(Method::POST, "/auth/logout-all", &first).send().await.expect(204);
    let mut expected = [&first, &second].map(|answer| claims(answer)["sid"].as_str().unwrap().to_owned());
    expected.sort();
    assert_eq!(shop.revoked().await, expected);
    for answer in [&first, &second] {
        shop.refresh(&text(answer, "refresh_token")).await.expect_problem(401, "invalid_refresh_token");
    }
    let _ = shop.refresh(&text(&eve, "refresh_token")).await.expect(200);
    shop.app.post("/auth/logout-all").send().await.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_refresh_token_works_as_a_bearer_too_and_a_body_comes_first() {
    let shop = Shop::new().await;
    let token = text(&shop.joined(EMAIL).await, "refresh_token");
    // The gateway hands the bearer on in this header.
    let answer = shop.app.get("/auth/refresh").header("x-refresh-token", &token).send().await;
    assert_eq!(answer.header("cache-control"), Some("private, no-store"));
    let second = text(&answer.expect(200), "refresh_token");
    let answer = shop.app.post("/auth/refresh").header("x-refresh-token", &second).send().await;
    let third = text(&answer.expect(200), "refresh_token");
    let call = shop.app.post("/auth/refresh").header("x-refresh-token", "rubbish");
    let _ = call.json(&json!({ "refresh_token": third })).send().await.expect(200);
    shop.app.get("/auth/refresh").send().await.expect_problem(401, "invalid_refresh_token");
    shop.app
        .get("/auth/refresh")
        .header("x-refresh-token", &token)
        .send()
        .await
        .expect_problem(401, "refresh_token_reused");
}

#[tokio::test]
async fn a_chain_of_four_whose_first_is_replayed_is_dead_at_once_and_the_gateway_is_told() {
    let shop = Shop::new().await;
    let signed_in = shop.joined(EMAIL).await;
    let mut chain = vec![text(&signed_in, "refresh_token")];
    for _ in 0..3 {
        let answer = shop.refresh(chain.last().unwrap()).await.expect(200);
        chain.push(text(&answer, "refresh_token"));
        shop.clock.advance(60);
    }
    shop.refresh(&chain[0]).await.expect_problem(401, "refresh_token_reused");
    for token in &chain {
        shop.refresh(token).await.expect_problem(401, "refresh_token_reused");
    }
    assert_eq!(shop.revoked().await, [claims(&signed_in)["sid"].as_str().unwrap()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_refreshes_at_once_get_one_successor_fifty_times_over() {
    let shop = Shop::new().await;
    let mut token = text(&shop.joined(EMAIL).await, "refresh_token");
    for round in 0..50 {
        let answers = futures::future::join_all((0..20).map(|_| shop.refresh(&token))).await;
        let mut successors: Vec<String> =
            answers.iter().map(|answer| text(&answer.expect(200), "refresh_token")).collect();
        successors.dedup();
        assert_eq!(successors.len(), 1, "round {round}");
        token = successors.remove(0);
    }
    assert_eq!(shop.count("refresh_tokens").await, 51);
}
