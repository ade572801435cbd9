//! One table of requests and verdicts, which the arithmetic, DynamoDB and Redis all have to keep to.

use std::num::NonZeroU32;
use std::time::Duration;

use async_trait::async_trait;
use cartwright_redis::Redis;
use cartwright_test_support::{FakeClock, TestAws};
use cartwright_types::Clock as _;
use chrono::TimeDelta;
use futures::future::join_all;
use localstack::redis::Redis as Server;

use crate::{Decision, DynamoLimits, LimitsError, Quota, RedisLimits, SharedLimits, Verdict};

const fn allowed(remaining: u32) -> Verdict {
    Verdict::Allowed { remaining }
}

const fn refused(milliseconds: u64) -> Verdict {
    Verdict::Refused(Duration::from_millis(milliseconds))
}

/// How many a minute, and what becomes of requests that come so many milliseconds after the first.
type Case = (u32, &'static [(i64, Verdict)]);

const TABLE: [Case; 4] = [
    (1, &[(0, allowed(0)), (0, refused(60_000)), (59_999, refused(1)), (60_000, allowed(0))]),
    (
        5,
        &[
            (0, allowed(4)),
            (0, allowed(3)),
            (0, allowed(2)),
            (0, allowed(1)),
            (0, allowed(0)),
            (0, refused(12_000)),
            (11_999, refused(1)),
            (12_000, allowed(0)),
            (12_000, refused(12_000)),
            (25_000, allowed(0)),
            (25_000, refused(11_000)),
            (200_000, allowed(4)),
        ],
    ),
    // A minute is not seven times anything whole.
    (
        7,
        &[
            (0, allowed(6)),
            (1, allowed(5)),
            (2, allowed(4)),
            (3, allowed(3)),
            (4, allowed(2)),
            (5, allowed(1)),
            (6, allowed(0)),
            (7, refused(8_564)),
            (8_571, allowed(0)),
            (20_000, allowed(0)),
            (20_000, refused(5_713)),
        ],
    ),
    (
        30,
        &[
            (0, allowed(29)),
            (1_000, allowed(28)),
            (1_999, allowed(27)),
            (2_000, allowed(27)),
            (70_000, allowed(29)),
        ],
    ),
];

async fn keeps_to_the_table(limits: &dyn SharedLimits, clock: &Setting<'_>) {
    for (at, (requests, steps)) in TABLE.iter().enumerate() {
        let quota = Quota::per_minute(NonZeroU32::new(*requests).unwrap());
        let start = clock.now();
        for (later, verdict) in *steps {
            clock.set(start + later).await;
            let met = limits.count(&format!("case-{at}"), quota).await.unwrap();
            assert_eq!(met, *verdict, "{requests} a minute, after {later} ms");
        }
    }
}

/// A clock that can be set, and whom to tell of it.
struct Setting<'a> {
    clock: &'a FakeClock,
    redis: Option<&'a Redis>,
}

/// Redis' clock in these tests.
const SET_CLOCK: &str = "local now = tonumber(redis.call('GET', 'clock'))\n";

impl Setting<'_> {
    fn now(&self) -> i64 {
        self.clock.now().timestamp_millis()
    }

    async fn set(&self, milliseconds: i64) {
        self.clock.pass(TimeDelta::milliseconds(milliseconds - self.now()));
        if let Some(redis) = self.redis {
            let set = cartwright_redis::Script::new("return redis.call('SET', 'clock', ARGV[1])");
            let _: String = redis.run(&set, "clock", &[milliseconds * 1000]).await.unwrap();
        }
    }
}

/// The number of each key, and nothing else.
struct Arithmetic<'a>(&'a FakeClock, std::sync::Mutex<std::collections::HashMap<String, i64>>);

#[async_trait]
impl SharedLimits for Arithmetic<'_> {
    async fn count(&self, key: &str, quota: Quota) -> Result<Verdict, LimitsError> {
        let (now, mut stored) = (self.0.now().timestamp_millis(), self.1.lock().unwrap());
        let paid_at = match quota.decide(stored.get(key).copied(), now) {
            Decision::Start(value) => value,
            Decision::Add(more) => stored[key] + more,
            Decision::Refuse(wait) => return Ok(Verdict::Refused(wait)),
        };
        stored.insert(key.to_owned(), paid_at);
        Ok(allowed(quota.remaining(paid_at, now)))
    }
}

#[tokio::test]
async fn the_arithmetic_keeps_to_the_table() {
    let clock = FakeClock::new();
    let setting = Setting { clock: &clock, redis: None };
    keeps_to_the_table(&Arithmetic(&clock, std::sync::Mutex::default()), &setting).await;
}

#[tokio::test]
async fn dynamodb_keeps_to_the_table() {
    let (aws, clock) = (TestAws::with_table("rate-limits").await, FakeClock::new());
    let limits = DynamoLimits::new(&aws.sdk, &aws.prefix, clock.clone());
    keeps_to_the_table(&limits, &Setting { clock: &clock, redis: None }).await;
}

async fn server() -> Option<(Server, Redis)> {
    let server = Server::for_a_test().await.unwrap()?;
    let redis = Redis::new(&server.url().parse().unwrap(), "cartwright-test-");
    Some((server, redis))
}

#[tokio::test]
async fn redis_keeps_to_the_table() {
    let Some((_server, redis)) = server().await else { return };
    let clock = FakeClock::new();
    let limits = RedisLimits::by_clock(redis.clone(), SET_CLOCK);
    keeps_to_the_table(&limits, &Setting { clock: &clock, redis: Some(&redis) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_at_once_from_two_processes_redis_never_lets_one_too_many_in() {
    let Some((server, one)) = server().await else { return };
    let two = Redis::new(&server.url().parse().unwrap(), "cartwright-test-");
    let ten = Quota::per_minute(NonZeroU32::new(10).unwrap());
    for round in 0..20 {
        let tries = (0..50).map(|at| {
            let limits = RedisLimits::new(if at % 2 == 0 { one.clone() } else { two.clone() });
            tokio::spawn(async move { limits.count(&format!("round-{round}"), ten).await.unwrap() })
        });
        let verdicts: Vec<Verdict> = join_all(tries).await.into_iter().map(Result::unwrap).collect();
        let count = verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Allowed { .. })).count();
        assert_eq!(count, 10, "{verdicts:?}");
        // The server's clock goes on: one comes back every 6 s.
        let waits = verdicts.iter().filter_map(|verdict| match verdict {
            Verdict::Refused(wait) => Some(*wait),
            Verdict::Allowed { .. } => None,
        });
        assert!(
            waits.clone().all(|wait| wait <= Duration::from_secs(6) && wait > Duration::from_secs(4)),
            "{verdicts:?}"
        );
    }
}

#[tokio::test]
async fn in_redis_a_key_has_the_shops_prefix_and_is_gone_when_it_is_paid_for() {
    let Some((_server, redis)) = server().await else { return };
    let limits = RedisLimits::new(redis.clone());
    let sixty = Quota::per_minute(NonZeroU32::new(60).unwrap());
    for _ in 0..3 {
        limits.count("a", sixty).await.unwrap();
    }
    let look =
        cartwright_redis::Script::new("return { redis.call('PTTL', KEYS[1]), #redis.call('KEYS', '*') }");
    let (left, keys): (i64, i64) = redis.run(&look, "rate-limits:a", &[]).await.unwrap();
    assert!((1_500..=3_000).contains(&left), "{left} ms");
    assert_eq!(keys, 1);
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    let (left, keys): (i64, i64) = redis.run(&look, "rate-limits:a", &[]).await.unwrap();
    assert_eq!((left, keys), (-2, 0), "nothing stays");
}

#[tokio::test]
async fn a_server_that_forgot_the_script_or_was_started_again_counts_on_and_one_that_is_gone_is_an_error() {
    let Some((mut server, redis)) = server().await else { return };
    let limits = RedisLimits::new(redis.clone());
    let ten = Quota::per_minute(NonZeroU32::new(10).unwrap());
    assert_eq!(limits.count("a", ten).await.unwrap(), allowed(9));
    assert_eq!(server.tell("SCRIPT FLUSH").await.unwrap(), "+OK");
    assert_eq!(limits.count("a", ten).await.unwrap(), allowed(8));
    server.kill();
    let started = std::time::Instant::now();
    assert!(limits.count("a", ten).await.is_err());
    assert!(started.elapsed() < Duration::from_millis(500), "{:?}", started.elapsed());
    server.restart().await.unwrap();
    assert_eq!(limits.count("a", ten).await.unwrap(), allowed(9), "at once, and from nothing");
    // Between two requests: nobody notices.
    server.kill();
    server.restart().await.unwrap();
    assert_eq!(limits.count("a", ten).await.unwrap(), allowed(9));
}
