//! The counts in DynamoDB: a conditional write per request, so that two processes never let one too many in. What a process
//! knows of a key it keeps for a while: to make the right write at once, to refuse without one, and, for quotas in the
//! thousands, to pay for several requests with one write.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use cartwright_types::SharedClock;
use quick_cache::sync::Cache;

use crate::{Decision, LimitsError, Quota, SharedLimits, Verdict};

/// The table's logical name.
pub const TABLE: &str = "rate-limits";
/// The partition key.
const KEY: &str = "key";
/// When all requests so far are paid, in milliseconds since 1970.
const PAID_AT: &str = "paid_at";
/// For DynamoDB's TTL, in seconds.
const EXPIRES_AT: &str = "expires_at";
/// A key whose number changes between reading and writing is looked at so often.
const ATTEMPTS: usize = 4;

/// Keys that a process knows something of.
const KNOWN: usize = 10_000;
/// What is paid for in advance is there for so long, in milliseconds.
const BLOCK_LIFE: i64 = 5_000;

/// The table `rate-limits`.
#[derive(Clone)]
pub struct DynamoLimits {
    client: Client,
    table: String,
    clock: SharedClock,
    known: Arc<Cache<String, Known>>,
}

/// What a process knows of a key.
#[derive(Debug, Clone, Default)]
struct Known {
    /// At least this number is stored: it only grows.
    paid_at: i64,
    /// Requests that are paid for and did not come yet.
    left: Arc<AtomicU32>,
    /// When that ends.
    until: i64,
}

/// What a conditional write met.
enum Met {
    /// Written; this is stored now.
    Done(i64),
    /// The condition failed; this is stored.
    Stored(Option<i64>),
}

impl DynamoLimits {
    /// The table of the shop whose resources are called `resource_prefix` and so on.
    #[must_use]
    pub fn new(config: &SdkConfig, resource_prefix: &str, clock: SharedClock) -> Self {
        let known = Arc::new(Cache::new(KNOWN));
        Self { client: Client::new(config), table: format!("{resource_prefix}{TABLE}"), clock, known }
    }

    /// Lets a request in that is paid for already; how many more would be, as far as this process knows.
    fn spend(&self, key: &str, quota: Quota, now: i64) -> Option<u32> {
        let known = self.known.get(key).filter(|known| known.until > now)?;
        let left =
            known.left.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1)).ok()?;
        Some(quota.remaining(known.paid_at, now).saturating_add(left - 1))
    }

    /// Keeps what a write found or made: the number, and requests that are paid for from `now` on.
    fn learn(&self, key: &str, paid_at: i64, more: u32, now: i64) {
        // Writes that ran at once add up: nothing that was paid for is lost.
        let left =
            self.known.get(key).filter(|known| known.until > now).map(|known| known.left).unwrap_or_default();
        left.fetch_add(more, Ordering::AcqRel);
        self.known.insert(key.to_owned(), Known { paid_at, left, until: now + BLOCK_LIFE });
    }

    async fn write(
        &self,
        key: &str,
        (requests, decision): (u32, Decision),
        (quota, now): (Quota, i64),
    ) -> Result<Met, LimitsError> {
        let number = |value: i64| AttributeValue::N(value.to_string());
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(KEY, AttributeValue::S(key.to_owned()))
            .expression_attribute_names("#paid_at", PAID_AT)
            .expression_attribute_names("#expires_at", EXPIRES_AT)
            .expression_attribute_values(":now", number(now))
            // By then everything is paid; when TTL gets to it does not matter.
            .expression_attribute_values(":expires_at", number(quota.latest(now) / 1000 + 60))
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let (update, written) = match decision {
            Decision::Refuse(_) => return Ok(Met::Done(0)),
            Decision::Start(value) => (
                update
                    .update_expression("SET #paid_at = :value, #expires_at = :expires_at")
                    .condition_expression("attribute_not_exists(#paid_at) OR #paid_at <= :now")
                    .expression_attribute_values(":value", number(value)),
                value,
            ),
            Decision::Add(more) => (
                update
                    .update_expression("SET #paid_at = #paid_at + :more, #expires_at = :expires_at")
                    .condition_expression("#paid_at > :now AND #paid_at <= :latest")
                    .expression_attribute_values(":more", number(more))
                    .expression_attribute_values(":latest", number(quota.latest_for(requests, now))),
                now + more,
            ),
        };
        match update.send().await.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error) {
            Ok(answer) => Ok(Met::Done(stored(answer.attributes()).unwrap_or(written))),
            Err(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                Ok(Met::Stored(stored(failed.item())))
            }
            Err(error) => Err(LimitsError(error.into())),
        }
    }
}

#[async_trait]
impl SharedLimits for DynamoLimits {
    async fn count(&self, key: &str, quota: Quota) -> Result<Verdict, LimitsError> {
        if let Some(remaining) = self.spend(key, quota, self.clock.now().timestamp_millis()) {
            return Ok(Verdict::Allowed { remaining });
        }
        // Most keys are seen for the first time in a while: the write that supposes so comes first, and reads on failure.
        let mut paid_at = self.known.get(key).map(|known| known.paid_at);
        let mut requests = quota.block();
        for _ in 0..ATTEMPTS {
            let now = self.clock.now().timestamp_millis();
            let mut decision = quota.decide_for(requests, paid_at, now);
            if requests > 1 && matches!(decision, Decision::Refuse(_)) {
                requests = 1;
                decision = quota.decide(paid_at, now);
            }
            if let Decision::Refuse(wait) = decision {
                return Ok(Verdict::Refused(wait));
            }
            match self.write(key, (requests, decision), (quota, now)).await? {
                Met::Done(paid_at) => {
                    self.learn(key, paid_at, requests - 1, now);
                    let remaining = quota.remaining(paid_at, now).saturating_add(requests - 1);
                    return Ok(Verdict::Allowed { remaining });
                }
                Met::Stored(stored) => {
                    paid_at = stored;
                    self.learn(key, stored.unwrap_or_default(), 0, now);
                }
            }
        }
        // The number moves back and forth around now: nearly nothing of the quota is used.
        Ok(Verdict::Allowed { remaining: quota.remaining(0, self.clock.now().timestamp_millis()) })
    }
}

fn stored(item: Option<&HashMap<String, AttributeValue>>) -> Option<i64> {
    item?.get(PAID_AT)?.as_n().ok()?.parse().ok()
}
