//! What a service needs so that a bad version goes back by itself, load finds room, and logs do not stay for ever.

use serde_json::Value;

use crate::plan::{Plan, Resource};

/// Everything that is missing.
#[must_use]
pub fn check(plan: &Plan) -> Vec<String> {
    let mut broken = Vec::new();
    for service in plan.of("aws_ecs_service") {
        let breaker = &service.after["deployment_circuit_breaker"][0];
        if breaker["enable"] != true || breaker["rollback"] != true {
            broken.push(format!("{} does not roll back a deployment that fails", service.address));
        }
        let name = service.after["name"].as_str().unwrap_or_default();
        for kind in ["aws_appautoscaling_target", "aws_appautoscaling_policy"] {
            if !plan.of(kind).any(|found| scales(&found, name)) {
                broken.push(format!("{} has no {kind}: its number of tasks never changes", service.address));
            }
        }
    }
    for function in plan.of("aws_lambda_function") {
        if function.after["reserved_concurrent_executions"].as_i64().is_none_or(|most| most <= 0) {
            broken.push(format!("{} may take every connection of the database", function.address));
        }
    }
    for group in plan.of("aws_cloudwatch_log_group") {
        if group.after["retention_in_days"].as_u64().is_none_or(|days| days == 0) {
            broken.push(format!("{} keeps its lines for ever", group.address));
        }
    }
    broken.extend(images(plan));
    broken
}

fn scales(resource: &Resource<'_>, service: &str) -> bool {
    let id = resource.after["resource_id"].as_str().unwrap_or_default();
    id.starts_with("service/") && id.rsplit('/').next() == Some(service)
}

/// The variable holds all images, also of tasks whose definition only AWS will know.
fn images(plan: &Plan) -> Vec<String> {
    let given = plan.variable("images").as_object().into_iter().flatten();
    let given = given.map(|(service, image)| (format!("images.{service}"), text(image)));
    let runs = plan.runs();
    let used = runs.iter().map(|run| (run.address.to_owned(), run.image.clone()));
    let tagged = given.chain(used).filter(|(_, image)| !is_digest(image));
    tagged.map(|(at, image)| format!("{at} is {image}: an image is named by its digest")).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn is_digest(image: &str) -> bool {
    let digest = image.split_once("@sha256:").map_or("", |(_, digest)| digest);
    digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::tests::{plan, task};

    const IMAGE: &str = "r/order@sha256:1111111111111111111111111111111111111111111111111111111111111111";

    fn service(rollback: bool) -> Value {
        json!({ "name": "order-service", "deployment_circuit_breaker": [{ "enable": true, "rollback": rollback }] })
    }

    #[test]
    fn a_service_without_rollback_or_without_scaling_is_found() {
        let scaling = json!({ "resource_id": "service/acme-staging/order-service" });
        let target = ("aws_appautoscaling_target", "order", scaling.clone());
        let policy = ("aws_appautoscaling_policy", "order", scaling);
        let with = |service, rest: &[_]| {
            let mut all = vec![("aws_ecs_service", "order", service)];
            all.extend_from_slice(rest);
            check(&plan(&all)).len()
        };
        assert_eq!(with(service(true), &[target.clone(), policy.clone()]), 0);
        assert_eq!(with(service(false), &[target.clone(), policy.clone()]), 1);
        assert_eq!(with(service(true), &[target]), 1);
        assert_eq!(with(json!({ "name": "order-service" }), &[policy]), 2);
    }

    #[test]
    fn a_function_without_a_limit_and_a_log_without_an_end_are_found() {
        let function =
            json!({ "function_name": "f", "image_uri": IMAGE, "reserved_concurrent_executions": -1 });
        assert_eq!(check(&plan(&[("aws_lambda_function", "order", function)])).len(), 1);
        let log = |days| {
            check(&plan(&[("aws_cloudwatch_log_group", "order", json!({ "retention_in_days": days }))]))
        };
        assert_eq!((log(365).len(), log(0).len()), (0, 1));
    }

    #[test]
    fn an_image_by_tag_is_found() {
        let container =
            |image| check(&plan(&[("aws_ecs_task_definition", "order", task("order-service", image, &[]))]));
        assert_eq!(container(IMAGE), Vec::<String>::new());
        assert_eq!(container("r/order:latest").len(), 1);
        assert_eq!(container("r/order@sha256:11").len(), 1);
    }
}
