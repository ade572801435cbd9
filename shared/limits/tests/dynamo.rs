//! The counts in the emulator's DynamoDB.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use cartwright_limits::{DynamoLimits, Quota, SharedLimits as _, Verdict};
use cartwright_test_support::{FakeClock, TestAws};
use futures::future::join_all;

async fn limits() -> (DynamoLimits, Arc<FakeClock>) {
    let (aws, clock) = (TestAws::with_table("rate-limits").await, FakeClock::new());
    (DynamoLimits::new(&aws.sdk, &aws.prefix, clock.clone()), clock)
}

fn ten() -> Quota {
    Quota::per_minute(NonZeroU32::new(10).unwrap())
}

const fn is_allowed(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Allowed { .. })
}

#[tokio::test]
async fn one_after_the_other_as_many_as_the_quota_says_and_it_comes_back() {
    let (limits, clock) = limits().await;
    let count = async |key: &str| limits.count(key, ten()).await.unwrap();
    for remaining in (0..10).rev() {
        assert_eq!(count("a").await, Verdict::Allowed { remaining });
    }
    assert_eq!(count("a").await, Verdict::Refused(Duration::from_secs(6)));
    assert_eq!(count("b").await, Verdict::Allowed { remaining: 9 });
    clock.advance(6);
    assert_eq!(count("a").await, Verdict::Allowed { remaining: 0 });
    assert_eq!(count("a").await, Verdict::Refused(Duration::from_secs(6)));
    clock.advance(120);
    for remaining in (0..10).rev() {
        assert_eq!(count("a").await, Verdict::Allowed { remaining });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_two_processes_at_once_never_one_too_many() {
    let (aws, clock) = (TestAws::with_table("rate-limits").await, FakeClock::new());
    let process = || DynamoLimits::new(&aws.sdk, &aws.prefix, clock.clone());
    let (one, two) = (process(), process());
    let tries = (0..40).map(|at| {
        let limits = if at % 2 == 0 { one.clone() } else { two.clone() };
        async move { limits.count("a", ten()).await.unwrap() }
    });
    let verdicts = join_all(tries).await;
    let allowed = verdicts.iter().filter(|verdict| is_allowed(**verdict)).count();
    assert_eq!(allowed, 10, "{verdicts:?}");
    assert_eq!(two.count("a", ten()).await.unwrap(), Verdict::Refused(Duration::from_secs(6)));
}

#[tokio::test]
async fn large_quotas_are_paid_in_blocks_and_never_exceeded() {
    let (aws, clock) = (TestAws::with_table("rate-limits").await, FakeClock::new());
    let process = || DynamoLimits::new(&aws.sdk, &aws.prefix, clock.clone());
    let (one, two) = (process(), process());
    let hundred = Quota::per_minute(NonZeroU32::new(100).unwrap());
    let mut allowed = 0;
    for at in 0..250 {
        let limits = if at % 2 == 0 { &one } else { &two };
        allowed += usize::from(is_allowed(limits.count("a", hundred).await.unwrap()));
    }
    assert_eq!(allowed, 100);
    clock.advance(6);
    for _ in 0..50 {
        allowed += usize::from(is_allowed(one.count("a", hundred).await.unwrap()));
    }
    assert_eq!(allowed, 110);
}

#[tokio::test]
async fn without_the_table_it_is_an_error_and_no_verdict() {
    let aws = TestAws::new().await;
    let limits = DynamoLimits::new(&aws.sdk, &aws.prefix, FakeClock::new());
    assert!(limits.count("a", ten()).await.is_err());
}
