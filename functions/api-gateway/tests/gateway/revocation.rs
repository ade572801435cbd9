//! Sessions that are over: their tokens stop working at every gateway within seconds.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use api_gateway::consumers::GatewayEvents;
use api_gateway::signals::{Pace, Poll, Reading, Signal, SignalStore as _};
use cartwright_contracts::events::{SessionRevoked, UserRegistered};
use cartwright_contracts::{Envelope, Event};
use cartwright_messaging::{HandlerError, Message, MessageHandler as _};
use cartwright_runtime::{Work as _, metrics};
use cartwright_test_support::FakeClock;
use cartwright_types::{Clock as _, SessionId, UserId};

use crate::store::MemoryStore;
use crate::support::{Reply, TestGateway, Token};

/// The message of an event, as the queue brings it.
fn message(clock: &FakeClock, event: &impl Event) -> Message {
    let envelope = Envelope::new(clock, UserId::new(clock), 1, "system", event);
    let body = serde_json::to_string(&envelope).unwrap();
    Message { id: "m-1".to_owned(), body, attributes: HashMap::new(), receive_count: 1, age: None }
}

pub fn revoked(clock: &FakeClock, session_ids: Vec<SessionId>) -> Message {
    message(clock, &SessionRevoked { user_id: UserId::new(clock), session_ids })
}

fn milliseconds(clock: &FakeClock) -> i64 {
    clock.now().timestamp_millis()
}

async fn gateway_with(signals: &Arc<MemoryStore>) -> TestGateway {
    TestGateway::with(|builder| builder.signals = Arc::clone(signals)).await
}

fn gauge() -> String {
    let text = metrics::text();
    text.lines().find(|line| line.starts_with("revocation_stale ")).unwrap().to_owned()
}

#[tokio::test]
async fn every_gateway_refuses_the_tokens_of_a_session_that_is_over_and_no_others() {
    let signals = Arc::new(MemoryStore::default());
    let gateways = [gateway_with(&signals).await, gateway_with(&signals).await];
    let clock = Arc::clone(&gateways[0].clock);
    let (first, second) = (Token::of(&gateways[0], "customer"), Token::of(&gateways[0], "customer"));
    let others = Token::of(&gateways[0], "admin");
    let tokens = [first.sign(), second.sign(), others.sign()];
    // By now the verdicts are known.
    for gateway in &gateways {
        gateway.revocations.read().await;
        for token in &tokens {
            gateway.get_with("/orders", token).await.expect(200);
        }
    }
    let events = GatewayEvents::new(signals.clone(), clock.clone());
    events.handle(&revoked(&clock, vec![first.session(), second.session()])).await.unwrap();
    for gateway in &gateways {
        gateway.get_with("/orders", &tokens[0]).await.expect(200);
        gateway.revocations.read().await;
        for path in ["/orders", "/products", "/", "/health"] {
            let reply = gateway.get_with(path, &tokens[0]).await.expect_problem(401, "invalid_token");
            assert_eq!(reply.header("www-authenticate"), "Bearer error=\"invalid_token\"");
            gateway.get_with(path, &tokens[1]).await.expect_problem(401, "invalid_token");
            gateway.get_with(path, &tokens[2]).await.expect(200);
        }
        // A token of the session that was not seen before; the probes, which ask nobody who they are.
        let fresh = Token::of(gateway, "customer").claim("sid", serde_json::json!(first.session()));
        gateway.get_with("/orders", &fresh.sign()).await.expect_problem(401, "invalid_token");
        gateway.get_with("/health/live", &tokens[0]).await.expect(200);
        // The refresh token is the user service's to refuse.
        let refresh = gateway.call("POST", "/auth/refresh").bearer_auth(&tokens[0]);
        Reply::of(refresh).await.expect(200);
        assert_eq!(gateway.seen.keys_fetched.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_gateway_that_starts_reads_what_has_not_expired_page_by_page() {
    let signals = Arc::new(MemoryStore::default());
    let clock = FakeClock::new();
    let sessions: Vec<SessionId> = (0..7).map(|_| SessionId::new(&*clock)).collect();
    for (session, age) in sessions.iter().zip([961_000, 960_000, 959_000, 500_000, 20_000, 1000, 0]) {
        signals.revoke(*session, milliseconds(&clock) - age).await;
    }
    let gateway = gateway_with(&signals).await;
    gateway.revocations.read().await;
    let known: Vec<bool> = sessions.iter().map(|one| gateway.revocations.contains(*one)).collect();
    assert_eq!(known, [false, false, true, true, true, true, true]);
}

#[tokio::test]
async fn the_work_beside_requests_reads_at_once_and_then_every_two_seconds() {
    let signals = Arc::new(MemoryStore::default());
    let gateway = gateway_with(&signals).await;
    let token = Token::of(&gateway, "customer");
    gateway.get_with("/orders", &token.sign()).await.expect(200);
    let poll = Poll { revocations: Arc::clone(&gateway.revocations), pace: Pace::default() };
    let stop = gateway.stop.clone();
    let polling = tokio::spawn(async move { poll.run(stop).await });
    let started = Instant::now();
    while signals.reads() == 0 {
        assert!(started.elapsed() < Duration::from_secs(1), "nothing was read at once");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    signals.revoke(token.session(), milliseconds(&gateway.clock)).await;
    while gateway.get_with("/orders", &token.sign()).await.status == 200 {
        assert!(started.elapsed() < Duration::from_secs(5), "it still works");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(started.elapsed() >= Duration::from_secs(1));
    gateway.stop.cancel();
    polling.await.unwrap();
}

#[tokio::test]
async fn a_function_reads_before_it_judges_a_token_but_not_more_often_than_every_two_seconds() {
    let signals = Arc::new(MemoryStore::default());
    let gateway = TestGateway::with(|builder| {
        builder.signals = Arc::clone(&signals);
        builder.reading = Reading::BeforeUse;
    })
    .await;
    let token = Token::of(&gateway, "customer");
    gateway.get("/products").await.expect(200);
    assert_eq!(signals.reads(), 0, "nobody showed a token");
    signals.revoke(token.session(), milliseconds(&gateway.clock)).await;
    gateway.get_with("/orders", &token.sign()).await.expect_problem(401, "invalid_token");
    assert_eq!(signals.reads(), 1);
    let other = Token::of(&gateway, "customer");
    gateway.get_with("/orders", &other.sign()).await.expect(200);
    signals.revoke(other.session(), milliseconds(&gateway.clock)).await;
    gateway.clock.advance(1);
    gateway.get_with("/orders", &other.sign()).await.expect(200);
    assert_eq!(signals.reads(), 1);
    gateway.clock.advance(1);
    gateway.get_with("/orders", &other.sign()).await.expect_problem(401, "invalid_token");
    assert_eq!(signals.reads(), 2);
    // A store that is away is asked as often, and tokens keep working.
    signals.away(true);
    let third = Token::of(&gateway, "customer").sign();
    gateway.clock.advance(2);
    for _ in 0..3 {
        gateway.get_with("/orders", &third).await.expect(200);
    }
    assert_eq!(signals.reads(), 3);
}

#[tokio::test]
async fn while_the_store_is_away_tokens_keep_working_and_after_ten_seconds_the_gauge_says_so() {
    let signals = Arc::new(MemoryStore::default());
    let gateway = gateway_with(&signals).await;
    assert_eq!(gauge(), "revocation_stale 0");
    let (revoked, other) = (Token::of(&gateway, "customer"), Token::of(&gateway, "customer"));
    signals.revoke(revoked.session(), milliseconds(&gateway.clock)).await;
    signals.away(true);
    for (seconds, expected) in [(0, "0"), (10, "0"), (1, "1"), (30, "1")] {
        gateway.clock.advance(seconds);
        gateway.revocations.read().await;
        assert_eq!(gauge(), format!("revocation_stale {expected}"));
        gateway.get_with("/orders", &revoked.sign()).await.expect(200);
    }
    signals.away(false);
    gateway.revocations.read().await;
    assert_eq!(gauge(), "revocation_stale 0");
    gateway.get_with("/orders", &revoked.sign()).await.expect_problem(401, "invalid_token");
    // What is known stays known when it goes again.
    signals.away(true);
    gateway.revocations.read().await;
    gateway.get_with("/orders", &revoked.sign()).await.expect_problem(401, "invalid_token");
    gateway.get_with("/orders", &other.sign()).await.expect(200);
}

#[tokio::test]
async fn a_second_delivery_changes_nothing_and_a_failed_one_is_tried_again() {
    let signals = Arc::new(MemoryStore::default());
    let gateway = gateway_with(&signals).await;
    let clock = Arc::clone(&gateway.clock);
    let events = GatewayEvents::new(signals.clone(), clock.clone());
    let sessions: Vec<SessionId> = (0..40).map(|_| SessionId::new(&*clock)).collect();
    let message = revoked(&clock, sessions.clone());
    signals.away(true);
    assert!(matches!(events.handle(&message).await, Err(HandlerError::Retry { .. })));
    signals.away(false);
    events.handle(&message).await.unwrap();
    events.handle(&message).await.unwrap();
    assert_eq!(signals.signals().len(), 40, "in the same millisecond they are the same");
    gateway.revocations.read().await;
    clock.advance(3);
    events.handle(&message).await.unwrap();
    assert_eq!(signals.signals().len(), 80);
    for _ in 0..2 {
        gateway.revocations.read().await;
        assert_eq!(gateway.revocations.count(), 40);
    }
    assert!(sessions.iter().all(|session| gateway.revocations.contains(*session)));
}

#[tokio::test]
async fn what_another_clock_wrote_late_or_early_is_found_and_hides_nothing() {
    let signals = Arc::new(MemoryStore::default());
    let gateway = gateway_with(&signals).await;
    let session = || SessionId::new(&*gateway.clock);
    let now = || milliseconds(&gateway.clock);
    let (ahead, behind, after) = (session(), session(), session());
    signals.revoke(session(), now()).await;
    gateway.revocations.read().await;
    signals.revoke(behind, now() - 9000).await;
    gateway.revocations.read().await;
    assert!(gateway.revocations.contains(behind));
    // A clock an hour ahead; the next writer's is right.
    signals.revoke(ahead, now() + 3_600_000).await;
    gateway.revocations.read().await;
    gateway.clock.advance(1);
    signals.revoke(after, now()).await;
    gateway.revocations.read().await;
    assert!(gateway.revocations.contains(ahead) && gateway.revocations.contains(after));
    // After a long quiet time reading has moved on, and what was written meanwhile is found all the same.
    gateway.clock.advance(600);
    gateway.revocations.read().await;
    let reads = signals.reads();
    gateway.revocations.read().await;
    assert_eq!(signals.reads() - reads, 1, "the old signals are not read again");
    let (early, late) = (session(), session());
    signals.revoke(early, now() - 9000).await;
    signals.away(true);
    gateway.clock.advance(300);
    gateway.revocations.read().await;
    signals.away(false);
    signals.revoke(late, now()).await;
    gateway.revocations.read().await;
    assert!(gateway.revocations.contains(early) && gateway.revocations.contains(late));
}

#[tokio::test]
async fn a_signal_is_forgotten_when_no_token_of_its_session_can_be_good_any_more() {
    let signals = Arc::new(MemoryStore::default());
    let gateway = gateway_with(&signals).await;
    let (first, second) = (SessionId::new(&*gateway.clock), SessionId::new(&*gateway.clock));
    signals.revoke(first, milliseconds(&gateway.clock)).await;
    gateway.revocations.read().await;
    gateway.clock.advance(100);
    signals.revoke(second, milliseconds(&gateway.clock)).await;
    for (seconds, count) in [(0, 2), (859, 2), (1, 1), (99, 1), (1, 0)] {
        gateway.clock.advance(seconds);
        gateway.revocations.read().await;
        assert_eq!(gateway.revocations.count(), count);
    }
    assert!(!gateway.revocations.contains(first) && !gateway.revocations.contains(second));
}

#[tokio::test]
async fn signals_of_another_kind_are_passed_over_and_other_events_rejected() {
    let signals = Arc::new(MemoryStore::default());
    let gateway = gateway_with(&signals).await;
    let clock = Arc::clone(&gateway.clock);
    let session = SessionId::new(&*clock);
    let strange = Signal { signal: "suspend:everybody".to_owned(), ..Signal::revoke(session, 0) };
    let nowhere = Signal { position: "zzz".to_owned(), ..Signal::revoke(session, milliseconds(&clock)) };
    for signal in [strange, nowhere] {
        signals.put("revoke", &signal).await.unwrap();
    }
    signals.put("cache", &Signal::revoke(session, milliseconds(&clock))).await.unwrap();
    gateway.revocations.read().await;
    assert_eq!(gateway.revocations.count(), 0);
    let events = GatewayEvents::new(signals.clone(), clock.clone());
    let other = message(&clock, &UserRegistered { user_id: UserId::new(&*clock) });
    let malformed = Message { body: "{}".to_owned(), ..other.clone() };
    for message in [other, malformed] {
        assert!(matches!(events.handle(&message).await, Err(HandlerError::Rejected(_))));
    }
}
