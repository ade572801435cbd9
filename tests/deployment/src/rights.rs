//! What the policies of a plan allow each service, by things that have a name.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::calls::{Thing, exists};
use crate::plan::{Plan, SERVES};
use crate::policy::{self, Statement};

/// What a policy allows for AWS itself, which no program calls.
const NOT_CALLED: [(&str, &str); 3] = [
    ("kms:", "the services that store the data call KMS for the program (kms:ViaService)"),
    ("logs:", "Lambda writes the function's log with its role"),
    ("ec2:", "Lambda joins the network with the function's role; the program is denied it"),
];

/// What is allowed, by whom; and what of that could not be read.
#[derive(Debug, Default)]
pub struct Allowed {
    /// Action and thing of each service.
    pub uses: BTreeSet<(String, String, Thing)>,
    /// Sentences on what no service should have.
    pub broken: Vec<String>,
}

/// What the plan's policies allow each service.
#[must_use]
pub fn allowed(plan: &Plan) -> Allowed {
    let mut allowed = Allowed::default();
    let services: Vec<String> = plan
        .programs()
        .into_iter()
        .filter(|program| program.role == SERVES)
        .map(|program| program.name)
        .collect();
    for service in &services {
        let deployed = [format!("{service}-service"), service.clone()];
        let roles = deployed.map(|name| format!("{}-{name}", plan.shop_name()));
        let of_service = |role: Option<&str>| role.is_some_and(|role| roles.iter().any(|name| name == role));
        let policies: Vec<_> =
            plan.of("aws_iam_role_policy").filter(|found| of_service(found.after["role"].as_str())).collect();
        if policies.is_empty() {
            allowed.broken.push(format!("{service} has no policy at all"));
        }
        for found in policies {
            let Some(json) = found.after["policy"].as_str() else {
                allowed.broken.push(format!("{} is not known before it is applied", found.address));
                continue;
            };
            match policy::read(json) {
                Ok(statements) => statements.iter().for_each(|one| add(&mut allowed, plan, service, one)),
                Err(error) => allowed.broken.push(format!("{}: {error:#}", found.address)),
            }
        }
    }
    allowed
}

fn add(allowed: &mut Allowed, plan: &Plan, service: &str, statement: &Statement) {
    if !statement.allows {
        return;
    }
    for action in &statement.actions {
        if NOT_CALLED.iter().any(|(prefix, _)| action.starts_with(prefix)) {
            continue;
        }
        for arn in &statement.resources {
            match thing(plan, action, arn).filter(exists) {
                Some(thing) => drop(allowed.uses.insert((service.to_owned(), action.clone(), thing))),
                None => allowed
                    .broken
                    .push(format!("{service} may call {action} on {arn}, which is no one thing")),
            }
        }
    }
    let senders = senders(&plan.variable("mail")["sender"], &plan.variable("mail")["marketing_sender"]);
    if statement.actions.iter().any(|action| action.starts_with("ses:Send"))
        && strings(&statement.condition["StringEquals"]["ses:FromAddress"]) != senders
    {
        allowed.broken.push(format!("{service} may send mail from other addresses than {senders:?}"));
    }
}

/// The shop's addresses: one, or one more for marketing.
fn senders(shop: &Value, marketing: &Value) -> BTreeSet<String> {
    strings(shop).into_iter().chain(strings(marketing)).collect()
}

/// A condition's values: a text, or a list of them.
fn strings(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        one => one.as_str().map(str::to_owned).into_iter().collect(),
    }
}

/// What is asked of the account, or of what no list of resources names: endpoints of devices, telephones.
const ACCOUNT_WIDE: [&str; 5] = [
    "ses:GetAccount",
    "sns:CreatePlatformEndpoint",
    "sns:DeleteEndpoint",
    "sns:Publish",
    "sns:SetEndpointAttributes",
];

/// What an ARN in a policy names: exactly one thing of this environment, or nothing.
fn thing(plan: &Plan, action: &str, arn: &str) -> Option<Thing> {
    if arn == "*" {
        return ACCOUNT_WIDE.contains(&action).then_some(Thing::Account);
    }
    let (name, variable) = (plan.shop_name(), |name: &str| plan.variable(name).as_str().unwrap_or_default());
    let here = |service: &str| format!(":{service}:{}:{}:", variable("region"), variable("account_id"));
    let after = |start: String| arn.split_once(&start).map(|(_, rest)| rest.to_owned());
    let topic = || after(format!("{}{name}-", here("sns"))).map(Thing::Topic);
    let queue = || after(format!("{}{name}-", here("sqs"))).map(Thing::Queue);
    let table = || {
        let table = after(format!("{}table/{name}-", here("dynamodb")))?;
        Some(Thing::Table(table.strip_suffix("/index/*").unwrap_or(&table).to_owned()))
    };
    let bucket = || {
        let bucket = after(format!(":s3:::{name}-"))?;
        Some(match bucket.strip_suffix("/*") {
            Some(bucket) => Thing::Objects(bucket.to_owned()),
            None => Thing::Bucket(bucket),
        })
    };
    // Secrets Manager appends a hyphen and six characters.
    let secret = || {
        let prefix = format!("{}secret:{}/{}/", here("secretsmanager"), variable("shop"), plan.environment());
        let secret = after(prefix)?;
        secret.strip_suffix("-??????").map(|name| Thing::Secret(name.to_owned()))
    };
    let domain = plan.variable("mail")["domain"].as_str().unwrap_or_default();
    let mail = || {
        let rest = after(here("ses"))?;
        [format!("identity/{domain}"), format!("configuration-set/{name}")]
            .contains(&rest)
            .then_some(Thing::Mail)
    };
    topic().or_else(queue).or_else(table).or_else(bucket).or_else(secret).or_else(mail)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::tests::of_order;

    #[test]
    fn an_index_belongs_to_its_table_and_a_secret_is_known_by_its_ending() {
        let plan = of_order(&json!([]));
        let dynamodb = "arn:aws:dynamodb:eu-central-1:123456789012:table/acme-staging-carts";
        for arn in [dynamodb.to_owned(), format!("{dynamodb}/index/*")] {
            assert_eq!(thing(&plan, "dynamodb:Query", &arn), Some(Thing::Table("carts".to_owned())));
        }
        let secret =
            "arn:aws:secretsmanager:eu-central-1:123456789012:secret:acme/staging/identity/user-??????";
        let found = thing(&plan, "secretsmanager:GetSecretValue", secret);
        assert_eq!(found, Some(Thing::Secret("identity/user".to_owned())));
        assert_eq!(thing(&plan, "secretsmanager:GetSecretValue", &secret.replace("??????", "*")), None);
    }
}
