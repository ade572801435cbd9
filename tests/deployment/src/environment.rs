//! What Terraform tells a program is what its code reads, and the other way round.

use std::collections::BTreeSet;

use crate::Variables;
use crate::plan::{Plan, Program, SERVES};

/// What a program reads and Terraform leaves out.
const LEFT_OUT: [(&str, &str); 30] = [
    ("HOST", "the default is every address, which a container needs"),
    ("ADMIN_HOST", "the default is loopback: figures go out by the log"),
    ("ADMIN_PORT", "nobody but the container itself reaches it"),
    ("ADMIN_EMAIL", "comes with the run of the task"),
    ("AWS_CALLS_FILE", "records calls in tests"),
    ("AWS_ENDPOINT_URL", "for an emulator"),
    ("AWS_LAMBDA_RUNTIME_API", "set by Lambda"),
    ("EMAIL_PROVIDERS", "the default is SES, which is what there is a right for"),
    ("SHOP_OPERATIONS_EMAIL", "given where there is one (variable `settings`)"),
    ("PUSH_FCM_APPLICATION_ARN", "given where there is an app (variable `settings`)"),
    ("PUSH_APNS_APPLICATION_ARN", "given where there is an app (variable `settings`)"),
    ("SMS_PROVIDERS", "the default is SNS, which is what there is a right for"),
    ("PUSH_PROVIDERS", "the default is SNS, which is what there is a right for"),
    ("SMS_SENDER_ID", "each country has rules of its own for it"),
    ("SES_SEND_RATE", "the account is asked"),
    ("SMTP_URL", "for a mail catcher"),
    ("LAME_DUCK_SECONDS", "the default is what the load balancer needs"),
    ("UPSTREAM_CONCURRENCY", "the default is more than a service works on at once"),
    ("CACHE_MEGABYTES", "the default fits the smallest task"),
    ("CORS_ORIGINS", "given where there are pages of other origins (variable `browser_origins`)"),
    ("RETRY_BASE_SECONDS", "another value than the default is for tests"),
    ("ORDER_EXPIRY_SECONDS", "another value than the default is taken in local and test only"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "given where there is a collector (variable `traces`)"),
    ("OTEL_TRACES_SAMPLER_ARG", "given where there is a collector (variable `traces`)"),
    ("REDIS_URL", "given where there is a cache (variable `cache`)"),
    ("STRIPE_ACCOUNT", "given where it is known (variable `stripe_account`)"),
    ("STRIPE_BASE_URL", "for an emulator"),
    ("STRIPE_PUBLISHABLE_KEY", "given where Stripe is on (variable `payment_providers`)"),
    ("STRIPE_SECRET_KEY", "given where Stripe is on (variable `payment_providers`)"),
    ("STRIPE_WEBHOOK_SECRET", "given where Stripe is on (variable `payment_providers`)"),
];

/// The same, for one-off tasks.
const LEFT_OUT_OF_TASKS: [(&str, &str); 2] = [
    ("PORT", "a task listens nowhere"),
    ("DATABASE_MAX_CONNECTIONS", "the default is more than a task opens"),
];

/// Given to every program and described for none: it is read where another variable refers to a secret.
const FOR_REFERENCES: [&str; 1] = ["AWS_REGION"];

/// What Lambda sets by itself and refuses to be told.
const SET_BY_LAMBDA: [&str; 1] = ["AWS_REGION"];

/// Where names given and names read differ, in all plans, and which exception excuses nothing.
#[must_use]
pub fn check(plans: &[Plan], read: &Variables) -> Vec<String> {
    let mut broken = Vec::new();
    let mut excused = BTreeSet::new();
    for plan in plans {
        let programs = plan.programs();
        let told = programs.iter().flat_map(|program| given(program, read, &mut excused));
        let runs = differing_runs(plan, &programs);
        broken.extend(told.chain(runs).map(|line| format!("{}: {line}", plan.environment())));
        let missing = read.keys().filter(|service| !programs.iter().any(|program| program.name == **service));
        broken.extend(missing.map(|service| format!("{}: nothing runs {service}", plan.environment())));
    }
    let stale = LEFT_OUT.iter().filter(|(name, _)| !excused.contains(*name));
    broken.extend(stale.map(|(name, _)| format!("{name} need not be excused any more")));
    broken
}

fn given(program: &Program, read: &Variables, excused: &mut BTreeSet<&'static str>) -> Vec<String> {
    let Program { name, service, role, names } = program;
    let Some(read) = read.get(service).and_then(|roles| roles.get(role)) else {
        return vec![format!("{name} runs {service} with ROLE={role}, which it does not know")];
    };
    let unread = names
        .difference(read)
        .filter(|variable| !FOR_REFERENCES.contains(&variable.as_str()))
        .map(|variable| format!("{name} is given {variable} and never reads it"));
    let mut broken: Vec<String> = unread.collect();
    let is_task = role != SERVES;
    for variable in read.difference(names) {
        if is_task && LEFT_OUT_OF_TASKS.iter().any(|(left_out, _)| left_out == variable) {
            continue;
        }
        match LEFT_OUT.iter().find(|(left_out, _)| left_out == variable) {
            Some((left_out, _)) => drop(excused.insert(left_out)),
            None => broken.push(format!("{name} reads {variable} and is not given it")),
        }
    }
    broken
}

/// The output that names come from could lie: where containers and functions are known, they are compared with it.
#[must_use]
pub fn differing_runs(plan: &Plan, programs: &[Program]) -> Vec<String> {
    let mut broken = Vec::new();
    for run in plan.runs() {
        let Some(program) = programs.iter().find(|program| program.name == run.program) else {
            broken
                .push(format!("{} runs {}, which environment_names does not know", run.address, run.program));
            continue;
        };
        let set_already = |name: &&String| run.is_function && SET_BY_LAMBDA.contains(&name.as_str());
        let expected: BTreeSet<&String> = program.names.iter().filter(|name| !set_already(name)).collect();
        if expected != run.variables.keys().collect() {
            broken.push(format!("{} has other variables than environment_names says", run.address));
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::tests::{task, with_programs};

    fn read(names: &[&str]) -> Variables {
        let names = names.iter().chain(LEFT_OUT.iter().map(|(name, _)| name));
        let names = names.map(|name| (*name).to_owned()).collect();
        Variables::from([("order".to_owned(), [("all".to_owned(), names)].into())])
    }

    fn broken(given: &[&str], actual: &[(&str, &str)], names: &[&str]) -> Vec<String> {
        let programs = json!({ "order": { "service": "order", "role": "all", "names": given } });
        let container = task("order-service", "x", actual);
        let plan = with_programs(&[("aws_ecs_task_definition", "order", container)], &programs);
        check(&[plan], &read(names))
    }

    #[test]
    fn names_that_are_given_and_read_are_fine() {
        assert_eq!(broken(&["PORT"], &[("PORT", "1")], &["PORT"]), Vec::<String>::new());
    }

    #[test]
    fn a_name_that_is_given_and_not_read_and_one_that_is_read_and_not_given_are_found() {
        let found = broken(&["PORT", "SHOP_COUNTRY"], &[("PORT", "1"), ("SHOP_COUNTRY", "DE")], &["PORT"]);
        assert_eq!(found, ["staging: order is given SHOP_COUNTRY and never reads it"]);
        let found = broken(&["PORT"], &[("PORT", "1")], &["PORT", "MAIL_FROM"]);
        assert_eq!(found, ["staging: order reads MAIL_FROM and is not given it"]);
    }

    #[test]
    fn a_container_that_differs_from_the_output_is_found() {
        assert_eq!(broken(&["PORT"], &[("PROT", "1")], &["PORT"]).len(), 1);
    }

    #[test]
    fn a_role_that_no_program_knows_a_service_that_nothing_runs_and_a_stale_exception_are_found() {
        let programs = json!({ "order-migrate": { "service": "order", "role": "migrat", "names": [] } });
        let found = check(&[with_programs(&[], &programs)], &read(&[]));
        assert!(found[0].contains("ROLE=migrat"), "{found:?}");
        assert!(found[1].contains("nothing runs order"), "{found:?}");
        assert_eq!(found.len(), 2 + LEFT_OUT.len());
    }

    #[test]
    fn a_task_needs_no_port_and_a_region_for_its_secrets() {
        let names = json!(["AWS_REGION", "DATABASE_PASSWORD"]);
        let programs = json!({ "order-migrate": { "service": "order", "role": "migrate", "names": names } });
        let read = ["DATABASE_PASSWORD", "PORT"].map(str::to_owned).into();
        let read = Variables::from([("order".to_owned(), [("migrate".to_owned(), read)].into())]);
        let found = check(&[with_programs(&[], &programs)], &read);
        assert!(found.iter().all(|line| !line.contains("order-migrate ")), "{found:?}");
    }
}
