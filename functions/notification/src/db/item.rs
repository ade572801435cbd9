//! Rows as DynamoDB items and back.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::StoreError;
use crate::domain::{Attempt, Channel, Happened, Kind, Notification, Outcome, Status, Told};

pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) fn text(value: impl ToString + Copy) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

pub(super) fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(super) fn instant(at: DateTime<Utc>) -> AttributeValue {
    AttributeValue::S(at.to_rfc3339_opts(SecondsFormat::Micros, true))
}

/// Rows go after this many days.
const KEPT_DAYS: i64 = 400;

/// The `expires_at` of a row made now.
pub(super) fn expiry(now: DateTime<Utc>) -> AttributeValue {
    number((now + TimeDelta::days(KEPT_DAYS)).timestamp())
}

pub(super) fn attempt(attempt: &Attempt) -> AttributeValue {
    let mut map = HashMap::from([
        ("at".to_owned(), instant(attempt.at)),
        ("outcome".to_owned(), text(attempt.outcome.as_str())),
    ]);
    let optional = [
        ("provider", &attempt.provider),
        ("provider_message_id", &attempt.provider_message_id),
        ("reason", &attempt.reason),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            map.insert(name.to_owned(), text(value));
        }
    }
    AttributeValue::M(map)
}

pub(super) fn told(told: &Told) -> AttributeValue {
    let mut map = HashMap::from([
        ("at".to_owned(), instant(told.at)),
        ("happened".to_owned(), text(told.happened.as_str())),
        ("provider".to_owned(), text(&told.provider)),
    ]);
    if let Some(reason) = &told.reason {
        map.insert("reason".to_owned(), text(reason));
    }
    AttributeValue::M(map)
}

fn read_told(value: &AttributeValue) -> Result<Told, StoreError> {
    let map = value.as_m().map_err(|_| malformed("event"))?;
    Ok(Told {
        at: parsed(map, "at")?,
        happened: string(map, "happened").and_then(Happened::parse).ok_or(malformed("happened"))?,
        provider: parsed(map, "provider")?,
        reason: string(map, "reason").map(str::to_owned),
    })
}

impl TryFrom<&Item> for Notification {
    type Error = StoreError;

    fn try_from(item: &Item) -> Result<Self, StoreError> {
        let attempts =
            item.get("attempts").and_then(|value| value.as_l().ok()).ok_or(malformed("attempts"))?;
        let events = item.get("events").and_then(|value| value.as_l().ok()).map_or(&[][..], Vec::as_slice);
        Ok(Self {
            id: parsed(item, "id")?,
            user_id: maybe(item, "user_id")?,
            channel: string(item, "channel").and_then(Channel::parse).ok_or(malformed("channel"))?,
            // Rows of before there was marketing have none.
            kind: string(item, "kind").and_then(Kind::parse).unwrap_or_default(),
            template: parsed(item, "template")?,
            event_id: parsed(item, "event_id")?,
            order_id: maybe(item, "order_id")?,
            status: string(item, "status").and_then(Status::parse).ok_or(malformed("status"))?,
            attempts: attempts.iter().map(read_attempt).collect::<Result<_, _>>()?,
            events: events.iter().map(read_told).collect::<Result<_, _>>()?,
            forgotten: item.contains_key("forgotten"),
            send_at: maybe(item, "send_at")?,
            resend_of: maybe(item, "resend_of")?,
            created_at: parsed(item, "created_at")?,
            updated_at: parsed(item, "updated_at")?,
            // Nobody has tried yet: no lease.
            lease_until: if item.contains_key("lease_until") {
                lease_until(item)?
            } else {
                DateTime::UNIX_EPOCH
            },
            version: integer(item, "version")?,
        })
    }
}

/// Milliseconds, so that DynamoDB can compare them.
pub(super) fn lease_until(item: &Item) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_millis(integer(item, "lease_until")?).ok_or(malformed("lease_until"))
}

fn read_attempt(value: &AttributeValue) -> Result<Attempt, StoreError> {
    let map = value.as_m().map_err(|_| malformed("attempt"))?;
    let optional = |name| string(map, name).map(str::to_owned);
    Ok(Attempt {
        at: parsed(map, "at")?,
        outcome: string(map, "outcome").and_then(Outcome::parse).ok_or(malformed("outcome"))?,
        provider: optional("provider"),
        provider_message_id: optional("provider_message_id"),
        reason: optional("reason"),
    })
}

pub(super) fn string<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

pub(super) fn parsed<T: std::str::FromStr>(item: &Item, name: &'static str) -> Result<T, StoreError> {
    string(item, name).and_then(|text| text.parse().ok()).ok_or(malformed(name))
}

pub(super) fn maybe<T: std::str::FromStr>(item: &Item, name: &'static str) -> Result<Option<T>, StoreError> {
    item.contains_key(name).then(|| parsed(item, name)).transpose()
}

pub(super) fn integer(item: &Item, name: &'static str) -> Result<i64, StoreError> {
    item.get(name).and_then(|value| value.as_n().ok()?.parse().ok()).ok_or(malformed(name))
}

const fn malformed(what: &'static str) -> StoreError {
    StoreError::Malformed(what)
}
