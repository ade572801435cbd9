//! Project Wycheproof's vectors for JWS and JWK: each group's key is what the user service publishes, and each vector a
//! token that is shown to us.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cartwright_test_support::{FakeClock, test_keys};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::Identities;
use super::signature::{self, TokenError};
use crate::routes::Service;
use crate::signals::{Page, Reading, Revocations, Signal, SignalStore, StoreError};
use crate::upstream::{Upstream, Upstreams};

const FILES: [&str; 2] = [
    include_str!("../../tests/vectors/wycheproof/json_web_signature_test.json"),
    include_str!("../../tests/vectors/wycheproof/json_web_key_test.json"),
];

/// Those of ours. No valid vector that names one has a key that is for another.
const ALGORITHMS: [&str; 2] = ["RS256", "ES256"];

/// What became of the vectors.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    /// All of them.
    vectors: usize,
    /// Of these, those whose group has a key that is used.
    with_a_key: usize,
    accepted: usize,
    refused: usize,
}

#[tokio::test]
async fn exactly_the_valid_vectors_of_our_algorithms_verify_and_none_is_an_access_token() {
    let mut tally = Tally::default();
    for file in FILES {
        let file: Value = serde_json::from_str(file).unwrap();
        for group in list(&file["testGroups"]) {
            let identities = identities(key_set(group)).await;
            let has_a_key = matches!(identities.keys.get("").await, Err(TokenError::UnknownKey));
            for test in list(&group["tests"]) {
                let token = test["jws"].as_str().unwrap();
                let signed = signature::check(&identities.keys, token).await;
                let what = format!("{} {}: {signed:?}", test["tcId"], test["comment"]);
                assert_eq!(signed.is_ok(), test["result"] == "valid" && is_ours(token), "{what}");
                tally.vectors += 1;
                tally.with_a_key += usize::from(has_a_key);
                *if signed.is_ok() { &mut tally.accepted } else { &mut tally.refused } += 1;
                assert!(identities.verify(token).await.is_err(), "{what}");
            }
        }
    }
    assert_eq!(tally, Tally { vectors: 427, with_a_key: 274, accepted: 11, refused: 416 });
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

/// The group's public keys; where there are none, the secret ones, which must never verify anything.
fn key_set(group: &Value) -> Value {
    let keys = group.get("public").unwrap_or(&group["private"]).clone();
    if keys.get("keys").is_some() { keys } else { json!({ "keys": [keys] }) }
}

fn is_ours(token: &str) -> bool {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap_or_default()).unwrap_or_default();
    let header: Value = serde_json::from_slice(&header).unwrap_or_default();
    ALGORITHMS.iter().any(|algorithm| header["alg"] == *algorithm)
}

/// Nothing was ever revoked.
struct NoSignals;

#[async_trait]
impl SignalStore for NoSignals {
    async fn put(&self, _stream: &'static str, _signal: &Signal) -> Result<(), StoreError> {
        Ok(())
    }

    async fn after(&self, _stream: &'static str, _position: &str) -> Result<Page, StoreError> {
        Ok(Page::default())
    }
}

/// A verifier in front of a user service that publishes `keys`.
async fn identities(keys: Value) -> Identities {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/.well-known/jwks.json", get(async move || keys.to_string()));
    tokio::spawn(axum::serve(listener, router).into_future());
    let clock = FakeClock::new();
    let upstreams = Upstreams::new(
        Service::ALL.map(|service| {
            let addresses = vec![address.to_string().parse().unwrap()];
            Upstream::new(service, addresses, test_keys(), clock.clone())
        }),
        16,
    );
    let revocations = Revocations::new(Arc::new(NoSignals), clock.clone(), Reading::Beside);
    Identities::new(upstreams, "https://shop.example", "cartwright", clock, Arc::new(revocations))
}
