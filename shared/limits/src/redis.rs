//! The counts in Redis: one script per request, which the server runs with nothing else in between, so that two processes never
//! let one too many in. The time is the server's.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cartwright_redis::{Redis, Script};

use crate::{LimitsError, Quota, SharedLimits, Verdict};

/// Microseconds since 1970.
const SERVERS_CLOCK: &str = "
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
";
const COUNT: &str = include_str!("count.lua");

/// A key for each key that has something to pay for.
#[derive(Clone)]
pub struct RedisLimits {
    redis: Redis,
    script: Arc<Script>,
}

impl RedisLimits {
    /// Makes no call.
    #[must_use]
    pub fn new(redis: Redis) -> Self {
        Self::by_clock(redis, SERVERS_CLOCK)
    }

    /// By the clock that `clock`, in Lua, reads into `now`.
    pub(crate) fn by_clock(redis: Redis, clock: &str) -> Self {
        Self { redis, script: Arc::new(Script::new(&format!("{clock}{COUNT}"))) }
    }
}

#[async_trait]
impl SharedLimits for RedisLimits {
    async fn count(&self, key: &str, quota: Quota) -> Result<Verdict, LimitsError> {
        let key = format!("rate-limits:{key}");
        // The cost is whole milliseconds as in DynamoDB: both let the same requests in.
        let arguments = [quota.interval() * 1000, i64::from(quota.requests())];
        let answer = self.redis.run(&self.script, &key, &arguments).await;
        let (allowed, microseconds): (i64, i64) = answer.map_err(|error| LimitsError(error.into()))?;
        let duration = Duration::from_micros(u64::try_from(microseconds).unwrap_or(0));
        if allowed == 0 {
            return Ok(Verdict::Refused(duration));
        }
        let debt = duration.as_micros().div_ceil(1000).try_into().unwrap_or(i64::MAX);
        Ok(Verdict::Allowed { remaining: quota.remaining(debt, 0) })
    }
}
