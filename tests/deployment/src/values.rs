//! No secret in what a plan holds: whoever reads a plan or a state would have it.

use crate::plan::{Plan, Run};

/// Names whose values are secrets.
const SECRET_NAMES: [&str; 4] = ["PASSWORD", "SECRET", "TOKEN", "KEY"];
/// What a program reads from Secrets Manager by itself.
const REFERENCE: &str = "secretsmanager:";

/// Every secret that is written out.
#[must_use]
pub fn check(plan: &Plan) -> Vec<String> {
    let mut broken: Vec<String> = plan.runs().iter().flat_map(written_out).collect();
    // A value in Terraform is a value in its state.
    let versions = plan.of("aws_secretsmanager_secret_version");
    broken
        .extend(versions.map(|version| format!("{} puts a secret's value into the state", version.address)));
    for cluster in plan.of("aws_rds_cluster") {
        if cluster.after["manage_master_user_password"] != true || !cluster.after["master_password"].is_null()
        {
            broken.push(format!("{}: RDS makes the master password itself", cluster.address));
        }
    }
    broken
}

/// The names alone are shown.
fn written_out(run: &Run<'_>) -> Vec<String> {
    let secret = |(name, value): &(&String, &String)| {
        let is_named_so = SECRET_NAMES.iter().any(|word| name.split('_').any(|part| part == *word));
        (is_named_so && !value.starts_with(REFERENCE)) || looks_secret(value)
    };
    let found = run.variables.iter().filter(secret);
    found.map(|(name, _)| format!("{}: {name} holds a secret instead of naming it", run.address)).collect()
}

/// A password in an address, a private key, an access key.
fn looks_secret(value: &str) -> bool {
    let userinfo = value.split_once("://").and_then(|(_, rest)| rest.split('/').next()?.rsplit_once('@'));
    let has_password = userinfo.is_some_and(|(user, _)| user.contains(':'));
    let is_access_key = value.len() == 20 && (value.starts_with("AKIA") || value.starts_with("ASIA"));
    has_password || is_access_key || value.contains("-----BEGIN")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::tests::{plan, task};

    fn found(name: &str, value: &str) -> usize {
        let container = task("order-service", "x", &[(name, value)]);
        check(&plan(&[("aws_ecs_task_definition", "order", container)])).len()
    }

    #[test]
    fn a_secret_in_the_environment_is_found_and_the_name_of_one_is_not() {
        assert_eq!(found("DATABASE_PASSWORD", "secretsmanager:acme/prod/database/orders#password"), 0);
        assert_eq!(found("DATABASE_PASSWORD", "hunter2"), 1);
        assert_eq!(found("DATABASE_URL", "postgres://order_service@db:5432/orders"), 0);
        assert_eq!(found("DATABASE_URL", "postgres://order_service:hunter2@db:5432/orders"), 1);
        assert_eq!(found("AWS_ACCESS_KEY_ID", "test"), 1);
        assert_eq!(found("SIGNER", "-----BEGIN PRIVATE KEY-----"), 1);
        assert_eq!(found("SECRETS_PREFIX", "acme/prod/"), 0);
    }

    #[test]
    fn a_value_that_would_lie_in_the_state_is_found() {
        assert_eq!(check(&plan(&[("aws_secretsmanager_secret_version", "key", json!({}))])).len(), 1);
        let cluster = |after| check(&plan(&[("aws_rds_cluster", "this", after)])).len();
        assert_eq!(cluster(json!({ "manage_master_user_password": true })), 0);
        assert_eq!(cluster(json!({ "master_password": "hunter2" })), 1);
    }
}
