//! Signals in the emulator's DynamoDB.

use std::collections::HashMap;
use std::sync::Arc;

use api_gateway::consumers::GatewayEvents;
use api_gateway::signals::{EdgeSignals, REVOKE, Reading, Revocations, Signal, SignalStore, TABLE};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use cartwright_contracts::Envelope;
use cartwright_contracts::events::SessionRevoked;
use cartwright_messaging::{Message, MessageHandler as _};
use cartwright_runtime::chain;
use cartwright_test_support::TestAws;
use cartwright_types::{SessionId, SystemClock, UserId};

/// Before every position; a key cannot be empty.
const START: &str = "0";

#[tokio::test]
async fn the_largest_event_is_written_and_read_again_page_by_page() {
    let aws = TestAws::with_table(TABLE).await;
    let (sdk, table) = (aws.sdk.clone(), aws.table(TABLE));
    let signals = Arc::new(EdgeSignals::new(&sdk, table.clone()));
    let clock = SystemClock::shared();
    let session_ids: Vec<_> = (0..SessionRevoked::MOST).map(|_| SessionId::new(&*clock)).collect();
    let user_id = UserId::new(&*clock);
    let event = SessionRevoked { user_id, session_ids: session_ids.clone() };
    let envelope = Envelope::new(&*clock, user_id, 1, "system", &event);
    let body = serde_json::to_string(&envelope).unwrap();
    let message =
        Message { id: "m".to_owned(), body, attributes: HashMap::new(), receive_count: 1, age: None };
    let events = GatewayEvents::new(signals.clone(), clock.clone());
    events.handle(&message).await.unwrap();
    let last = SessionId::new(&*clock);
    let signal = Signal::revoke(last, clock.now().timestamp_millis() + 1);
    for _ in 0..2 {
        signals.put(REVOKE, &signal).await.unwrap();
    }

    let first = signals.after(REVOKE, START).await.unwrap();
    let next = first.next.unwrap();
    assert_eq!((first.signals.len(), &next), (1000, &first.signals[999].position));
    assert!(first.signals.is_sorted_by(|one, other| one.position < other.position));
    let second = signals.after(REVOKE, &next).await.unwrap();
    assert_eq!(second.signals, [signal]);
    // DynamoDB may say that there is more when there is nothing; that is an empty page.
    if let Some(next) = second.next {
        assert_eq!(signals.after(REVOKE, &next).await.unwrap().signals, []);
    }
    assert_eq!(signals.after("cache", START).await.unwrap().signals, []);

    let revocations = Revocations::new(signals, clock, Reading::Beside);
    revocations.read().await;
    assert_eq!(revocations.count(), SessionRevoked::MOST + 1);
    assert!(session_ids.iter().chain([&last]).all(|session| revocations.contains(*session)));
    let item =
        Client::new(&sdk).get_item().table_name(table).key("stream", AttributeValue::S(REVOKE.to_owned()));
    let item =
        item.key("position", AttributeValue::S(first.signals[0].position.clone())).send().await.unwrap();
    let expires_at = item.item.unwrap()["expires_at"].as_n().unwrap().clone();
    assert_eq!(expires_at, first.signals[0].expires_at.to_string());
}

#[tokio::test]
async fn a_table_that_is_not_there_is_an_error_that_says_so() {
    let signals = EdgeSignals::new(&TestAws::new().await.sdk, "nowhere".to_owned());
    let error = signals.after(REVOKE, START).await.unwrap_err();
    assert!(chain(&error).contains("ResourceNotFoundException"), "{}", chain(&error));
    let signal = Signal::revoke(SessionId::new(&SystemClock), 0);
    signals.put(REVOKE, &signal).await.unwrap_err();
}
