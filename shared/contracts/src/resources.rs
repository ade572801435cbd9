//! `resources.json`, typed. The runner creates from it, Terraform reads it, the services name things by it.

mod permissions;

use std::sync::LazyLock;

use serde::Deserialize;

pub use permissions::{Permission, Target};

/// Appended to a queue's name for its dead letters.
pub const DEAD_LETTER_SUFFIX: &str = "-dlq";

/// Every AWS resource the shop owns, by logical name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resources {
    /// SNS topics.
    pub topics: Vec<Topic>,
    /// SQS queues; each has a dead-letter queue.
    pub queues: Vec<Queue>,
    /// DynamoDB tables, on demand.
    pub tables: Vec<Table>,
    /// S3 buckets.
    pub buckets: Vec<Bucket>,
    /// Secrets Manager secrets.
    pub secrets: Vec<Secret>,
    /// What the services may call, beside consuming their queues and reading their secrets.
    pub permissions: Vec<Permission>,
}

/// An SNS topic.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// Logical name.
    pub name: String,
}

/// An SQS queue and its dead-letter queue.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// Logical name.
    pub name: String,
    /// The service that consumes it; None: nobody yet.
    #[serde(default)]
    pub consumer: Option<String>,
    /// How long a received message is hidden, in seconds.
    pub visibility_timeout_seconds: u32,
    /// Receives before a message becomes a dead letter.
    pub max_receive_count: u32,
    /// Encrypted with a KMS key of its own: it carries tokens.
    #[serde(default)]
    pub encrypted: bool,
    /// It carries people's addresses: whoever looks at its dead letters is not shown what they say.
    #[serde(default)]
    pub personal: bool,
    /// How long dead letters are kept; the default is 14 days.
    #[serde(default)]
    pub dead_letter_retention_seconds: Option<u32>,
    /// What it hears from a topic.
    #[serde(default)]
    pub subscription: Option<Subscription>,
}

/// A queue's subscription: raw delivery, filtered on the message attribute `event_type` where types are named.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscription {
    /// The topic's logical name.
    pub topic: String,
    /// The values that pass; without any there is no filter.
    pub event_types: Vec<String>,
}

/// A DynamoDB table; every key is a string.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Logical name.
    pub name: String,
    /// Hash key.
    pub partition_key: String,
    /// Range key.
    #[serde(default)]
    pub sort_key: Option<String>,
    /// For tidiness only: nothing may rely on it.
    #[serde(default)]
    pub ttl_attribute: Option<String>,
    /// Global secondary indexes, all attributes projected.
    #[serde(default)]
    pub indexes: Vec<Index>,
}

/// A global secondary index.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Hash key.
    pub partition_key: String,
    /// Range key.
    #[serde(default)]
    pub sort_key: Option<String>,
}

/// An S3 bucket.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// Logical name.
    pub name: String,
    /// Objects are read by everybody (through the CDN on AWS).
    #[serde(default)]
    pub public_read: bool,
    /// Objects are removed after so many days.
    #[serde(default)]
    pub expire_after_days: Option<u32>,
    /// Browsers bring objects, by requests that a service has signed: pages of the shop's origins may PUT.
    #[serde(default)]
    pub browser_uploads: bool,
    /// What it tells queues.
    #[serde(default)]
    pub notifications: Vec<Notification>,
}

impl Queue {
    /// The logical name of its dead-letter queue.
    #[must_use]
    pub fn dead_letters(&self) -> String {
        format!("{}{DEAD_LETTER_SUFFIX}", self.name)
    }
}

/// What a bucket tells a queue about its objects.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notification {
    /// The queue's logical name.
    pub queue: String,
    /// S3's names of events, as `s3:ObjectCreated:*`.
    pub events: Vec<String>,
    /// Of which keys.
    #[serde(default)]
    pub prefix: Option<String>,
}

/// A secret's container; a command fills it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// Logical name.
    pub name: String,
    /// What it holds.
    pub kind: SecretKind,
    /// The services that may read it.
    pub readers: Vec<String>,
}

/// The forms of secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretKind {
    /// `{"keys": [private RSA JWK, …]}`; the first signs.
    RsaJwkSet,
    /// `{"key": base64url}` of 32 bytes.
    HmacKey,
    /// `{"current": base64url, "previous": base64url | null}`, 32 bytes each.
    RotatingHmacKeys,
    /// `{"password": "…"}`
    Password,
    /// `{"secret_key": "sk_…", "webhook_secret": "whsec_…", "publishable_key": "pk_…"}`, written by hand; two webhook secrets,
    /// comma-separated, while one takes the other's place.
    StripeKeys,
}

static RESOURCES: LazyLock<Resources> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../resources.json")).expect("resources.json fits its types (tested)")
});

/// The parsed `resources.json`.
#[must_use]
pub fn resources() -> &'static Resources {
    &RESOURCES
}

/// From a logical name to what AWS calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// `RESOURCE_PREFIX`
    pub prefix: String,
    /// `SECRETS_PREFIX`
    pub secrets_prefix: String,
    /// `AWS_REGION`
    pub region: String,
    /// `AWS_ACCOUNT_ID`
    pub account_id: String,
}

impl Names {
    /// A queue's, table's or bucket's name.
    #[must_use]
    pub fn of(&self, logical: &str) -> String {
        format!("{}{logical}", self.prefix)
    }

    /// A secret's name.
    #[must_use]
    pub fn secret(&self, logical: &str) -> String {
        format!("{}{logical}", self.secrets_prefix)
    }

    /// A topic's ARN.
    #[must_use]
    pub fn topic_arn(&self, logical: &str) -> String {
        format!("arn:aws:sns:{}:{}:{}", self.region, self.account_id, self.of(logical))
    }

    /// The ARN of an SNS platform application: `platform` is `GCM` or `APNS`.
    #[must_use]
    pub fn application_arn(&self, platform: &str, logical: &str) -> String {
        format!("arn:aws:sns:{}:{}:app/{platform}/{}", self.region, self.account_id, self.of(logical))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICES: [&str; 5] = ["api-gateway", "user", "product", "order", "notification"];

    #[test]
    fn every_subscription_names_a_topic_that_exists() {
        for queue in &resources().queues {
            if let Some(subscription) = &queue.subscription {
                assert!(
                    resources().topics.iter().any(|topic| topic.name == subscription.topic),
                    "{}",
                    queue.name
                );
            }
        }
    }

    #[test]
    fn every_consumer_and_reader_is_a_service() {
        let consumers = resources().queues.iter().filter_map(|queue| queue.consumer.as_ref());
        let readers = resources().secrets.iter().flat_map(|secret| &secret.readers);
        for name in consumers.chain(readers) {
            assert!(SERVICES.contains(&name.as_str()), "{name}");
        }
    }

    #[test]
    fn every_notification_of_a_bucket_names_a_queue_that_exists() {
        for notification in resources().buckets.iter().flat_map(|bucket| &bucket.notifications) {
            let queue = &notification.queue;
            assert!(resources().queues.iter().any(|known| known.name == *queue), "{queue}");
        }
    }

    #[test]
    fn every_permission_is_a_services_for_one_thing_that_exists() {
        let all = resources();
        for permission in &all.permissions {
            assert!(SERVICES.contains(&permission.service.as_str()), "{permission:?}");
            assert!(!permission.actions.is_empty(), "{permission:?}");
            assert!(permission.unused.keys().all(|action| permission.actions.contains(action)));
            let exists = match permission.target().unwrap_or_else(|| panic!("{permission:?}")) {
                Target::Topic(name) => all.topics.iter().any(|topic| topic.name == name),
                Target::Queue(name) => all.queues.iter().any(|queue| queue.name == name),
                Target::Table(name) => all.tables.iter().any(|table| table.name == name),
                Target::Bucket(name) => all.buckets.iter().any(|bucket| bucket.name == name),
                Target::EveryQueue | Target::Mail | Target::Account => true,
            };
            assert!(exists, "{permission:?}");
        }
    }
}
