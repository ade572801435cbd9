//! Who calls: what makes a token good, and what the services hear.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cartwright_types::Role;
use cartwright_web::identity::Subject;
use serde_json::{Value, json};

use crate::support::{
    CURVE_KEY, FOREIGN_KEY, KEY, Reply, Seen, TestGateway, Token, echo, nobody, public_parts,
};

#[tokio::test]
async fn a_signed_in_caller_is_introduced_to_the_service_and_outside_identity_is_not() {
    let gateway = TestGateway::new().await;
    let token = Token::of(&gateway, "customer");
    let request = gateway
        .call("GET", "/orders")
        .bearer_auth(token.sign())
        .header("x-user-id", "somebody")
        .header("x-user-roles", "admin")
        .header("x-internal-token", "t")
        .header("x-forwarded-for", "203.0.113.9");
    let reply = Reply::of(request).await.expect(200);
    let Subject::User { id, roles, session } = reply.subject("order", &gateway) else { panic!("no user") };
    assert_eq!(json!(id), token.claims["sub"]);
    assert_eq!(json!(session), token.claims["sid"]);
    assert_eq!(roles, [Role::Customer]);
    for header in ["x-user-id", "x-user-roles", "x-internal-token"] {
        assert_eq!(reply.sent(header), "", "{header}");
    }
    assert_eq!(reply.sent("x-forwarded-for"), "127.0.0.1");
    assert!(!reply.sent("authorization").contains(&token.sign()));
}

#[tokio::test]
async fn a_caller_without_a_token_is_introduced_as_anonymous() {
    let gateway = TestGateway::new().await;
    for (path, service) in
        [("/products", "product"), ("/auth/login", "user"), ("/notifications/x", "notification")]
    {
        let reply = gateway.get(path).await.expect(200);
        assert_eq!(reply.subject(service, &gateway), Subject::Anonymous);
    }
}

#[tokio::test]
async fn a_token_that_is_not_exactly_right_is_refused_on_every_route() {
    let gateway = TestGateway::new().await;
    let token = || Token::of(&gateway, "admin");
    let now = token().claims["iat"].as_i64().unwrap();
    let good = token().sign();
    let (head, rest) = good.split_once('.').unwrap();
    let (body, signature) = rest.split_once('.').unwrap();
    let forged = token().claim("roles", json!(["admin", "staff"])).message();
    let bad = [
        ("tampered claims", format!("{forged}.{signature}")),
        ("tampered signature", format!("{head}.{body}.{}", "A".repeat(signature.len()))),
        ("no signature", format!("{head}.{body}.")),
        ("alg none", format!("{}.", token().head("alg", json!("none")).message())),
        ("HS256 with the public key", hs256_with_the_public_key(token())),
        ("another RSA algorithm in the header", token().head("alg", json!("RS512")).sign()),
        ("foreign key", token().sign_with(&FOREIGN_KEY)),
        (
            "foreign key brought along",
            token().head("jwk", foreign_jwk()).head("kid", json!("x")).sign_with(&FOREIGN_KEY),
        ),
        ("critical extension", token().head("crit", json!(["b64"])).sign()),
        ("wrong typ", token().head("typ", json!("JWT")).sign()),
        ("no typ", token().head("typ", Value::Null).sign()),
        ("unknown kid", token().head("kid", json!("k2")).sign()),
        ("no kid", token().head("kid", Value::Null).sign()),
        ("wrong audience", token().claim("aud", json!("other")).sign()),
        ("no audience", token().without("aud").sign()),
        ("wrong issuer", token().claim("iss", json!("https://evil.example")).sign()),
        ("no issuer", token().without("iss").sign()),
        ("expired this second", token().claim("exp", json!(now)).sign()),
        ("no expiry", token().without("exp").sign()),
        ("not yet valid", token().claim("nbf", json!(now + 60)).sign()),
        ("issued in the future", token().claim("iat", json!(now + 60)).sign()),
        ("no session", token().without("sid").sign()),
        ("no subject", token().without("sub").sign()),
        ("a role that does not exist", token().claim("roles", json!(["root"])).sign()),
        ("an API key", "ck_0123456789".to_owned()),
        ("very long", "a".repeat(5000)),
    ];
    for (what, token) in bad {
        for path in ["/products", "/orders", "/", "/.well-known/jwks.json"] {
            let reply = gateway.get_with(path, &token).await;
            assert_eq!(reply.status, 401, "{what} at {path}");
            let reply = reply.expect_problem(401, "invalid_token");
            assert_eq!(reply.header("www-authenticate"), "Bearer error=\"invalid_token\"");
        }
    }
    assert_eq!(gateway.seen.requests(), 0);
    gateway.get_with("/orders", &good).await.expect(200);
}

#[tokio::test]
async fn a_token_is_signed_with_either_algorithm_and_each_key_is_for_one_of_them() {
    let gateway = TestGateway::new().await;
    let token = |alg: &str, kid: &str| {
        Token::of(&gateway, "customer").head("alg", json!(alg)).head("kid", json!(kid))
    };
    let good = token("ES256", "e1");
    let reply = gateway.get_with("/orders", &good.sign_on_the_curve()).await.expect(200);
    let Subject::User { id, .. } = reply.subject("order", &gateway) else { panic!("no user") };
    assert_eq!(json!(id), good.claims["sub"]);
    gateway.get_with("/orders", &token("RS256", "k1").sign()).await.expect(200);
    let spoilt = good.sign_on_the_curve();
    let spoilt = format!("{}{}", &spoilt[..spoilt.len() - 86], "A".repeat(86));
    let bad = [
        ("RS256 by the key for ES256", token("RS256", "e1").sign_on_the_curve()),
        ("ES256 by the key for RS256", token("ES256", "k1").sign()),
        ("RS256, but the key named is for ES256", token("RS256", "e1").sign()),
        ("ES256, but the key named is for RS256", token("ES256", "k1").sign_on_the_curve()),
        ("ES256 signed by RSA", token("ES256", "e1").sign()),
        ("RS256 signed on the curve", token("RS256", "k1").sign_on_the_curve()),
        ("ES384", token("ES384", "e1").sign_on_the_curve()),
        ("PS256", token("PS256", "k1").sign()),
        ("HS256 with the public point", hs256(&token("HS256", "e1"), CURVE_KEY.public_key().as_ref())),
        ("zeros", spoilt),
        ("a point that is none", token("ES256", "elliptic").sign_on_the_curve()),
    ];
    for (what, token) in bad {
        let reply = gateway.get_with("/orders", &token).await;
        assert_eq!(reply.status, 401, "{what}");
        reply.expect_problem(401, "invalid_token");
    }
    assert_eq!(gateway.seen.requests(), 2);
}

fn hs256_with_the_public_key(token: Token) -> String {
    let (modulus, _) = public_parts(&KEY);
    hs256(&token.head("alg", json!("HS256")), &URL_SAFE_NO_PAD.decode(modulus).unwrap())
}

fn hs256(token: &Token, secret: &[u8]) -> String {
    let message = token.message();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes())))
}

fn foreign_jwk() -> Value {
    let (n, e) = public_parts(&FOREIGN_KEY);
    json!({"kty": "RSA", "n": n, "e": e})
}

#[tokio::test]
async fn another_scheme_is_refused_and_the_schemes_case_does_not_matter() {
    let gateway = TestGateway::new().await;
    for value in ["Basic YTpi", "Bearer", "Bearer ", "token"] {
        let request = gateway.call("GET", "/products").header("authorization", value);
        Reply::of(request).await.expect_problem(401, "invalid_token");
    }
    let token = Token::of(&gateway, "customer").sign();
    let request = gateway.call("GET", "/products").header("authorization", format!("bearer {token}"));
    Reply::of(request).await.expect(200);
}

#[tokio::test]
async fn two_credentials_are_a_bad_request() {
    let gateway = TestGateway::new().await;
    let token = Token::of(&gateway, "customer").sign();
    let request = gateway.call("GET", "/products").bearer_auth(&token).bearer_auth(&token);
    Reply::of(request).await.expect_problem(400, "bad_request");
}

#[tokio::test]
async fn a_verdict_is_kept_until_the_token_expires_and_not_longer() {
    let gateway = TestGateway::new().await;
    let token = Token::of(&gateway, "customer").sign();
    gateway.get_with("/orders", &token).await.expect(200);
    gateway.clock.advance(899);
    gateway.get_with("/orders", &token).await.expect(200);
    gateway.clock.advance(1);
    gateway.get_with("/orders", &token).await.expect_problem(401, "invalid_token");
    assert_eq!(gateway.seen.keys_fetched.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn unknown_key_ids_fetch_the_keys_once_in_a_while_and_not_each_time() {
    let gateway = TestGateway::new().await;
    gateway.get_with("/orders", &Token::of(&gateway, "customer").sign()).await.expect(200);
    // The keys are seconds old: an unknown one is looked for when they may have changed.
    tokio::time::sleep(std::time::Duration::from_millis(3100)).await;
    let tokens: Vec<_> =
        (0..8).map(|n| Token::of(&gateway, "customer").head("kid", json!(format!("x{n}"))).sign()).collect();
    let calls = tokens.iter().map(|token| gateway.get_with("/orders", token));
    for reply in futures::future::join_all(calls).await {
        reply.expect_problem(401, "invalid_token");
    }
    assert_eq!(gateway.seen.keys_fetched.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn without_keys_a_token_is_neither_good_nor_bad_until_the_user_service_is_there() {
    let address = nobody().await;
    let gateway = TestGateway::with(|builder| builder.addresses[0] = vec![address]).await;
    let token = Token::of(&gateway, "customer").sign();
    let reply = gateway.get_with("/products", &token).await.expect_problem(503, "service_unavailable");
    assert_ne!(reply.header("retry-after"), "");
    gateway.get("/products").await.expect(200);
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    let server = axum::serve(listener, echo("user", Arc::new(Seen::default()))).into_future();
    let server = tokio::spawn(server);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    gateway.get_with("/products", &token).await.expect(200);
    // It goes again; what is known stays known.
    server.abort();
    gateway.get_with("/products", &Token::of(&gateway, "staff").sign()).await.expect(200);
}

#[tokio::test]
async fn what_a_role_may_not_reach_at_all_is_refused_by_route() {
    let gateway = TestGateway::new().await;
    let token = |role| Token::of(&gateway, role).sign();
    for path in ["/inventory", "/promotions/", "/api-keys", "/notifications/suppressions"] {
        let reply = gateway.get(path).await.expect_problem(401, "unauthenticated");
        assert_eq!(reply.header("www-authenticate"), "Bearer");
        gateway.get_with(path, &token("customer")).await.expect_problem(403, "forbidden");
        gateway.get_with(path, &token("admin")).await.expect(200);
    }
    gateway.get_with("/api-keys", &token("staff")).await.expect_problem(403, "forbidden");
    gateway.get_with("/inventory/A-1", &token("staff")).await.expect(200);
    assert_eq!(gateway.seen.requests(), 5);
}

#[tokio::test]
async fn what_is_for_signed_in_callers_is_refused_to_others_and_registering_is_not() {
    let gateway = TestGateway::new().await;
    let token = Token::of(&gateway, "customer").sign();
    let paths = [
        ("POST", "/auth/logout"),
        ("POST", "/auth/logout-all"),
        ("GET", "/auth/sessions"),
        ("DELETE", "/auth/sessions/x"),
        ("POST", "/auth/password/change"),
        ("GET", "/users/me"),
        ("PATCH", "/users/x/"),
    ];
    for (method, path) in paths {
        Reply::of(gateway.call(method, path)).await.expect_problem(401, "unauthenticated");
        Reply::of(gateway.call(method, path).bearer_auth(&token)).await.expect(200);
    }
    assert_eq!(gateway.seen.requests(), paths.len());
    for path in ["/users", "/users/", "/auth/register", "/auth/password/reset"] {
        Reply::of(gateway.call("POST", path)).await.expect(200);
    }
}

#[tokio::test]
async fn a_refresh_token_reaches_the_user_service_and_is_not_taken_for_an_access_token() {
    let gateway = TestGateway::new().await;
    for method in ["GET", "POST"] {
        let request =
            gateway.call(method, "/auth/refresh").bearer_auth("opaque").header("x-refresh-token", "outside");
        let reply = Reply::of(request).await.expect(200);
        assert_eq!(reply.sent("x-refresh-token"), "opaque");
        assert_eq!(reply.subject("user", &gateway), Subject::Anonymous);
    }
    let request = gateway.call("GET", "/auth/login").header("x-refresh-token", "outside");
    assert_eq!(Reply::of(request).await.sent("x-refresh-token"), "");
}
