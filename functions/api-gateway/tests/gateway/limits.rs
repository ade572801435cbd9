//! Rate limits as a client meets them.

use cartwright_web::identity::Subject;

use crate::support::{Reply, TestGateway, Token};

#[tokio::test]
async fn every_answer_says_where_the_caller_stands() {
    let gateway = TestGateway::with(|builder| builder.scale = "1").await;
    let reply = gateway.get("/products").await.expect(200);
    assert_eq!(reply.header("ratelimit-policy"), "\"read\";q=600;w=60");
    assert_eq!(reply.header("ratelimit"), "\"read\";r=599;t=1");
    let reply = Reply::of(gateway.call("POST", "/cart/items").body("{}")).await;
    assert_eq!(reply.header("ratelimit-policy"), "\"write\";q=60;w=60");
    let reply = Reply::of(gateway.call("POST", "/auth/login").body("{}")).await;
    assert_eq!(reply.header("ratelimit-policy"), "\"login\";q=30;w=60");
    assert!(gateway.get("/nowhere").await.header("ratelimit").starts_with("\"read\""));
    assert!(gateway.get_with("/products", "bad").await.header("ratelimit").starts_with("\"read\""));
}

#[tokio::test]
async fn a_webhook_needs_no_identity_arrives_as_it_was_sent_and_has_a_quota_of_its_own() {
    let gateway = TestGateway::with(|builder| builder.scale = "1").await;
    let body = "{ \"raw\" :1}\n";
    let webhook = gateway.call("POST", "/webhooks/stripe").header("stripe-signature", "t=1,v1=a").body(body);
    let reply = Reply::of(webhook).await.expect(200);
    assert_eq!(reply.header("ratelimit-policy"), "\"webhook\";q=1000;w=60");
    assert_eq!(reply.sent("stripe-signature"), "t=1,v1=a");
    assert_eq!((&reply.body["service"], &reply.body["bytes"]), (&"order".into(), &body.len().into()));
    assert_eq!(reply.subject("order", &gateway), Subject::Anonymous);
}

#[tokio::test]
async fn one_request_too_many_is_told_when_to_come_back() {
    let gateway = TestGateway::with(|builder| builder.scale = "0.1").await;
    for _ in 0..3 {
        Reply::of(gateway.call("POST", "/auth/login").body("{}")).await.expect(200);
    }
    let reply =
        Reply::of(gateway.call("POST", "/auth/login/").body("{}")).await.expect_problem(429, "rate_limited");
    let wait: u32 = reply.header("retry-after").parse().unwrap();
    assert!((1..=21).contains(&wait), "{wait}");
    assert!(reply.header("ratelimit").starts_with("\"login\";r=0;t="));
    assert_eq!(gateway.seen.requests(), 3);
    // Another class, and the pages that load balancers ask for, are not touched.
    gateway.get("/products").await.expect(200);
    for _ in 0..100 {
        gateway.get("/health/live").await.expect(200);
    }
}

#[tokio::test]
async fn users_at_one_address_do_not_use_up_each_others_quota() {
    let gateway = TestGateway::with(|builder| builder.scale = "0.05").await;
    let (one, two) = (Token::of(&gateway, "customer").sign(), Token::of(&gateway, "customer").sign());
    for _ in 0..30 {
        gateway.get_with("/orders", &one).await.expect(200);
    }
    gateway.get_with("/orders", &one).await.expect_problem(429, "rate_limited");
    gateway.get_with("/orders", &two).await.expect(200);
    gateway.get("/orders").await.expect(200);
}
