//! The gateway's own pages.

use cartwright_runtime::AppEnv;

use crate::support::{Reply, TestGateway, Token, nobody};

#[tokio::test]
async fn the_index_says_what_this_is() {
    let gateway = TestGateway::new().await;
    let reply = gateway.get("/").await.expect(200);
    assert_eq!(
        (reply.body["name"].as_str(), reply.body["status"].as_str()),
        (Some("Cartwright"), Some("ok"))
    );
    assert!(reply.body["version"].is_string() && reply.body["links"]["products"] == "/products");
}

#[tokio::test]
async fn every_page_answers_with_and_without_a_trailing_slash_and_names_its_methods() {
    let gateway = TestGateway::new().await;
    for path in ["/health", "/health/", "/health/live", "/health/live/", "/health/ready", "/health/ready/"] {
        let reply = gateway.get(path).await.expect(200);
        assert_eq!(reply.body["status"], "ok", "{path}");
        assert_eq!(reply.header("cache-control"), "private, no-store");
        let reply = Reply::of(gateway.call("POST", path)).await.expect_problem(405, "method_not_allowed");
        assert!(reply.header("allow").contains("GET"), "{path}");
    }
    Reply::of(gateway.call("DELETE", "/")).await.expect_problem(405, "method_not_allowed");
    assert_eq!(gateway.seen.requests(), 0);
}

#[tokio::test]
async fn health_is_down_when_a_service_is_and_ready_is_not() {
    let address = nobody().await;
    let gateway = TestGateway::with(|builder| builder.addresses[3] = vec![address]).await;
    let reply = gateway.get("/health").await.expect(503);
    assert_eq!(reply.body["status"], "down");
    let services = reply.body["dependencies"].as_array().unwrap();
    let of = |name: &str| services.iter().find(|service| service["name"] == name).unwrap();
    assert_eq!((&of("notification")["status"], &of("order")["status"]), (&"down".into(), &"ok".into()));
    assert_eq!(of("order")["dependencies"][0]["name"], "database");
    assert!(of("order")["milliseconds"].is_u64());
    gateway.get("/health/ready").await.expect(200);
}

#[tokio::test]
async fn the_details_are_for_staff() {
    let gateway = TestGateway::with(|builder| builder.app_env = AppEnv::Production).await;
    let has_details = |reply: Reply| reply.expect(200).body.get("dependencies").is_some();
    assert!(!has_details(gateway.get("/health").await));
    let token = |role| Token::of(&gateway, role).sign();
    assert!(!has_details(gateway.get_with("/health", &token("customer")).await));
    assert!(has_details(gateway.get_with("/health", &token("staff")).await));
    gateway.get_with("/health", "nonsense").await.expect_problem(401, "invalid_token");
    gateway.get_with("/health/live", "nonsense").await.expect(200);
}
