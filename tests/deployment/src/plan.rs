//! A plan as `terraform show -json` writes it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// The `ROLE` of a program that serves.
pub const SERVES: &str = "all";

/// The plan of one root.
#[derive(Debug)]
pub struct Plan {
    environment: String,
    document: Value,
}

/// A resource as it will be.
#[derive(Debug, Clone, Copy)]
pub struct Resource<'a> {
    /// `module.shop.module.container["order"].aws_ecs_service.this`
    pub address: &'a str,
    /// `aws_ecs_service`
    pub kind: &'a str,
    /// Its attributes; those that only AWS knows are missing.
    pub after: &'a Value,
}

/// A program that is run: a service, or a task of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// `order`, `order-migrate`
    pub name: String,
    /// Whose binary it is: `order`.
    pub service: String,
    /// `ROLE`
    pub role: String,
    /// The variables that it is given.
    pub names: BTreeSet<String>,
}

/// The container or function that runs a program, where the plan knows what it holds.
#[derive(Debug)]
pub struct Run<'a> {
    /// Its resource.
    pub address: &'a str,
    /// As [`Program::name`].
    pub program: String,
    /// On Lambda, which sets some variables by itself.
    pub is_function: bool,
    /// The image.
    pub image: String,
    /// The environment.
    pub variables: BTreeMap<String, String>,
}

impl Plan {
    /// Reads one from a file.
    ///
    /// # Errors
    /// The file is none.
    pub fn read(environment: &str, file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        let document = serde_json::from_str(&text).with_context(|| format!("reading {}", file.display()))?;
        let plan = Self::new(environment, document);
        ensure!(plan.resources().next().is_some(), "{} plans no resource at all", file.display());
        Ok(plan)
    }

    /// The plan of `environment`.
    #[must_use]
    pub fn new(environment: &str, document: Value) -> Self {
        Self { environment: environment.to_owned(), document }
    }

    /// The root's name: `staging`, or `bootstrap`.
    #[must_use]
    pub fn environment(&self) -> &str {
        &self.environment
    }

    /// What will be there after it is applied.
    pub fn resources(&self) -> impl Iterator<Item = Resource<'_>> {
        let changes = self.document["resource_changes"].as_array().into_iter().flatten();
        changes.filter(|change| change["mode"] == "managed").filter_map(|change| {
            let after = Some(&change["change"]["after"]).filter(|after| !after.is_null())?;
            Some(Resource { address: change["address"].as_str()?, kind: change["type"].as_str()?, after })
        })
    }

    /// Those of one kind.
    pub fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = Resource<'a>> {
        self.resources().filter(move |resource| resource.kind == kind)
    }

    /// A variable of the root.
    #[must_use]
    pub fn variable(&self, name: &str) -> &Value {
        &self.document["variables"][name]["value"]
    }

    /// What the root's output `shop` says, as far as it is known.
    #[must_use]
    pub fn shop(&self) -> &Value {
        &self.document["output_changes"]["shop"]["after"]
    }

    /// The programs and the names of what they are told. Values may be for AWS to know, names never are.
    #[must_use]
    pub fn programs(&self) -> Vec<Program> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let all = self.shop()["environment_names"].as_object().into_iter().flatten();
        let program = |(name, facts): (&String, &Value)| Program {
            name: name.clone(),
            service: text(&facts["service"]),
            role: text(&facts["role"]),
            names: facts["names"].as_array().into_iter().flatten().map(text).collect(),
        };
        all.map(program).collect()
    }

    /// The containers and functions whose contents are known.
    #[must_use]
    pub fn runs(&self) -> Vec<Run<'_>> {
        let prefix = format!("{}-", self.shop_name());
        let program = |name: &str| name.strip_suffix("-service").unwrap_or(name).to_owned();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut runs = Vec::new();
        for task in self.of("aws_ecs_task_definition") {
            let Some(containers) = task.after["container_definitions"].as_str() else { continue };
            // What is no JSON holds no container; AWS would say so.
            let containers: Vec<Value> = serde_json::from_str(containers).unwrap_or_default();
            runs.extend(containers.iter().map(|container| {
                Run {
                    address: task.address,
                    program: program(container["name"].as_str().unwrap_or_default()),
                    is_function: false,
                    image: text(&container["image"]),
                    variables: container["environment"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .map(|variable| (text(&variable["name"]), text(&variable["value"])))
                        .collect(),
                }
            }));
        }
        runs.extend(self.of("aws_lambda_function").map(|function| {
            let name = function.after["function_name"].as_str().unwrap_or_default();
            let variables = function.after["environment"][0]["variables"].as_object().into_iter().flatten();
            Run {
                address: function.address,
                program: program(name.strip_prefix(&prefix).unwrap_or(name)),
                is_function: true,
                image: text(&function.after["image_uri"]),
                variables: variables.map(|(name, value)| (name.clone(), text(value))).collect(),
            }
        }));
        runs
    }

    /// `acme-staging`, which every name begins with.
    #[must_use]
    pub fn shop_name(&self) -> String {
        format!("{}-{}", self.variable("shop").as_str().unwrap_or_default(), self.environment)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    /// A plan of `acme-staging` with these resources: kind, name in the address, attributes.
    pub(crate) fn plan(resources: &[(&str, &str, Value)]) -> Plan {
        with_programs(resources, &json!({}))
    }

    /// The same with `environment_names`.
    pub(crate) fn with_programs(resources: &[(&str, &str, Value)], programs: &Value) -> Plan {
        let change = |(kind, name, after): &(&str, &str, Value)| {
            let address = format!("module.shop.{kind}.{name}");
            json!({ "mode": "managed", "type": kind, "address": address, "change": { "after": after } })
        };
        let changes: Vec<Value> = resources.iter().map(change).collect();
        let document = json!({
            "resource_changes": changes,
            "variables": {
                "shop": { "value": "acme" },
                "region": { "value": "eu-central-1" },
                "account_id": { "value": "123456789012" },
                "mail": { "value": { "domain": "acme.example", "sender": "shop@acme.example" } },
            },
            "output_changes": { "shop": { "after": { "environment_names": programs } } },
        });
        Plan::new("staging", document)
    }

    /// A task definition of one container.
    pub(crate) fn task(name: &str, image: &str, variables: &[(&str, &str)]) -> Value {
        let pair = |(name, value): &(&str, &str)| json!({ "name": name, "value": value });
        let environment: Vec<Value> = variables.iter().map(pair).collect();
        let containers = json!([{ "name": name, "image": image, "environment": environment }]);
        json!({ "family": format!("acme-staging-{name}"), "container_definitions": containers.to_string() })
    }

    /// A plan in which the order service has a policy of these statements.
    pub(crate) fn of_order(statements: &Value) -> Plan {
        let policy = json!({ "Statement": statements }).to_string();
        let role = json!({ "role": "acme-staging-order-service", "policy": policy });
        let programs = json!({ "order": { "service": "order", "role": "all", "names": [] } });
        with_programs(&[("aws_iam_role_policy", "program", role)], &programs)
    }

    #[test]
    fn a_program_is_known_by_the_same_name_in_a_container_and_in_a_function() {
        let function = json!({
            "function_name": "acme-staging-order-service",
            "image_uri": "x@sha256:1",
            "environment": [{ "variables": { "ROLE": "all" } }],
        });
        let plan = plan(&[
            ("aws_ecs_task_definition", "this", task("order-service", "x", &[("ROLE", "all")])),
            ("aws_lambda_function", "this", function),
            ("aws_ecs_task_definition", "later", json!({ "family": "known when applied" })),
        ]);
        let runs = plan.runs();
        assert_eq!(runs.len(), 2);
        for run in runs {
            assert_eq!((run.program.as_str(), run.variables["ROLE"].as_str()), ("order", "all"));
        }
    }
}
