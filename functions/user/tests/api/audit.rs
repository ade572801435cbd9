//! The audit trail.

use axum::http::Method;
use cartwright_types::{Role, SystemClock, UserId};
use serde_json::{Value, json};

use crate::support::{EMAIL, PASSWORD, Shop, claims, text};

#[tokio::test]
async fn what_happens_is_written_down_with_where_it_came_from() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    let wrong = json!({ "email": EMAIL, "password": "not it at all" });
    let call =
        shop.app.post("/auth/login").header("x-forwarded-for", "192.0.2.7").header("user-agent", "Curl/8");
    call.json(&wrong).send().await.expect_problem(401, "invalid_credentials");
    let page = shop.call(Method::GET, "/users/me/audit", &ada).send().await.expect(200);
    let newest = &page["data"][0];
    assert_eq!((&newest["type"], &newest["actor"]), (&json!("sign_in_failed"), &json!("anonymous")));
    assert_eq!((&newest["client_address"], &newest["user_agent"]), (&json!("192.0.2.7"), &json!("Curl/8")));
    assert_eq!(page["data"][1]["data"], json!({ "session_id": claims(&ada)["sid"] }));
    assert_eq!(shop.facts(&ada).await, ["registered", "email_verified", "signed_in", "sign_in_failed"]);
    assert!(!page.to_string().contains(EMAIL) && !page.to_string().contains("not it"));

    let first = shop.call(Method::GET, "/users/me/audit?limit=3", &ada).send().await.expect(200);
    let next = format!("/users/me/audit?limit=3&cursor={}", text(&first, "next_cursor"));
    let second = shop.call(Method::GET, &next, &ada).send().await.expect(200);
    assert_eq!((&second["data"][0]["type"], &second["next_cursor"]), (&json!("registered"), &Value::Null));
}

#[tokio::test]
async fn staff_read_anybodys_trail_and_nobody_elses_exists() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    let path = format!("/users/{}/audit", text(&ada["user"], "id"));
    let staff = |path: &str| shop.app.get(path).as_role(UserId::new(&SystemClock), Role::Staff);
    assert_eq!(staff(&path).send().await.expect(200)["data"].as_array().unwrap().len(), 3);
    let nobody = format!("/users/{}/audit", UserId::new(&SystemClock));
    staff(&nobody).send().await.expect_problem(404, "not_found");
    shop.app.get(&path).as_user(UserId::new(&SystemClock)).send().await.expect_problem(404, "not_found");
    shop.app.get("/users/me/audit").send().await.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_password_of_other_parameters_is_hashed_anew_at_the_next_sign_in() {
    let shop = Shop::new().await;
    shop.member(EMAIL).await;
    // Of the reference implementation, with fewer passes over less memory, for "password".
    let old = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    sqlx::query("UPDATE users SET password_hash = $1").bind(old).execute(shop.database.pool()).await.unwrap();
    let stored = async || -> String {
        sqlx::query_scalar("SELECT password_hash FROM users").fetch_one(shop.database.pool()).await.unwrap()
    };
    shop.login(EMAIL, PASSWORD).await.expect_problem(401, "invalid_credentials");
    assert_eq!(stored().await, old);
    let _ = shop.login(EMAIL, "password").await.expect(200);
    let fresh = stored().await;
    assert!(fresh.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{fresh}");
    let _ = shop.login(EMAIL, "password").await.expect(200);
    assert_eq!(stored().await, fresh);
}
