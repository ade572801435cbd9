//! The table `notification-mail-health`: how many mails were sent, bounced and were complained about, hour by hour. Each hour is
//! spread over several items, so that many writers do not wait for one.

use aws_sdk_dynamodb::Client;
use chrono::{DateTime, TimeDelta, Timelike as _, Utc};

use super::StoreError;
use super::item::{Item, number, text};
use crate::domain::{MailTotals, Reputation};

/// Items of one hour.
const SHARDS: u8 = 8;
/// How far back is counted.
const WINDOW_HOURS: i64 = 24;
/// Items go after this many days.
const KEPT_DAYS: i64 = 35;

/// The counts.
#[derive(Debug, Clone)]
pub struct MailHealth {
    client: Client,
    table: String,
}

impl MailHealth {
    /// The logical name of the table.
    pub const TABLE: &str = "notification-mail-health";

    /// The table whose real name is `table`.
    #[must_use]
    pub const fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Counts one; `spread` decides which item of the hour.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn count(&self, what: Reputation, spread: u8, now: DateTime<Utc>) -> Result<(), StoreError> {
        let slot = format!("{:02}#{}", now.hour(), spread % SHARDS);
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("day", text(&day(now)))
            .key("slot", text(&slot))
            .update_expression("ADD #what :one SET expires_at = :expires_at")
            .expression_attribute_names("#what", what.as_str())
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(
                ":expires_at",
                number((now + TimeDelta::days(KEPT_DAYS)).timestamp()),
            );
        request.send().await.map(drop).map_err(StoreError::from_sdk)
    }

    /// What was counted in the last day, to the hour.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn last_day(&self, now: DateTime<Utc>) -> Result<MailTotals, StoreError> {
        let begin = now - TimeDelta::hours(WINDOW_HOURS);
        let mut totals = MailTotals::default();
        // Today up to now, and of yesterday what is not a day ago yet.
        for (at, condition, hour) in [
            (now, "#day = :day AND slot < :hour", now.hour() + 1),
            (begin, "#day = :day AND slot >= :hour", begin.hour() + 1),
        ] {
            let mut from: Option<Item> = None;
            loop {
                let request = self
                    .client
                    .query()
                    .table_name(&self.table)
                    .key_condition_expression(condition)
                    .expression_attribute_names("#day", "day")
                    .expression_attribute_values(":day", text(&day(at)))
                    .expression_attribute_values(":hour", text(&format!("{hour:02}")))
                    .set_exclusive_start_key(from.take());
                let answer = request.send().await.map_err(StoreError::from_sdk)?;
                for item in answer.items() {
                    totals.sent += counted(item, Reputation::Sent);
                    totals.bounced += counted(item, Reputation::Bounced);
                    totals.complained += counted(item, Reputation::Complained);
                }
                match answer.last_evaluated_key {
                    Some(key) => from = Some(key),
                    None => break,
                }
            }
        }
        Ok(totals)
    }
}

fn day(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d").to_string()
}

fn counted(item: &Item, what: Reputation) -> u64 {
    item.get(what.as_str()).and_then(|value| value.as_n().ok()?.parse().ok()).unwrap_or(0)
}
