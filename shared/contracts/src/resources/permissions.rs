//! Which calls a service may make, by IAM action.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What a service may do with one thing. Consuming a queue follows from [`super::Queue::consumer`] and reading a secret
/// from [`super::Secret::readers`]; neither is repeated here.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permission {
    /// The service's name.
    pub service: String,
    /// A topic's logical name.
    #[serde(default)]
    pub topic: Option<String>,
    /// A queue's logical name.
    #[serde(default)]
    pub queue: Option<String>,
    /// Every queue and every dead-letter queue.
    #[serde(default)]
    pub every_queue: bool,
    /// A table's logical name; its indexes belong to it.
    #[serde(default)]
    pub table: Option<String>,
    /// A bucket's logical name; the actions are on its objects.
    #[serde(default)]
    pub bucket: Option<String>,
    /// Mail from the shop's address.
    #[serde(default)]
    pub mail: bool,
    /// What has no resource of its own.
    #[serde(default)]
    pub account: bool,
    /// IAM's names of actions, as `sqs:SendMessage`.
    pub actions: Vec<String>,
    /// Of these the ones that no test calls, each with the reason why it is allowed.
    #[serde(default)]
    pub unused: BTreeMap<String, String>,
}

/// What a permission is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// A topic, by logical name.
    Topic(&'a str),
    /// A queue, by logical name.
    Queue(&'a str),
    /// Every queue and every dead-letter queue.
    EveryQueue,
    /// A table, by logical name.
    Table(&'a str),
    /// A bucket, by logical name.
    Bucket(&'a str),
    /// Mail from the shop's address.
    Mail,
    /// The account.
    Account,
}

impl Permission {
    /// The one thing that it is for; None when it names none, or several.
    #[must_use]
    pub fn target(&self) -> Option<Target<'_>> {
        let mut named = [
            self.topic.as_deref().map(Target::Topic),
            self.queue.as_deref().map(Target::Queue),
            self.every_queue.then_some(Target::EveryQueue),
            self.table.as_deref().map(Target::Table),
            self.bucket.as_deref().map(Target::Bucket),
            self.mail.then_some(Target::Mail),
            self.account.then_some(Target::Account),
        ]
        .into_iter()
        .flatten();
        let first = named.next()?;
        named.next().is_none().then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_for_nothing_or_for_two_things_has_no_target() {
        let read = |text: &str| serde_json::from_str::<Permission>(text).unwrap();
        let one = read(r#"{"service": "order", "table": "carts", "actions": []}"#);
        assert_eq!(one.target(), Some(Target::Table("carts")));
        assert_eq!(
            read(r#"{"service": "order", "every_queue": true, "actions": []}"#).target(),
            Some(Target::EveryQueue)
        );
        assert_eq!(read(r#"{"service": "order", "actions": []}"#).target(), None);
        assert_eq!(
            read(r#"{"service": "order", "table": "carts", "mail": true, "actions": []}"#).target(),
            None
        );
    }
}
