//! Dependencies between the crates of the workspace.

use std::collections::BTreeMap;

use anyhow::Result;
use cargo_metadata::{DependencyKind, MetadataCommand};

/// What a workspace crate depends on, of the workspace: by kind.
#[derive(Debug, Clone, Default)]
pub struct Crates {
    /// Ordinary dependencies.
    pub normal: BTreeMap<String, Vec<String>>,
    /// Dependencies of tests.
    pub dev: BTreeMap<String, Vec<String>>,
}

/// Crates of `tests/` whose programs need what otherwise only tests do.
const TEST_PROGRAMS: [&str; 2] = ["chaos", "load"];
const SERVICES: [&str; 5] = ["api-gateway", "user", "product", "order", "notification"];

/// What a crate of `shared/` (and `localstack`) may use of the workspace.
const ALLOWED: &[(&str, &[&str])] = &[
    ("cartwright-types", &[]),
    ("cartwright-contracts", &["cartwright-types"]),
    ("cartwright-runtime", &["cartwright-types"]),
    ("cartwright-web", &["cartwright-runtime", "cartwright-types"]),
    ("cartwright-messaging", &["cartwright-runtime", "cartwright-types"]),
    ("cartwright-database", &["cartwright-runtime", "cartwright-types"]),
    ("cartwright-redis", &["cartwright-runtime", "cartwright-types"]),
    ("cartwright-limits", &["cartwright-redis", "cartwright-types"]),
    (
        "cartwright-idempotency",
        &["cartwright-database", "cartwright-runtime", "cartwright-types", "cartwright-web"],
    ),
    (
        "cartwright-test-support",
        &[
            "cartwright-database",
            "cartwright-runtime",
            "cartwright-types",
            "cartwright-web",
            "cartwright-contracts",
            "localstack",
        ],
    ),
    ("localstack", &["cartwright-contracts", "cartwright-database", "cartwright-types"]),
];

impl Crates {
    /// Reads them from `cargo metadata`.
    ///
    /// # Errors
    /// Cargo fails.
    pub fn read() -> Result<Self> {
        let metadata = MetadataCommand::new().no_deps().exec()?;
        let names: Vec<String> = metadata.packages.iter().map(|package| package.name.to_string()).collect();
        let mut crates = Self::default();
        for package in &metadata.packages {
            for dependency in
                package.dependencies.iter().filter(|dependency| names.contains(&dependency.name))
            {
                let by_kind = if dependency.kind == DependencyKind::Development {
                    &mut crates.dev
                } else {
                    &mut crates.normal
                };
                by_kind.entry(package.name.to_string()).or_default().push(dependency.name.clone());
            }
        }
        Ok(crates)
    }
}

/// Where the rules for crates are broken.
#[must_use]
pub fn crate_rules(crates: &Crates) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, dependencies) in &crates.normal {
        for dependency in dependencies {
            if dependency == "cartwright-test-support" && !TEST_PROGRAMS.contains(&name.as_str()) {
                broken.push(format!("{name} depends on {dependency}, which is for tests only"));
            }
            if SERVICES.contains(&name.as_str()) && !dependency.starts_with("cartwright-") {
                broken.push(format!(
                    "the service {name} depends on {dependency}: services use the crates of shared/ only"
                ));
            }
            if let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| known == name)
                && !allowed.contains(&dependency.as_str())
            {
                broken.push(format!("{name} depends on {dependency}; it may use {allowed:?}"));
            }
        }
    }
    for (name, dependencies) in crates.normal.iter().chain(&crates.dev) {
        for dependency in dependencies.iter().filter(|dependency| SERVICES.contains(&dependency.as_str())) {
            broken.push(format!(
                "{name} depends on the service {dependency}: services are reached over HTTP and queues"
            ));
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_see_a_service_that_imports_another_and_a_shared_crate_that_reaches_up() {
        let normal = [
            ("order", "product"),
            ("cartwright-types", "cartwright-web"),
            ("user", "cartwright-test-support"),
        ];
        let normal = normal.map(|(from, to)| (from.to_owned(), vec![to.to_owned()]));
        let crates = Crates { normal: BTreeMap::from(normal), dev: BTreeMap::new() };
        assert_eq!(crate_rules(&crates).len(), 4);
    }
}
