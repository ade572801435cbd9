//! Calls to AWS that the services made in a run of the tests, as IAM sees them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use cartwright_contracts::{DEAD_LETTER_SUFFIX, resources};
use serde::Deserialize;

/// What a call or a policy is about, by logical name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// A topic.
    Topic(String),
    /// A queue.
    Queue(String),
    /// A table and its indexes.
    Table(String),
    /// A bucket itself.
    Bucket(String),
    /// The objects of a bucket.
    Objects(String),
    /// A secret.
    Secret(String),
    /// Mail from the shop's address.
    Mail,
    /// What has no resource of its own.
    Account,
}

/// One line of a record.
#[derive(Debug, Deserialize)]
pub struct Call {
    /// `order-service`
    pub program: String,
    /// The SDK's name of the AWS service: `SQS`.
    pub sdk: String,
    /// `SendMessageBatch`
    pub operation: String,
    /// Names, with the prefix of the stack that the tests ran on.
    pub resources: Vec<String>,
}

/// An action of a service on a thing.
pub type Use = (String, &'static str, Thing);

/// Each use with how often it was recorded.
pub type Uses = BTreeMap<Use, u64>;

/// Which form of [`Thing`] a resource of the call is.
type Form = fn(String) -> Thing;

/// The actions that IAM asks for, by the API reference of each service: a batch has none of its own, and neither has HEAD. A
/// transaction needs that of each of its parts, which are the same in every one that is made here.
const ACTIONS: &[(&str, &str, &str, Form)] = &[
    ("SQS", "GetQueueUrl", "sqs:GetQueueUrl", Thing::Queue),
    ("SQS", "GetQueueAttributes", "sqs:GetQueueAttributes", Thing::Queue),
    ("SQS", "SendMessage", "sqs:SendMessage", Thing::Queue),
    ("SQS", "SendMessageBatch", "sqs:SendMessage", Thing::Queue),
    ("SQS", "ReceiveMessage", "sqs:ReceiveMessage", Thing::Queue),
    ("SQS", "DeleteMessage", "sqs:DeleteMessage", Thing::Queue),
    ("SQS", "DeleteMessageBatch", "sqs:DeleteMessage", Thing::Queue),
    ("SQS", "ChangeMessageVisibility", "sqs:ChangeMessageVisibility", Thing::Queue),
    ("SQS", "ChangeMessageVisibilityBatch", "sqs:ChangeMessageVisibility", Thing::Queue),
    ("SNS", "Publish", "sns:Publish", Thing::Topic),
    ("SNS", "PublishBatch", "sns:Publish", Thing::Topic),
    ("SNS", "CreatePlatformEndpoint", "sns:CreatePlatformEndpoint", |_| Thing::Account),
    ("SNS", "DeleteEndpoint", "sns:DeleteEndpoint", |_| Thing::Account),
    ("SNS", "SetEndpointAttributes", "sns:SetEndpointAttributes", |_| Thing::Account),
    ("DynamoDB", "DescribeTable", "dynamodb:DescribeTable", Thing::Table),
    ("DynamoDB", "GetItem", "dynamodb:GetItem", Thing::Table),
    ("DynamoDB", "BatchGetItem", "dynamodb:BatchGetItem", Thing::Table),
    ("DynamoDB", "PutItem", "dynamodb:PutItem", Thing::Table),
    ("DynamoDB", "BatchWriteItem", "dynamodb:BatchWriteItem", Thing::Table),
    ("DynamoDB", "UpdateItem", "dynamodb:UpdateItem", Thing::Table),
    ("DynamoDB", "DeleteItem", "dynamodb:DeleteItem", Thing::Table),
    ("DynamoDB", "TransactWriteItems", "dynamodb:DeleteItem", Thing::Table),
    ("DynamoDB", "TransactWriteItems", "dynamodb:PutItem", Thing::Table),
    ("DynamoDB", "Query", "dynamodb:Query", Thing::Table),
    ("DynamoDB", "Scan", "dynamodb:Scan", Thing::Table),
    ("S3", "GetObject", "s3:GetObject", Thing::Objects),
    ("S3", "HeadObject", "s3:GetObject", Thing::Objects),
    ("S3", "PutObject", "s3:PutObject", Thing::Objects),
    ("S3", "DeleteObject", "s3:DeleteObject", Thing::Objects),
    ("S3", "HeadBucket", "s3:ListBucket", Thing::Bucket),
    ("S3", "ListObjectsV2", "s3:ListBucket", Thing::Bucket),
    ("SecretsManager", "GetSecretValue", "secretsmanager:GetSecretValue", Thing::Secret),
    ("SESv2", "SendEmail", "ses:SendEmail", |_| Thing::Mail),
    ("SESv2", "GetAccount", "ses:GetAccount", |_| Thing::Account),
];

/// What a folder of records says was used.
///
/// # Errors
/// There are no records, or one is of a call that is not known.
pub fn read(folder: &Path) -> Result<Uses> {
    let mut uses = Uses::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let file = entry.path();
        if file.extension().is_some_and(|extension| extension == "jsonl") {
            let text = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
            for line in text.lines() {
                let call =
                    serde_json::from_str(line).with_context(|| format!("a line of {}", file.display()))?;
                for used in uses_of(&call)? {
                    *uses.entry(used).or_default() += 1;
                }
            }
        }
    }
    if uses.is_empty() {
        bail!("no calls are recorded in {}: run `make test` first, all of it", folder.display());
    }
    Ok(uses)
}

/// What a call needs.
///
/// # Errors
/// Nothing is known of the operation or of a resource.
pub fn uses_of(call: &Call) -> Result<BTreeSet<Use>> {
    let Call { program, sdk, operation, resources } = call;
    let service = program.strip_suffix("-service").unwrap_or(program).to_owned();
    let mut uses = BTreeSet::new();
    for (_, _, action, form) in ACTIONS.iter().filter(|(of, name, ..)| of == sdk && name == operation) {
        if let thing @ (Thing::Mail | Thing::Account) = form(String::new()) {
            return Ok([(service, *action, thing)].into());
        }
        if resources.is_empty() {
            bail!("{program} calls {sdk} {operation} on nothing");
        }
        for name in resources {
            let thing = logical(name).map(form).filter(exists);
            let thing = thing
                .with_context(|| format!("{program} calls {operation} on {name}, which no stack has"))?;
            uses.insert((service.clone(), *action, thing));
        }
    }
    if uses.is_empty() {
        bail!("{program} calls {sdk} {operation}: say in calls.rs which IAM action that is");
    }
    Ok(uses)
}

/// Without the stack: `carts` of `cartwright-t1a2b3c4d-carts`, `identity/user` of `cartwright/t1a2b3c4d/identity/user`.
fn logical(name: &str) -> Option<String> {
    let separator = if name.starts_with("cartwright/") { '/' } else { '-' };
    let mut parts = name.splitn(3, separator);
    let of_a_stack = parts.next() == Some("cartwright") && parts.next().is_some();
    parts.next().filter(|_| of_a_stack).map(str::to_owned)
}

/// Whether `resources.json` has it.
#[must_use]
pub fn exists(thing: &Thing) -> bool {
    let all = resources();
    match thing {
        Thing::Topic(name) => all.topics.iter().any(|topic| topic.name == *name),
        Thing::Queue(name) => {
            let name = name.strip_suffix(DEAD_LETTER_SUFFIX).unwrap_or(name);
            all.queues.iter().any(|queue| queue.name == name)
        }
        Thing::Table(name) => all.tables.iter().any(|table| table.name == *name),
        Thing::Bucket(name) | Thing::Objects(name) => all.buckets.iter().any(|bucket| bucket.name == *name),
        Thing::Secret(name) => all.secrets.iter().any(|secret| secret.name == *name),
        Thing::Mail | Thing::Account => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(sdk: &str, operation: &str, resources: &[&str]) -> Result<BTreeSet<Use>> {
        uses_of(&Call {
            program: "order-service".to_owned(),
            sdk: sdk.to_owned(),
            operation: operation.to_owned(),
            resources: resources.iter().map(|name| (*name).to_owned()).collect(),
        })
    }

    #[test]
    fn a_batch_is_the_single_action_on_what_the_stack_calls_otherwise() {
        let uses = call("SQS", "SendMessageBatch", &["cartwright-t1a2-order-commands"]).unwrap();
        let expected = ("order".to_owned(), "sqs:SendMessage", Thing::Queue("order-commands".to_owned()));
        assert_eq!(uses, [expected].into());
        let uses = call("SecretsManager", "GetSecretValue", &["cartwright/t1a2/identity/order"]).unwrap();
        assert_eq!(uses.first().unwrap().2, Thing::Secret("identity/order".to_owned()));
        assert_eq!(call("SESv2", "SendEmail", &[]).unwrap().first().unwrap().2, Thing::Mail);
    }

    #[test]
    fn a_transaction_is_the_action_of_each_of_its_parts() {
        let uses = call("DynamoDB", "TransactWriteItems", &["cartwright-t1a2-carts"]).unwrap();
        let actions: Vec<&str> = uses.iter().map(|(_, action, _)| *action).collect();
        assert_eq!(actions, ["dynamodb:DeleteItem", "dynamodb:PutItem"]);
    }

    #[test]
    fn an_operation_or_a_resource_that_nobody_knows_is_an_error() {
        assert!(call("SQS", "PurgeQueue", &["cartwright-t1a2-order-commands"]).is_err());
        assert!(call("SQS", "SendMessage", &["cartwright-t1a2-orders"]).is_err());
        assert!(call("SQS", "SendMessage", &["elsewhere"]).is_err());
        assert!(call("SQS", "SendMessage", &[]).is_err());
    }

    #[test]
    fn without_records_the_error_says_how_to_make_them() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path()).unwrap_err().to_string().contains("make test"));
    }
}
