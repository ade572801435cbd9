//! What Redis adds: counts that gateways share, and news at once. With the real server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use api_gateway::consumers::GatewayEvents;
use api_gateway::signals::{Announced, CHANNEL, Pace, Poll, listener};
use cartwright_limits::RedisLimits;
use cartwright_messaging::MessageHandler as _;
use cartwright_redis::{Announcer, Redis};
use cartwright_runtime::{Work, metrics};
use localstack::redis::Redis as Server;
use tokio_util::sync::CancellationToken;

use crate::revocation::revoked;
use crate::store::MemoryStore;
use crate::support::{Reply, TestGateway, Token};

const PREFIX: &str = "cartwright-test-";

fn client(server: &Server) -> Redis {
    Redis::new(&server.url().parse().unwrap(), PREFIX)
}

/// Until the process ends.
fn work(work: impl Work) {
    tokio::spawn(async move { work.run(CancellationToken::new()).await });
}

/// The value of the one line of the metrics that begins so.
fn metric(series: &str) -> f64 {
    let text = metrics::text();
    let value = text.lines().find_map(|line| line.strip_prefix(series)?.trim().parse().ok());
    value.unwrap_or_default()
}

async fn until(what: &str, patience: Duration, mut holds: impl AsyncFnMut() -> bool) -> Duration {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < patience, "{what}: not after {patience:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    started.elapsed()
}

async fn until_heard_by(server: &Server, listeners: usize) {
    let count = format!("EVAL \"return redis.call('PUBSUB', 'NUMSUB', '{PREFIX}{CHANNEL}')[2]\" 0");
    let wanted = format!(":{listeners}");
    until("listening", Duration::from_secs(10), async || server.tell(&count).await.unwrap() == wanted).await;
}

/// A gateway that reads so often, and when it hears of something.
async fn gateway(server: &Server, signals: &Arc<MemoryStore>, interval: Duration) -> TestGateway {
    let gateway = TestGateway::with(|builder| builder.signals = Arc::clone(signals)).await;
    let pace = Pace::every(interval);
    work(Poll { revocations: Arc::clone(&gateway.revocations), pace: pace.clone() });
    work(listener(client(server), [pace, Pace::default()]));
    gateway
}

/// The consumer of the queue, which writes and says so.
fn consumer(server: &Server, signals: &Arc<MemoryStore>, gateway: &TestGateway) -> GatewayEvents {
    let announcer = Announcer::new(client(server), CHANNEL);
    work(announcer.clone());
    let store = Arc::new(Announced::new(signals.clone(), announcer));
    GatewayEvents::new(store, gateway.clock.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_over_is_refused_by_every_gateway_at_once_and_none_had_to_poll() {
    let Some(server) = Server::for_a_test().await.unwrap() else { return };
    let (signals, seldom) = (Arc::new(MemoryStore::default()), Duration::from_hours(1));
    let gateways = [gateway(&server, &signals, seldom).await, gateway(&server, &signals, seldom).await];
    let events = consumer(&server, &signals, &gateways[0]);
    until_heard_by(&server, 2).await;
    for _ in 0..5 {
        let (over, other) = (Token::of(&gateways[0], "customer"), Token::of(&gateways[0], "customer"));
        let (token, others) = (over.sign(), other.sign());
        for gateway in &gateways {
            gateway.get_with("/orders", &token).await.expect(200);
        }
        events.handle(&revoked(&gateways[0].clock, vec![over.session()])).await.unwrap();
        let took = until("refused", Duration::from_millis(500), async || {
            let mut refused = true;
            for gateway in &gateways {
                refused &= gateway.get_with("/orders", &token).await.status == 401;
            }
            refused
        })
        .await;
        println!("refused by both after {took:?}");
        for gateway in &gateways {
            gateway.get_with("/orders", &others).await.expect(200);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_polling_goes_on_and_a_metric_says_so_and_it_is_heard_again_when_it_is_back() {
    let Some(mut server) = Server::for_a_test().await.unwrap() else { return };
    let signals = Arc::new(MemoryStore::default());
    let gateway = gateway(&server, &signals, Duration::from_secs(1)).await;
    let events = consumer(&server, &signals, &gateway);
    let listening = || metric("redis_listening{channel=\"edge-signals\"}");
    until_heard_by(&server, 1).await;
    until("heard", Duration::from_secs(1), async || listening() > 0.5).await;

    server.kill();
    until("noticed", Duration::from_secs(1), async || listening() < 0.5).await;
    let token = Token::of(&gateway, "customer");
    gateway.get_with("/orders", &token.sign()).await.expect(200);
    events.handle(&revoked(&gateway.clock, vec![token.session()])).await.unwrap();
    let refused = async || gateway.get_with("/orders", &token.sign()).await.status == 401;
    until("refused by polling", Duration::from_secs(2), refused).await;
    let lost = || metric("redis_messages_total{channel=\"edge-signals\",outcome=\"lost\"}");
    until("counted", Duration::from_secs(2), async || lost() > 0.5).await;

    server.restart().await.unwrap();
    until_heard_by(&server, 1).await;
    until("heard again", Duration::from_secs(1), async || listening() > 0.5).await;
    // What could not be said before has held up the announcer for a second at most.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let token = Token::of(&gateway, "customer");
    gateway.get_with("/orders", &token.sign()).await.expect(200);
    let sent = || metric("redis_messages_total{channel=\"edge-signals\",outcome=\"sent\"}");
    let before = sent();
    events.handle(&revoked(&gateway.clock, vec![token.session()])).await.unwrap();
    let refused = async || gateway.get_with("/orders", &token.sign()).await.status == 401;
    until("refused", Duration::from_secs(2), refused).await;
    until("said", Duration::from_secs(1), async || sent() > before).await;
}

/// One write after another, in turn to each; how many were let in.
async fn writes(gateways: &[TestGateway], count: usize, token: &str) -> usize {
    let mut allowed = 0;
    for at in 0..count {
        let write = gateways[at % gateways.len()].call("POST", "/cart/items").bearer_auth(token).body("{}");
        let status = Reply::of(write).await.status;
        assert!([200, 429].contains(&status), "{status}");
        allowed += usize::from(status == 200);
    }
    allowed
}

/// What is left of a quota after one more write.
async fn left(gateway: &TestGateway, token: &str) -> Option<u32> {
    let write = gateway.call("POST", "/cart/items").bearer_auth(token).body("{}");
    let standing = Reply::of(write).await.expect(200).header("ratelimit").to_owned();
    standing.split(';').find_map(|part| part.strip_prefix("r=")?.parse().ok())
}

/// So many writes a minute, and a second brings one back.
async fn expect_one_quota(gateways: &[TestGateway]) {
    let (token, started) = (Token::of(&gateways[0], "customer").sign(), Instant::now());
    let allowed = writes(gateways, 180, &token).await;
    let refilled = usize::try_from(started.elapsed().as_secs()).unwrap() + 1;
    println!("{allowed} of 180 writes let in, {refilled} came back");
    assert!((57..=63 + refilled).contains(&allowed), "{allowed}, {refilled}");
}

#[tokio::test(flavor = "multi_thread")]
async fn gateways_share_a_limit_within_five_per_cent_and_without_redis_each_has_its_own() {
    let Some(mut server) = Server::for_a_test().await.unwrap() else { return };
    let gateway = async || {
        let limits = Arc::new(RedisLimits::new(client(&server)));
        TestGateway::with(|builder| {
            builder.scale = "1";
            builder.limits = limits;
        })
        .await
    };
    let gateways = [gateway().await, gateway().await];
    let counted = |outcome: &str| metric(&format!("rate_limit_shared_total{{outcome=\"{outcome}\"}}"));
    expect_one_quota(&gateways).await;
    assert!(counted("shared") >= 60.0 && counted("local") < 0.5);

    server.kill();
    let (token, started) = (Token::of(&gateways[0], "customer").sign(), Instant::now());
    // Each lets in a whole quota.
    assert_eq!(writes(&gateways, 120, &token).await, 120);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    assert!(counted("local") >= 119.5, "{}", counted("local"));

    server.restart().await.unwrap();
    until("counted together again", Duration::from_secs(15), async || {
        let token = Token::of(&gateways[0], "customer").sign();
        let (first, second) = (left(&gateways[0], &token).await, left(&gateways[1], &token).await);
        tokio::time::sleep(Duration::from_millis(100)).await;
        (first, second) == (Some(59), Some(58))
    })
    .await;
    expect_one_quota(&gateways).await;
}
