//! Rate limits that all processes share: GCRA on one number per key, in Redis if there is one, else in DynamoDB.

mod dynamo;
mod quota;
mod redis;
mod scale;
#[cfg(test)]
mod verdicts;

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use cartwright_redis::Redis;
use cartwright_types::SharedClock;
use thiserror::Error;

pub use dynamo::DynamoLimits;
pub use quota::{Decision, Quota};
pub use redis::RedisLimits;
pub use scale::Scale;

/// What became of a request that was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Within the quota.
    Allowed {
        /// How many more would be let in at once.
        remaining: u32,
    },
    /// One too many; the next one fits after this time.
    Refused(Duration),
}

/// The counts are out of reach.
#[derive(Debug, Error)]
#[error("the shared limits cannot be reached")]
pub struct LimitsError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Counts requests by key, for all processes together.
#[async_trait]
pub trait SharedLimits: Send + Sync {
    /// Counts one request of `key`.
    ///
    /// # Errors
    /// See [`LimitsError`]; what then happens to the request is the caller's to say.
    async fn count(&self, key: &str, quota: Quota) -> Result<Verdict, LimitsError>;
}

/// Where all processes of a shop count: in Redis, where there is one, else in DynamoDB.
#[must_use]
pub fn shared(
    redis: Option<&Redis>,
    config: &SdkConfig,
    resource_prefix: &str,
    clock: SharedClock,
) -> Arc<dyn SharedLimits> {
    match redis {
        Some(redis) => Arc::new(RedisLimits::new(redis.clone())),
        None => Arc::new(DynamoLimits::new(config, resource_prefix, clock)),
    }
}

/// Whose requests are counted together: an IPv4 address, or the IPv6 /64 that one subscriber has.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_subscriber_is_one_caller_and_a_mapped_address_is_its_ipv4() {
        let network = |text: &str| network(text.parse().unwrap());
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
    }
}
