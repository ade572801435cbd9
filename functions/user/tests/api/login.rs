//! Signing in and out.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use crate::support::{EMAIL, MANY, PASSWORD, Shop, claims, subject, text};

#[tokio::test]
async fn an_access_token_is_verified_by_the_published_keys_and_says_what_it_must() {
    let shop = Shop::new().await;
    shop.member(EMAIL).await;
    let answer = shop.signed_in().await;
    assert_eq!((answer["token_type"].as_str(), answer["expires_in"].as_i64()), (Some("Bearer"), Some(900)));

    let published = shop.app.get("/.well-known/jwks.json").without_identity().send().await;
    assert!(published.header("cache-control").unwrap().starts_with("public, max-age="));
    let published = published.expect(200);
    let names: Vec<&String> = published["keys"][1].as_object().unwrap().keys().collect();
    assert_eq!(names, ["alg", "e", "kid", "kty", "n", "use"], "nothing private is published");
    let keys: JwkSet = serde_json::from_value(published).unwrap();
    assert_eq!(keys.keys.len(), 2, "the next key is published before it signs");

    let token = text(&answer, "access_token");
    let header = jsonwebtoken::decode_header(&token).unwrap();
    assert_eq!((header.typ.as_deref(), header.kid.as_deref()), (Some("at+jwt"), Some("first")));
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&["https://shop.test"]);
    validation.set_audience(&["cartwright"]);
    validation.validate_exp = false;
    let verify = |kid| {
        let key = DecodingKey::from_jwk(keys.find(kid).unwrap()).unwrap();
        jsonwebtoken::decode::<Value>(&token, &key, &validation)
    };
    let claims = verify("first").unwrap().claims;
    assert!(verify("next").is_err());
    assert_eq!(claims["sub"], answer["user"]["id"]);
    assert_eq!(claims["roles"], json!(["customer"]));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 900);
    for id in ["sid", "jti"] {
        assert!(claims[id].as_str().is_some_and(|id| id.len() == 36), "{claims}");
    }
    let names: Vec<&String> = claims.as_object().unwrap().keys().collect();
    assert_eq!(names, ["aud", "exp", "iat", "iss", "jti", "roles", "sid", "sub"]);
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_are_one_and_the_same() {
    let shop = Shop::new().await;
    shop.member(EMAIL).await;
    let attempt = async |email: &str, password: &str| {
        let before = shop.state.hasher.computed();
        let answer = shop.login(email, password).await;
        let mut problem = answer.expect_problem(401, "invalid_credentials");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        problem.as_object_mut().unwrap().remove("request_id");
        (problem, shop.state.hasher.computed() - before)
    };
    let (wrong, unknown) =
        (attempt(EMAIL, "not it at all").await, attempt("nobody@example.com", PASSWORD).await);
    assert_eq!(wrong, unknown);
    assert_eq!(wrong.1, 1);
    // Too long to be right: no work, for known and unknown alike.
    let long = "x".repeat(129);
    let (wrong, unknown) = (attempt(EMAIL, &long).await, attempt("nobody@example.com", &long).await);
    assert_eq!(wrong, unknown);
    assert_eq!(wrong.1, 0);
}

#[tokio::test]
async fn an_unproven_address_is_told_only_to_who_knows_the_password() {
    let shop = Shop::new().await;
    let _ = shop.register(EMAIL).await.expect(202);
    shop.login(EMAIL, PASSWORD).await.expect_problem(403, "email_unverified");
    shop.login(EMAIL, "not it at all").await.expect_problem(401, "invalid_credentials");
    assert_eq!(shop.count("sessions").await, 0);
}

#[tokio::test]
async fn a_setting_lets_unproven_addresses_in() {
    let shop = Shop::open(false, MANY).await;
    let _ = shop.register(EMAIL).await.expect(202);
    assert_eq!(shop.signed_in().await["user"]["email_verified"], false);
}

#[tokio::test]
async fn a_suspended_account_is_told_only_to_who_knows_the_password() {
    let shop = Shop::new().await;
    shop.member(EMAIL).await;
    let token = text(&shop.signed_in().await, "refresh_token");
    shop.suspend_everybody().await;
    shop.login(EMAIL, PASSWORD).await.expect_problem(403, "suspended");
    shop.login(EMAIL, "not it at all").await.expect_problem(401, "invalid_credentials");
    shop.refresh(&token).await.expect_problem(403, "suspended");
}

#[tokio::test]
async fn the_spelling_of_address_and_password_does_not_matter_where_unicode_has_two() {
    let shop = Shop::new().await;
    let body = json!({ "email": "Ada@Example.com", "password": "gru\u{308}ner apfel" });
    let _ = shop.post("/auth/register", body).await.expect(202);
    let token = shop.mailed_token().await;
    let _ = shop.post("/auth/email/verify", json!({ "token": token })).await.expect(204);
    let answer = shop.login("ADA@example.com", "grüner apfel").await.expect(200);
    assert_eq!(answer["user"]["email"], "Ada@Example.com", "mail goes to the address as it was written");
}

#[tokio::test]
async fn a_one_time_password_may_be_sent_and_other_fields_may_not() {
    let shop = Shop::new().await;
    shop.member(EMAIL).await;
    let body = json!({ "email": EMAIL, "password": PASSWORD, "otp": "123456" });
    let _ = shop.post("/auth/login", body).await.expect(200);
    let body = json!({ "email": EMAIL, "password": PASSWORD, "remember": true });
    shop.post("/auth/login", body).await.expect_problem(422, "validation_failed");
}

#[tokio::test]
async fn logging_out_ends_that_session_and_no_other() {
    let shop = Shop::new().await;
    shop.member(EMAIL).await;
    let (first, second) = (shop.signed_in().await, shop.signed_in().await);
    assert_ne!(claims(&first)["sid"], claims(&second)["sid"]);
    for _ in 0..2 {
        let _ = shop.app.post("/auth/logout").as_subject(subject(&first)).send().await.expect(204);
    }
    shop.refresh(&text(&first, "refresh_token")).await.expect_problem(401, "invalid_refresh_token");
    let _ = shop.refresh(&text(&second, "refresh_token")).await.expect(200);
    shop.app.post("/auth/logout").send().await.expect_problem(401, "unauthenticated");
}
