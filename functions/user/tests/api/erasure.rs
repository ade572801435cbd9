//! Erasing and exporting.

use std::sync::Arc;

use axum::http::Method;
use cartwright_types::{Role, SharedClock, SystemClock, UserId};
use serde_json::{Value, json};
use user::clients::holders::Holders;

use crate::support::{EMAIL, PASSWORD, Shop, claims, holder, text};

#[tokio::test]
async fn an_erased_account_is_gone_its_sessions_are_over_and_its_address_is_free() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    let address = json!({ "name": "Ada", "line1": "Uferweg 7", "city": "Berlin", "postal_code": "10115", "country": "DE" });
    let _ = shop.call(Method::POST, "/users/me/addresses", &ada).json(&address).send().await.expect(201);
    let answer = shop.call(Method::DELETE, "/users/me", &ada).send().await.expect(202);
    assert_eq!(answer, json!({ "status": "erasure_started" }));
    let events = shop.events().await;
    let types: Vec<&str> = events.iter().map(|event| event.event_type.as_str()).collect();
    assert_eq!(types, ["session.revoked", "user.erased"]);
    assert_eq!(events[0].data["session_ids"], json!([claims(&ada)["sid"]]));
    assert_eq!(events[1].data["user_id"], ada["user"]["id"]);
    for table in ["users", "sessions", "refresh_tokens", "one_time_tokens", "addresses", "audit_events"] {
        assert_eq!(shop.count(table).await, 0, "{table}");
    }
    shop.refresh(&text(&ada, "refresh_token")).await.expect_problem(401, "invalid_refresh_token");
    shop.login(EMAIL, PASSWORD).await.expect_problem(401, "invalid_credentials");
    shop.call(Method::GET, "/users/me", &ada).send().await.expect_problem(404, "not_found");
    shop.call(Method::DELETE, "/users/me", &ada).send().await.expect_problem(404, "not_found");
    // Its access token may live for seconds: whatever it does then is an answer, not a failure.
    let change = json!({ "current_password": PASSWORD, "password": "a new sentence of mine" });
    shop.call(Method::POST, "/auth/password/change", &ada)
        .json(&change)
        .send()
        .await
        .expect_problem(403, "invalid_credentials");
    for path in ["/auth/logout", "/auth/logout-all"] {
        let _ = shop.call(Method::POST, path, &ada).send().await.expect(204);
    }
    let address = shop.call(Method::POST, "/users/me/addresses", &ada).json(&address);
    address.send().await.expect_problem(404, "not_found");
    let again = shop.joined(EMAIL).await;
    assert_ne!(again["user"]["id"], ada["user"]["id"]);
}

#[tokio::test]
async fn an_admin_erases_anybody_and_staff_nobody() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    let path = format!("/users/{}", text(&ada["user"], "id"));
    let by = |role| shop.app.delete(&path).as_role(UserId::new(&SystemClock), role);
    by(Role::Staff).send().await.expect_problem(403, "forbidden");
    by(Role::Customer).send().await.expect_problem(404, "not_found");
    let _ = by(Role::Admin).send().await.expect(202);
    by(Role::Admin).send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn an_export_gathers_everything_from_all_services() {
    let mut shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    let clock: SharedClock = shop.clock.clone();
    let holders = vec![
        holder("order", json!({ "orders": [{ "number": "C-2026-000001" }], "cart": null }), clock.clone())
            .await,
        holder("notification", json!({ "notifications": [] }), clock).await,
    ];
    shop.state.holders = Arc::new(Holders::new(holders));
    let Shop { database, clock, state, .. } = shop;
    let shop = Shop::with_state(database, clock, state);
    let answer = shop.call(Method::GET, "/users/me/export", &ada).send().await;
    assert!(answer.header("content-disposition").unwrap().starts_with("attachment"));
    let everything = answer.expect(200);
    let names: Vec<&String> = everything.as_object().unwrap().keys().collect();
    assert_eq!(names, ["addresses", "audit", "cart", "notifications", "orders", "profile", "sessions"]);
    assert_eq!(everything["profile"], ada["user"]);
    assert_eq!(everything["sessions"][0]["current"], true);
    assert_eq!(everything["audit"].as_array().unwrap().len(), 3);
    assert_eq!(everything["orders"][0]["number"], "C-2026-000001");
    let text = everything.to_string();
    assert!(!text.contains("argon2") && !text.contains("token"), "{text}");
    let path = format!("/users/{}/export", text_of(&ada));
    let staff = shop.app.get(&path).as_role(UserId::new(&SystemClock), Role::Admin);
    staff.send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn half_an_export_is_none() {
    let mut shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    let mut away = holder("order", json!({}), shop.clock.clone()).await;
    let signer = cartwright_web::identity::IdentitySigner::new(
        "order",
        cartwright_test_support::test_keys(),
        shop.clock.clone(),
    );
    away.client =
        cartwright_web::client::InternalClient::new("user", vec!["http://127.0.0.1:9".to_owned()], signer);
    shop.state.holders = Arc::new(Holders::new(vec![away]));
    let Shop { database, clock, state, .. } = shop;
    let shop = Shop::with_state(database, clock, state);
    shop.call(Method::GET, "/users/me/export", &ada).send().await.expect_problem(503, "service_unavailable");
}

fn text_of(who: &Value) -> String {
    text(&who["user"], "id")
}
