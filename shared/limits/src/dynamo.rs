//! The counts in DynamoDB: a conditional write per request, so that two processes never let one too many in.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use cartwright_types::SharedClock;

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

/// The table `rate-limits`.
#[derive(Clone)]
pub struct DynamoLimits {
    client: Client,
    table: String,
    clock: SharedClock,
}

/// What a conditional write met.
enum Met {
    Done,
    /// The condition failed; this is stored.
    Stored(Option<i64>),
}

impl DynamoLimits {
    /// The table of the shop whose resources are called `resource_prefix`...
    #[must_use]
    pub fn new(config: &SdkConfig, resource_prefix: &str, clock: SharedClock) -> Self {
        Self { client: Client::new(config), table: format!("{resource_prefix}{TABLE}"), clock }
    }

    async fn write(&self, key: &str, decision: Decision, quota: Quota, now: i64) -> Result<Met, LimitsError> {
        let number = |value: i64| AttributeValue::N(value.to_string());
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(KEY, AttributeValue::S(key.to_owned()))
            .expression_attribute_names("#paid_at", PAID_AT)
            .expression_attribute_names("#expires_at", EXPIRES_AT)
            .expression_attribute_values(":now", number(now))
            // An hour late at most, which is what TTL is worth.
            .expression_attribute_values(":expires_at", number(quota.latest(now) / 1000 + 60))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let update = match decision {
            Decision::Refuse(_) => return Ok(Met::Done),
            Decision::Start(value) => update
                .update_expression("SET #paid_at = :value, #expires_at = :expires_at")
                .condition_expression("attribute_not_exists(#paid_at) OR #paid_at <= :now")
                .expression_attribute_values(":value", number(value)),
            Decision::Add(more) => update
                .update_expression("SET #paid_at = #paid_at + :more, #expires_at = :expires_at")
                .condition_expression("#paid_at > :now AND #paid_at <= :latest")
                .expression_attribute_values(":more", number(more))
                .expression_attribute_values(":latest", number(quota.latest(now))),
        };
        match update.send().await.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error) {
            Ok(_) => Ok(Met::Done),
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
        // Most keys are seen for the first time in a while: the write that supposes so comes first, and reads on failure.
        let mut known = None;
        for _ in 0..ATTEMPTS {
            let now = self.clock.now().timestamp_millis();
            let decision = quota.decide(known, now);
            if let Decision::Refuse(wait) = decision {
                return Ok(Verdict::Refused(wait));
            }
            match self.write(key, decision, quota, now).await? {
                Met::Done => return Ok(Verdict::Allowed),
                Met::Stored(stored) => known = stored,
            }
        }
        // So many at once on one key are no person.
        Ok(Verdict::Refused(std::time::Duration::from_secs(1)))
    }
}

fn stored(item: Option<&HashMap<String, AttributeValue>>) -> Option<i64> {
    item?.get(PAID_AT)?.as_n().ok()?.parse().ok()
}
