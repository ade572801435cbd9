//! What staff and admins do with accounts.

use axum::http::Method;
use cartwright_contracts::commands::TokenMail;
use cartwright_test_support::Call;
use cartwright_types::{Role, SystemClock, UserId};
use serde_json::{Value, json};

use crate::support::{EMAIL, PASSWORD, Shop, claims, text};

fn staff(shop: &Shop, method: Method, path: &str) -> Call {
    shop.app.call(method, path).as_role(UserId::new(&SystemClock), Role::Staff)
}

fn admin(shop: &Shop, method: Method, path: &str) -> Call {
    shop.app.call(method, path).as_role(UserId::new(&SystemClock), Role::Admin)
}

fn emails(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_invited_user_sets_their_password_and_is_verified_by_that() {
    let shop = Shop::new().await;
    let body = json!({ "email": EMAIL, "full_name": "Ada King", "locale": "de" });
    let answer = staff(&shop, Method::POST, "/users").json(&body).send().await;
    let user = answer.expect(201);
    assert_eq!(
        (&user["role"], &user["email_verified"], &user["locale"]),
        (&json!("customer"), &json!(false), &json!("de"))
    );
    assert_eq!(answer.header("location"), Some(format!("/users/{}", text(&user, "id")).as_str()));
    assert_eq!(shop.event_types().await, ["user.registered"]);
    shop.login(EMAIL, PASSWORD).await.expect_problem(401, "invalid_credentials");
    let token = shop.mailed_token().await;
    shop.clock.advance(71 * 3600);
    let _ =
        shop.post("/auth/password/reset", json!({ "token": token, "password": PASSWORD })).await.expect(204);
    let ada = shop.signed_in().await;
    assert_eq!(ada["user"]["email_verified"], true);
    staff(&shop, Method::POST, "/users")
        .json(&json!({ "email": "ADA@example.com" }))
        .send()
        .await
        .expect_problem(409, "email_taken");
    assert_eq!(
        shop.facts(&ada).await,
        ["invited", "sign_in_failed", "password_reset", "email_verified", "signed_in"]
    );
}

#[tokio::test]
async fn a_retried_invitation_is_one_account_and_one_mail() {
    let shop = Shop::new().await;
    let who = UserId::new(&SystemClock);
    let post = async |body: Value| {
        shop.app
            .post("/users")
            .as_role(who, Role::Staff)
            .header("idempotency-key", "invite-1")
            .json(&body)
            .send()
            .await
    };
    let body = json!({ "email": EMAIL });
    let (first, again) = (post(body.clone()).await, post(body).await);
    assert_eq!(first.expect(201), again.expect(201));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(shop.mails().await.len(), 1);
    post(json!({ "email": "eve@example.com" })).await.expect_problem(422, "idempotency_key_reused");
    assert_eq!(shop.count("users").await, 1);
}

#[tokio::test]
async fn roles_are_an_admins_to_give() {
    let shop = Shop::new().await;
    let body = json!({ "email": EMAIL, "role": "staff" });
    staff(&shop, Method::POST, "/users").json(&body).send().await.expect_problem(403, "forbidden");
    let user = admin(&shop, Method::POST, "/users").json(&body).send().await.expect(201);
    assert_eq!(user["role"], "staff");
    let problem = admin(&shop, Method::POST, "/users")
        .json(&json!({ "email": "x@example.com", "role": "king" }))
        .send()
        .await;
    assert_eq!(problem.expect_problem(422, "validation_failed")["errors"][0]["pointer"], "/role");
    let eve = shop.joined("eve@example.com").await;
    shop.call(Method::POST, "/users", &eve)
        .json(&json!({ "email": "y@example.com" }))
        .send()
        .await
        .expect_problem(403, "forbidden");
}

#[tokio::test]
async fn without_a_token_it_is_a_registration() {
    let shop = Shop::new().await;
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    assert_eq!(shop.post("/users", body.clone()).await.expect(202), json!({ "status": "verification_sent" }));
    assert!(matches!(shop.mails().await[0].mail, TokenMail::EmailVerification { .. }));
    let problem = shop.post("/users", json!({ "email": EMAIL, "password": PASSWORD, "role": "admin" })).await;
    assert_eq!(problem.expect_problem(422, "validation_failed")["errors"][0]["code"], "unknown_field");
    let guessable = shop.app.post("/users").header("idempotency-key", "1").json(&body);
    guessable.send().await.expect_problem(400, "idempotency_key_invalid");
}

#[tokio::test]
async fn accounts_are_found_by_each_filter_page_by_page() {
    let shop = Shop::new().await;
    for (name, role) in [("ada", "customer"), ("bob", "staff"), ("cleo", "customer"), ("dan_50%", "customer")]
    {
        let body = json!({ "email": format!("{name}@example.com"), "full_name": format!("{name} Müller"), "role": role });
        let _ = admin(&shop, Method::POST, "/users").json(&body).send().await.expect(201);
        shop.clock.advance(60);
    }
    let found =
        async |query: &str| staff(&shop, Method::GET, &format!("/users?{query}")).send().await.expect(200);
    let all = ["dan_50%@example.com", "cleo@example.com", "bob@example.com", "ada@example.com"];
    assert_eq!(emails(&found("").await), all);
    assert_eq!(emails(&found("sort=created_at&limit=2").await), ["ada@example.com", "bob@example.com"]);
    assert_eq!(emails(&found("email=BOB@example.com").await), ["bob@example.com"]);
    assert_eq!(emails(&found("role=staff").await), ["bob@example.com"]);
    assert_eq!(emails(&found("status=suspended").await), [] as [&str; 0]);
    assert_eq!(emails(&found("q=CLEO").await), ["cleo@example.com"]);
    assert_eq!(emails(&found("q=m%C3%9Cller&role=customer").await).len(), 3);
    assert_eq!(emails(&found("q=_50%25").await), ["dan_50%@example.com"]);
    assert_eq!(emails(&found("q=%25").await), ["dan_50%@example.com"]);
    let cleo = found("q=cleo").await["data"][0]["created_at"].as_str().unwrap().to_owned();
    assert_eq!(emails(&found(&format!("created_from={cleo}")).await), all[..2]);
    assert_eq!(emails(&found(&format!("created_to={cleo}")).await), all[2..]);

    let first = found("limit=3").await;
    let next = format!("limit=3&cursor={}", text(&first, "next_cursor"));
    assert_eq!(emails(&found(&next).await), ["ada@example.com"]);
    let other = format!("limit=3&role=staff&cursor={}", text(&first, "next_cursor"));
    for query in [
        other.as_str(),
        "sort=email",
        "status=odd",
        "role=odd",
        "created_from=now",
        "q=",
        "limit=0",
        "page=2",
        "email=x",
    ] {
        let answer = staff(&shop, Method::GET, &format!("/users?{query}")).send().await;
        answer.expect_problem(400, "invalid_parameter");
    }
    let eve = shop.joined("eve@example.com").await;
    shop.call(Method::GET, "/users", &eve).send().await.expect_problem(403, "forbidden");
    shop.app.get("/users").send().await.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_role_change_and_a_suspension_end_the_sessions_and_are_told() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    let path = format!("/users/{}", text(&ada["user"], "id"));
    let user = admin(&shop, Method::PATCH, &path).json(&json!({ "role": "staff" })).send().await.expect(200);
    assert_eq!(user["role"], "staff");
    assert_eq!(shop.revoked().await, [claims(&ada)["sid"].as_str().unwrap()]);
    shop.refresh(&text(&ada, "refresh_token")).await.expect_problem(401, "invalid_refresh_token");
    let ada = shop.signed_in().await;
    assert_eq!(claims(&ada)["roles"], json!(["staff"]));

    let suspended =
        admin(&shop, Method::PATCH, &path).json(&json!({ "status": "suspended" })).send().await.expect(200);
    assert_eq!(suspended["status"], "suspended");
    assert_eq!(shop.event_types().await, ["session.revoked", "user.suspended"]);
    shop.login(EMAIL, PASSWORD).await.expect_problem(403, "suspended");
    let again =
        admin(&shop, Method::PATCH, &path).json(&json!({ "status": "suspended" })).send().await.expect(200);
    assert_eq!((again, shop.event_types().await), (suspended, Vec::new()));
    let _ = admin(&shop, Method::PATCH, &path).json(&json!({ "status": "active" })).send().await.expect(200);
    let ada = shop.signed_in().await;
    let facts = shop.facts(&ada).await;
    let expected = ["role_changed", "signed_in", "suspended", "reactivated", "signed_in"];
    assert!(facts.ends_with(&expected.map(str::to_owned)), "{facts:?}");
}

#[tokio::test]
async fn staff_change_customers_and_never_reach_above_themselves() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    let path = format!("/users/{}", text(&ada["user"], "id"));
    let by_staff = |body: Value| staff(&shop, Method::PATCH, &path).json(&body);
    let user = by_staff(json!({ "full_name": "Ada King" })).send().await.expect(200);
    assert_eq!(user["full_name"], "Ada King");
    for body in [json!({ "role": "staff" }), json!({ "status": "suspended" })] {
        by_staff(body).send().await.expect_problem(403, "forbidden");
    }
    let _ = admin(&shop, Method::PATCH, &path).json(&json!({ "role": "admin" })).send().await.expect(200);
    by_staff(json!({ "email": "mine@example.com" })).send().await.expect_problem(403, "forbidden");
    staff(&shop, Method::DELETE, &path).send().await.expect_problem(403, "forbidden");
    // Nor does an admin about themselves.
    let ada = shop.signed_in().await;
    for body in [json!({ "role": "customer" }), json!({ "status": "suspended" })] {
        shop.call(Method::PATCH, &path, &ada).json(&body).send().await.expect_problem(403, "forbidden");
    }
    let nobody = format!("/users/{}", UserId::new(&SystemClock));
    staff(&shop, Method::PATCH, &nobody).body("rubbish").send().await.expect_problem(404, "not_found");
}
