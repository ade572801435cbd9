//! `/openapi.json` and `/docs`.

use crate::support::{Reply, TestGateway};

const GZIP: (&str, &str) = ("accept-encoding", "gzip");

async fn text(gateway: &TestGateway, path: &str) -> String {
    gateway.call("GET", path).send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn the_document_is_served_whole_and_may_be_kept() {
    let gateway = TestGateway::new().await;
    let reply = gateway.get("/openapi.json").await.expect(200);
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("cache-control"), "public, max-age=300");
    assert_eq!(reply.body["openapi"], "3.1.0");
    for path in
        ["/auth/login", "/products", "/orders", "/notifications/{id}", "/health", "/.well-known/jwks.json"]
    {
        assert!(reply.body["paths"].get(path).is_some(), "{path}");
    }
    assert!(!reply.body["paths"].as_object().unwrap().keys().any(|path| path.starts_with("/internal")));
    let tag = reply.header("etag").to_owned();
    let again =
        Reply::of(gateway.call("GET", "/openapi.json/").header("if-none-match", &tag)).await.expect(304);
    assert_eq!(again.header("etag"), tag);
    let packed = Reply::of(gateway.call("GET", "/openapi.json").header(GZIP.0, GZIP.1)).await.expect(200);
    assert_eq!((packed.header("content-encoding"), packed.header("vary")), ("gzip", "accept-encoding"));
    assert_ne!(packed.header("etag"), tag);
    assert_eq!(gateway.seen.requests(), 0);
}

#[tokio::test]
async fn the_page_runs_under_a_strict_policy_and_its_files_are_here() {
    let gateway = TestGateway::new().await;
    for path in ["/docs", "/docs/"] {
        let reply = gateway.get(path).await.expect(200);
        assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
        let policy = reply.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; "), "{policy}");
        assert!(policy.ends_with("frame-ancestors 'none'; base-uri 'none'; form-action 'none'"), "{policy}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
    }
    let page = text(&gateway, "/docs").await;
    assert!(page.contains("name=\"viewport\""));
    let files: Vec<&str> =
        page.split("\"/docs/").skip(1).map(|rest| rest.split('"').next().unwrap_or_default()).collect();
    assert_eq!(files.len(), 4, "{files:?}");
    for file in files {
        let path = format!("/docs/{file}");
        let reply = gateway.get(&path).await.expect(200);
        let kind =
            if file.ends_with("css") { "text/css; charset=utf-8" } else { "text/javascript; charset=utf-8" };
        assert_eq!(reply.header("content-type"), kind, "{path}");
        assert!(reply.header("cache-control").starts_with("public, max-age="), "{path}");
        let tag = reply.header("etag").to_owned();
        Reply::of(gateway.call("GET", &path).header("if-none-match", tag)).await.expect(304);
    }
}

#[tokio::test]
async fn what_is_not_a_file_of_the_page_is_not_found() {
    let gateway = TestGateway::new().await;
    for path in ["/docs/swagger-ui.js.map", "/docs/index.html", "/docs/docs.css/x", "/docs/nothing.js"] {
        gateway.get(path).await.expect_problem(404, "not_found");
    }
    Reply::of(gateway.call("POST", "/docs")).await.expect_problem(405, "method_not_allowed");
    Reply::of(gateway.call("POST", "/openapi.json")).await.expect_problem(405, "method_not_allowed");
}

#[tokio::test]
async fn the_index_leads_to_the_document_and_the_page() {
    let gateway = TestGateway::new().await;
    let links = gateway.get("/").await.expect(200).body["links"].clone();
    assert_eq!((links["docs"].as_str(), links["openapi"].as_str()), (Some("/docs"), Some("/openapi.json")));
    for path in links.as_object().unwrap().values() {
        gateway.get(path.as_str().unwrap()).await.expect(200);
    }
}
