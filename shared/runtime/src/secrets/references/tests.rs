use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_secretsmanager::config::{Credentials, SharedCredentialsProvider};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::json;
use tokio::net::TcpListener;

use super::*;

/// Secrets Manager with one secret, and the count of its calls.
async fn secrets_manager() -> (SdkConfig, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, calls) = (listener.local_addr().unwrap(), Arc::<AtomicUsize>::default());
    let counted = Arc::clone(&calls);
    let answer = post(async move |body: String| {
        counted.fetch_add(1, Ordering::SeqCst);
        if serde_json::from_str::<Value>(&body).unwrap()["SecretId"] == "rds!cluster-1" {
            let text = json!({ "username": "master", "password": "hunter2", "port": 5432, "more": {} });
            return (StatusCode::OK, Json(json!({ "SecretString": text.to_string() })));
        }
        let problem = json!({ "__type": "ResourceNotFoundException", "Message": "no such secret" });
        (StatusCode::BAD_REQUEST, Json(problem))
    });
    tokio::spawn(axum::serve(listener, Router::new().route("/", answer)).into_future());
    let sdk = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(format!("http://{address}"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("a", "b", None, None, "test")))
        .build();
    (sdk, calls)
}

async fn filled(pairs: &[(&'static str, &'static str)]) -> (Env, usize) {
    let (sdk, calls) = secrets_manager().await;
    let mut env = Env::from_pairs(pairs.iter().copied());
    let wishes = wishes(&mut env);
    fill(&mut env, wishes, Some(Secrets::new(&sdk))).await;
    (env, calls.load(Ordering::SeqCst))
}

#[tokio::test]
async fn a_secret_is_asked_for_once_and_stands_in_each_variables_place() {
    let (mut env, calls) = filled(&[
        ("USER", "secretsmanager:rds!cluster-1#username"),
        ("PASSWORD", "secretsmanager:rds!cluster-1#password"),
        ("PORT", "secretsmanager:rds!cluster-1#port"),
        ("PLAIN", "as it is"),
    ])
    .await;
    let read = ["USER", "PASSWORD", "PORT", "PLAIN"].map(|name| env.required::<String>(name));
    assert_eq!(read, ["master", "hunter2", "5432", "as it is"]);
    assert_eq!(calls, 1);
    env.finish().unwrap();
}

#[tokio::test]
async fn what_cannot_be_had_is_reported_with_the_rest_and_without_a_value() {
    let (mut env, _) = filled(&[
        ("DATABASE_PASSWORD", "secretsmanager:shop/prod/none#password"),
        ("STRIPE_KEY", "secretsmanager:rds!cluster-1#stripe"),
        ("TREE", "secretsmanager:rds!cluster-1#more"),
        ("TOKEN", "secretsmanager:no-key"),
    ])
    .await;
    for name in ["DATABASE_PASSWORD", "STRIPE_KEY", "TREE", "TOKEN", "DATABASE_URL"] {
        let _: String = env.required(name);
    }
    let error = env.finish().unwrap_err().to_string();
    assert_eq!(error.lines().count(), 6, "{error}");
    for part in [
        "DATABASE_PASSWORD",
        "shop/prod/none",
        "STRIPE_KEY",
        "rds!cluster-1",
        "TOKEN",
        "DATABASE_URL is missing",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
    assert!(!error.contains("hunter2"), "{error}");
}

#[tokio::test]
async fn nobody_is_asked_where_the_region_is_unknown_or_nothing_is_wanted() {
    let mut env = Env::from_pairs([("A", "secretsmanager:x#y")]);
    resolve(&mut env).await;
    let error = env.finish().unwrap_err().to_string();
    assert!(error.contains("AWS_REGION is missing") && error.contains("A cannot be had"), "{error}");

    let mut env = Env::from_pairs([("A", "plain")]);
    resolve(&mut env).await;
    assert!(env.names().is_empty());
    env.finish().unwrap();
}
