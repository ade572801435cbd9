//! Changing one's own account.

use axum::http::Method;
use cartwright_contracts::commands::TokenMail;
use cartwright_types::{SystemClock, UserId};
use serde_json::{Value, json};

use crate::support::{EMAIL, PASSWORD, Shop, claims, text};

const NEW: &str = "ada.king@example.com";

async fn patch(shop: &Shop, who: &Value, body: Value) -> cartwright_test_support::Answer {
    shop.call(Method::PATCH, "/users/me", who).json(&body).send().await
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_null_empties() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    let body = json!({ "full_name": "Ada King", "phone": "+4930123456", "locale": "de-AT", "marketing_opt_in": true });
    let answer = patch(&shop, &ada, body).await;
    let (user, tag) = (answer.expect(200), answer.header("etag").unwrap().to_owned());
    assert_eq!(
        (&user["full_name"], &user["phone"], &user["locale"]),
        (&json!("Ada King"), &json!("+4930123456"), &json!("de-AT"))
    );
    assert_eq!(user["marketing_opt_in"], true);
    let answer = patch(&shop, &ada, json!({ "phone": null })).await;
    let user = answer.expect(200);
    assert_eq!((&user["full_name"], &user["phone"]), (&json!("Ada King"), &Value::Null));
    assert_ne!(answer.header("etag"), Some(tag.as_str()));
    // Nothing new is no change.
    let again = patch(&shop, &ada, json!({ "phone": null, "full_name": "Ada King" })).await;
    assert_eq!((again.expect(200), again.header("etag")), (user.clone(), answer.header("etag")));
    let read = shop.call(Method::GET, "/users/me", &ada).send().await;
    assert_eq!((read.expect(200), read.header("etag")), (user, answer.header("etag")));
}

#[tokio::test]
async fn a_put_empties_what_it_does_not_name() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    let full =
        json!({ "full_name": "Ada King", "phone": "+4930123456", "locale": "de", "marketing_opt_in": true });
    let path = format!("/users/{}", ada["user"]["id"].as_str().unwrap());
    let _ = shop.call(Method::PUT, &path, &ada).json(&full).send().await.expect(200);
    let user =
        shop.call(Method::PUT, &path, &ada).json(&json!({ "full_name": "Ada" })).send().await.expect(200);
    let expected = json!(["Ada", null, "en", false, EMAIL]);
    assert_eq!(
        json!([user["full_name"], user["phone"], user["locale"], user["marketing_opt_in"], user["email"]]),
        expected
    );
}

#[tokio::test]
async fn a_stale_change_is_refused_before_its_body_is_read() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    let tag = shop.call(Method::GET, "/users/me", &ada).send().await.header("etag").unwrap().to_owned();
    let with = |tag: &str, body: &str| {
        shop.call(Method::PATCH, "/users/me", &ada)
            .header("if-match", tag)
            .header("content-type", "application/json")
            .body(body.to_owned())
    };
    let _ = with(&tag, r#"{"full_name":"Ada"}"#).send().await.expect(200);
    with(&tag, r#"{"full_name":"Eve"}"#).send().await.expect_problem(412, "precondition_failed");
    with(&tag, "rubbish").send().await.expect_problem(412, "precondition_failed");
    let _ = with("*", r#"{"full_name":"Ada K"}"#).send().await.expect(200);
    with("*", "rubbish").send().await.expect_problem(400, "malformed_json");
    shop.call(Method::DELETE, "/users/me", &ada)
        .header("if-match", &tag)
        .send()
        .await
        .expect_problem(412, "precondition_failed");
}

#[tokio::test]
async fn what_a_user_may_not_set_is_refused_field_by_field() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    let body = json!({
        "full_name": "a\r\nb", "phone": "030", "locale": "deutsch!", "marketing_opt_in": "yes", "email": "nobody",
        "email_verified": true, "id": UserId::new(&SystemClock), "password_hash": "x",
    });
    let problem = patch(&shop, &ada, body).await.expect_problem(422, "validation_failed");
    let mut pointers: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    pointers.sort_unstable();
    let expected = [
        "/email",
        "/email_verified",
        "/full_name",
        "/id",
        "/locale",
        "/marketing_opt_in",
        "/password_hash",
        "/phone",
    ];
    assert_eq!(pointers, expected);
    for body in [
        json!({ "role": "admin" }),
        json!({ "status": "active" }),
        json!({ "role": "customer", "full_name": "x" }),
    ] {
        patch(&shop, &ada, body.clone()).await.expect_problem(403, "forbidden");
        shop.call(Method::PUT, "/users/me", &ada).json(&body).send().await.expect_problem(403, "forbidden");
    }
    let read = shop.call(Method::GET, "/users/me", &ada).send().await.expect(200);
    assert_eq!(read, ada["user"]);
}

#[tokio::test]
async fn a_strangers_account_cannot_be_changed_or_told_from_none() {
    let shop = Shop::new().await;
    let (ada, eve) = (shop.joined(EMAIL).await, shop.joined("eve@example.com").await);
    let path = format!("/users/{}", ada["user"]["id"].as_str().unwrap());
    let nobody = format!("/users/{}", UserId::new(&SystemClock));
    for path in [&path, &nobody] {
        for method in [Method::PATCH, Method::PUT] {
            shop.call(method, path, &eve)
                .json(&json!({ "full_name": "Eve" }))
                .send()
                .await
                .expect_problem(404, "not_found");
        }
        shop.call(Method::DELETE, path, &eve).send().await.expect_problem(404, "not_found");
        for part in ["export", "audit", "addresses"] {
            shop.call(Method::GET, &format!("{path}/{part}"), &eve)
                .send()
                .await
                .expect_problem(404, "not_found");
        }
    }
    assert_eq!(shop.call(Method::GET, "/users/me", &ada).send().await.expect(200), ada["user"]);
}

#[tokio::test]
async fn a_new_address_counts_once_its_link_was_followed() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    let user = patch(&shop, &ada, json!({ "email": NEW })).await.expect(202);
    assert_eq!((&user["email"], &user["pending_email"]), (&json!(EMAIL), &json!(NEW)));
    let mails = shop.mails().await;
    let [notice, link] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!(notice.mail, TokenMail::EmailChangeRequested {});
    let TokenMail::EmailChange { token } = &link.mail else { panic!("{link:?}") };
    let id = ada["user"]["id"].as_str().unwrap();
    let contact =
        shop.app.get(&format!("/internal/users/{id}/contact")).as_service("notification", "contact");
    assert_eq!(contact.send().await.expect(200)["pending_email"], NEW);

    // A reset link that went to the former address is void afterwards.
    let _ = shop.post("/auth/password/forgot", json!({ "email": EMAIL })).await.expect(202);
    let reset = shop.mailed_token().await;
    shop.login(NEW, PASSWORD).await.expect_problem(401, "invalid_credentials");
    let _ = shop.post("/auth/email/verify", json!({ "token": token })).await.expect(204);
    shop.post("/auth/email/verify", json!({ "token": token })).await.expect_problem(400, "invalid_token");
    let body = json!({ "token": reset, "password": "a new sentence of mine" });
    shop.post("/auth/password/reset", body).await.expect_problem(400, "invalid_token");
    shop.login(EMAIL, PASSWORD).await.expect_problem(401, "invalid_credentials");
    let user = shop.login(NEW, PASSWORD).await.expect(200)["user"].clone();
    assert_eq!(
        (&user["email"], &user["pending_email"], &user["email_verified"]),
        (&json!(NEW), &Value::Null, &json!(true))
    );
    assert_eq!(
        shop.event_types().await,
        [] as [&str; 0],
        "the address was proven before: nobody is welcomed twice"
    );
    let facts = shop.facts(&ada).await;
    let expected = ["email_change_requested", "password_reset_requested", "email_changed", "signed_in"];
    assert!(facts.ends_with(&expected.map(str::to_owned)), "{facts:?}");
}

#[tokio::test]
async fn an_address_that_has_an_account_is_not_told_and_not_taken() {
    let shop = Shop::new().await;
    let (ada, eve) = (shop.joined(EMAIL).await, shop.joined("eve@example.com").await);
    let user = patch(&shop, &ada, json!({ "email": "Eve@example.com" })).await.expect(202);
    assert_eq!(user["pending_email"], "Eve@example.com");
    let mails = shop.mails().await;
    let told: Vec<_> = mails.iter().map(|mail| (mail.user_id.to_string(), mail.mail.clone())).collect();
    let id = |who: &Value| text(&who["user"], "id");
    let expected = [(id(&ada), TokenMail::EmailChangeRequested {}), (id(&eve), TokenMail::AccountExists {})];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn an_address_that_was_taken_meanwhile_is_a_conflict() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    let _ = patch(&shop, &ada, json!({ "email": NEW })).await.expect(202);
    let mails = shop.mails().await;
    let TokenMail::EmailChange { token } = &mails[1].mail else { panic!("{mails:?}") };
    shop.member(NEW).await;
    shop.post("/auth/email/verify", json!({ "token": token })).await.expect_problem(409, "email_taken");
    let _ = shop.login(EMAIL, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_change_is_called_off_by_the_present_address_and_superseded_by_another() {
    let shop = Shop::new().await;
    let ada = shop.joined(EMAIL).await;
    let wish = async |email: &str| {
        let answer = patch(&shop, &ada, json!({ "email": email })).await;
        let token = shop.mails().await.into_iter().find_map(|mail| match mail.mail {
            TokenMail::EmailChange { token } => Some(token),
            _ => None,
        });
        (answer, token)
    };
    let (_, first) = wish(NEW).await;
    let (_, second) = wish("other@example.com").await;
    let verify = async |token: Option<String>| {
        shop.post("/auth/email/verify", json!({ "token": token.unwrap() })).await
    };
    verify(first).await.expect_problem(400, "invalid_token");
    let (answer, none) = wish("ADA@example.com").await;
    let user = answer.expect(200);
    assert_eq!(
        (&user["email"], &user["pending_email"], none),
        (&json!("ADA@example.com"), &Value::Null, None)
    );
    verify(second).await.expect_problem(400, "invalid_token");
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it_and_ends_the_other_sessions() {
    let shop = Shop::new().await;
    let (ada, other) = (shop.joined(EMAIL).await, shop.signed_in().await);
    let change = async |current: &str, password: &str| {
        let body = json!({ "current_password": current, "password": password });
        shop.call(Method::POST, "/auth/password/change", &ada).json(&body).send().await
    };
    change("not it at all", "a new sentence of mine").await.expect_problem(403, "invalid_credentials");
    change(&"x".repeat(200), "a new sentence of mine").await.expect_problem(403, "invalid_credentials");
    let problem = change(PASSWORD, "password1").await.expect_problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["code"], "password_too_common");
    assert_eq!(shop.revoked().await, [] as [&str; 0]);
    let _ = shop.post("/auth/password/forgot", json!({ "email": EMAIL })).await.expect(202);
    let reset = shop.mailed_token().await;

    let _ = change(PASSWORD, "a new sentence of mine").await.expect(204);
    let events = shop.events().await;
    let types: Vec<&str> = events.iter().map(|event| event.event_type.as_str()).collect();
    assert_eq!(types, ["session.revoked", "user.password_changed"]);
    assert_eq!(events[0].data["session_ids"], json!([claims(&other)["sid"]]));
    shop.refresh(&text(&other, "refresh_token")).await.expect_problem(401, "invalid_refresh_token");
    let _ = shop.refresh(&text(&ada, "refresh_token")).await.expect(200);
    shop.login(EMAIL, PASSWORD).await.expect_problem(401, "invalid_credentials");
    let _ = shop.login(EMAIL, "a new sentence of mine").await.expect(200);
    let body = json!({ "token": reset, "password": "yet another sentence" });
    shop.post("/auth/password/reset", body).await.expect_problem(400, "invalid_token");
    shop.post("/auth/password/change", json!({})).await.expect_problem(401, "unauthenticated");
}
