//! What a service calls is what its policy allows, and the other way round.

use std::collections::{BTreeMap, BTreeSet};

use cartwright_contracts::{Permission, SecretKind, Target, resources};

use crate::calls::{Thing, Use, Uses};
use crate::rights::Allowed;

/// Both ways compared.
#[derive(Debug, Default)]
pub struct Outcome {
    /// A sentence each.
    pub broken: Vec<String>,
    /// Allowed and used.
    pub used: usize,
    /// Allowed and unused, with the reason.
    pub excused: Vec<String>,
}

/// Compares; `permissions` are those of `resources.json`, with the reasons for what no test calls.
#[must_use]
pub fn compare(allowed: &Allowed, calls: &Uses, permissions: &[Permission]) -> Outcome {
    let mut outcome = Outcome { broken: allowed.broken.clone(), ..Outcome::default() };
    let used: BTreeSet<(String, String, Thing)> = calls
        .keys()
        .map(|(service, action, thing): &Use| (service.clone(), (*action).to_owned(), thing.clone()))
        .collect();
    for (service, action, thing) in used.difference(&allowed.uses) {
        outcome
            .broken
            .push(format!("{service} calls {action} on {thing:?}, and its policy does not allow it"));
    }
    let (stated, derived) = (stated_reasons(permissions), derived_reasons());
    for right @ (service, action, thing) in &allowed.uses {
        match (used.contains(right), stated.get(right).or_else(|| derived.get(right))) {
            (true, _) => {
                outcome.used += 1;
                if stated.contains_key(right) {
                    outcome.broken.push(format!(
                        "{service} does call {action} on {thing:?}: its reason in `unused` can go"
                    ));
                }
            }
            (false, Some(reason)) => outcome.excused.push(format!("{service}: {action} on {thing:?}: {reason}")),
            (false, None) => outcome.broken.push(format!(
                "{service} may call {action} on {thing:?} and never does: take it away, or give the reason in `unused`"
            )),
        }
    }
    outcome
}

type Reasons = BTreeMap<(String, String, Thing), String>;

/// Why something is allowed that no test calls, by `resources.json`.
fn stated_reasons(permissions: &[Permission]) -> Reasons {
    let mut reasons = Reasons::new();
    for permission in permissions {
        let Some(target) = permission.target() else { continue };
        for thing in things(target) {
            for (action, reason) in &permission.unused {
                reasons.insert((permission.service.clone(), action.clone(), thing.clone()), reason.clone());
            }
        }
    }
    reasons
}

fn things(target: Target<'_>) -> Vec<Thing> {
    let one = match target {
        Target::Topic(name) => Thing::Topic(name.to_owned()),
        Target::Queue(name) => Thing::Queue(name.to_owned()),
        Target::EveryQueue => {
            let queues = resources().queues.iter();
            return queues
                .flat_map(|queue| [queue.name.clone(), queue.dead_letters()])
                .map(Thing::Queue)
                .collect();
        }
        Target::Table(name) => Thing::Table(name.to_owned()),
        Target::Bucket(name) => Thing::Objects(name.to_owned()),
        Target::Mail => Thing::Mail,
        Target::Account => Thing::Account,
    };
    vec![one]
}

/// Why what follows from being a reader or a consumer is not called in every run.
fn derived_reasons() -> Reasons {
    let mut reasons = Reasons::new();
    let mut add = |service: &str, action: &str, thing: Thing, reason: &str| {
        reasons.insert((service.to_owned(), action.to_owned(), thing), reason.to_owned());
    };
    for secret in resources().secrets.iter().filter(|secret| secret.kind == SecretKind::Password) {
        for reader in &secret.readers {
            let reason = "DATABASE_PASSWORD names it; in tests the password is in DATABASE_URL";
            add(reader, "secretsmanager:GetSecretValue", Thing::Secret(secret.name.clone()), reason);
        }
    }
    for secret in resources().secrets.iter().filter(|secret| secret.kind == SecretKind::StripeKeys) {
        for reader in &secret.readers {
            let reason = "the STRIPE_* variables name its members; in tests they hold the stand-in's keys";
            add(reader, "secretsmanager:GetSecretValue", Thing::Secret(secret.name.clone()), reason);
        }
    }
    for queue in &resources().queues {
        if let Some(consumer) = &queue.consumer {
            let reason = "a message that takes long, or is to come again later: not in every run";
            add(consumer, "sqs:ChangeMessageVisibility", Thing::Queue(queue.name.clone()), reason);
            let reason = "Lambda's poller looks at the queue with the function's role";
            add(consumer, "sqs:GetQueueAttributes", Thing::Queue(queue.name.clone()), reason);
        }
    }
    reasons
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::plan::tests::of_order;
    use crate::rights::allowed;

    const QUEUE: &str = "arn:aws:sqs:eu-central-1:123456789012:acme-staging-order-commands";

    fn allow(action: &str, resource: &str) -> Value {
        json!({ "Effect": "Allow", "Action": action, "Resource": resource })
    }

    fn used(actions: &[&'static str]) -> Uses {
        let queue = || Thing::Queue("order-commands".to_owned());
        actions.iter().map(|action| (("order".to_owned(), *action, queue()), 1)).collect()
    }

    fn broken(statements: &Value, actions: &[&'static str], permissions: &[Permission]) -> Vec<String> {
        compare(&allowed(&of_order(statements)), &used(actions), permissions).broken
    }

    fn excusing(action: &str) -> Permission {
        let unused = json!({ action: "for the operator" });
        let permission =
            json!({ "service": "order", "queue": "order-commands", "actions": [action], "unused": unused });
        serde_json::from_value(permission).unwrap()
    }

    #[test]
    fn what_is_called_and_allowed_is_fine() {
        assert_eq!(
            broken(&json!([allow("sqs:SendMessage", QUEUE)]), &["sqs:SendMessage"], &[]),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_call_that_is_not_allowed_is_found() {
        let found =
            broken(&json!([allow("sqs:SendMessage", QUEUE)]), &["sqs:SendMessage", "sqs:DeleteMessage"], &[]);
        assert!(found.len() == 1 && found[0].contains("does not allow"), "{found:?}");
        let denied = json!([{ "Effect": "Deny", "Action": "sqs:SendMessage", "Resource": QUEUE }]);
        assert_eq!(broken(&denied, &["sqs:SendMessage"], &[]).len(), 1);
    }

    #[test]
    fn what_is_allowed_and_never_called_needs_a_reason() {
        let statements = json!([allow("sqs:SendMessage", QUEUE), allow("sqs:DeleteMessage", QUEUE)]);
        let found = broken(&statements, &["sqs:SendMessage"], &[]);
        assert!(found.len() == 1 && found[0].contains("never does"), "{found:?}");
        assert!(broken(&statements, &["sqs:SendMessage"], &[excusing("sqs:DeleteMessage")]).is_empty());
    }

    #[test]
    fn a_consumer_may_look_at_its_queue_for_lambda_and_another_service_must_do_so_itself() {
        let look = |statements: &Value, calls: &[&'static str]| broken(statements, calls, &[]);
        let own = json!([allow("sqs:GetQueueAttributes", QUEUE)]);
        assert_eq!(look(&own, &[]), Vec::<String>::new());
        let others =
            json!([allow("sqs:GetQueueAttributes", &QUEUE.replace("order-commands", "user-events-dlq"))]);
        let found = look(&others, &["sqs:GetQueueAttributes"]);
        assert!(found.iter().any(|line| line.contains("does not allow")), "{found:?}");
        assert!(found.iter().any(|line| line.contains("never does")), "{found:?}");
    }

    #[test]
    fn a_reason_for_every_queue_is_one_for_each_and_for_its_dead_letters() {
        let permission = json!({
            "service": "order", "every_queue": true, "actions": ["sqs:PurgeQueue"],
            "unused": { "sqs:PurgeQueue": "for the operator" },
        });
        let reasons = stated_reasons(&[serde_json::from_value(permission).unwrap()]);
        assert_eq!(reasons.len(), 2 * resources().queues.len());
        let dead = Thing::Queue("order-commands-dlq".to_owned());
        assert!(reasons.contains_key(&("order".to_owned(), "sqs:PurgeQueue".to_owned(), dead)));
    }

    #[test]
    fn a_reason_for_what_is_called_after_all_is_found() {
        let statements = json!([allow("sqs:SendMessage", QUEUE)]);
        assert_eq!(broken(&statements, &["sqs:SendMessage"], &[excusing("sqs:SendMessage")]).len(), 1);
    }

    #[test]
    fn a_resource_of_another_environment_or_of_many_is_found() {
        for arn in [QUEUE.replace("staging", "prod"), QUEUE.replace("order-commands", "*"), "*".to_owned()] {
            let found = broken(&json!([allow("sqs:SendMessage", &arn)]), &[], &[]);
            assert!(found.len() == 1 && found[0].contains("no one thing"), "{found:?}");
        }
    }

    #[test]
    fn what_aws_does_with_the_role_is_not_waited_for_and_mail_is_from_the_shop_only() {
        assert!(broken(&json!([allow("kms:Decrypt", "arn:aws:kms:::key/*")]), &[], &[]).is_empty());
        let identity = "arn:aws:ses:eu-central-1:123456789012:identity/acme.example";
        let found = broken(&json!([allow("ses:SendEmail", identity)]), &[], &[]);
        assert!(found.iter().any(|line| line.contains("other addresses")), "{found:?}");
    }
}
