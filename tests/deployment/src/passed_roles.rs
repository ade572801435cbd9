//! `iam:PassRole`: who may give a role to a service has all that the role may do.

use crate::plan::Plan;
use crate::policy::{self, Statement};

/// Every policy that lets pass more than roles by name, or to any service.
#[must_use]
pub fn check(plan: &Plan) -> Vec<String> {
    let mut broken = Vec::new();
    for found in plan.of("aws_iam_role_policy").chain(plan.of("aws_iam_policy")) {
        // Those that AWS completes are asserted in their module's tests.
        let Some(json) = found.after["policy"].as_str() else { continue };
        match policy::read(json) {
            Ok(statements) if statements.iter().any(passes_too_much) => {
                broken
                    .push(format!("{} may pass roles that are not named, or to any service", found.address));
            }
            Ok(_) => {}
            Err(error) => broken.push(format!("{}: {error:#}", found.address)),
        }
    }
    broken
}

fn passes_too_much(statement: &Statement) -> bool {
    let passes = statement.actions.iter().any(|action| policy::covers(action, "iam:PassRole"));
    let any_role = |arn: &String| {
        let name = arn.split_once(":role/").map_or("", |(_, name)| name);
        name.split(['*', '?']).next().unwrap_or_default().is_empty()
    };
    let services = &statement.condition["StringEquals"]["iam:PassedToService"];
    statement.allows && passes && (statement.resources.iter().any(any_role) || services.is_null())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::tests::plan;

    fn broken(action: &str, resource: &str, service: Option<&str>) -> usize {
        let mut statement = json!({ "Effect": "Allow", "Action": action, "Resource": resource });
        if let Some(service) = service {
            statement["Condition"] = json!({ "StringEquals": { "iam:PassedToService": service } });
        }
        let policy = json!({ "policy": json!({ "Statement": statement }).to_string() });
        check(&plan(&[("aws_iam_role_policy", "deploy", policy)])).len()
    }

    #[test]
    fn a_role_is_passed_by_name_and_to_a_service_that_is_named() {
        let (named, ecs) =
            ("arn:aws:iam::123456789012:role/acme-staging-order-service", Some("ecs-tasks.amazonaws.com"));
        assert_eq!(broken("iam:PassRole", named, ecs), 0);
        assert_eq!(broken("iam:PassRole", named, None), 1);
        assert_eq!(broken("iam:PassRole", "*", ecs), 1);
        assert_eq!(broken("iam:*", "arn:aws:iam::123456789012:role/*", ecs), 1);
        assert_eq!(broken("iam:GetRole", "*", None), 0);
    }
}
