//! What the check needs of an OpenAPI document.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::operation::{Operation, is_method};

/// Its operations, with the statuses that each names: `200`, `4XX`, `default`.
#[derive(Debug, Clone, Default)]
pub struct Document {
    operations: BTreeMap<Operation, BTreeSet<String>>,
}

impl Document {
    /// Reads an OpenAPI 3 document in JSON.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self> {
        let document: Value = serde_json::from_str(text).context("the document is not JSON")?;
        let paths = document["paths"].as_object().context("the document has no paths")?;
        let mut operations = BTreeMap::new();
        for (path, item) in paths {
            for (name, operation) in item.as_object().into_iter().flatten() {
                let method = name.to_uppercase();
                if !is_method(&method) {
                    continue;
                }
                let statuses = operation["responses"].as_object().into_iter().flatten();
                let statuses = statuses.map(|(status, _)| status.to_uppercase()).collect();
                operations.insert(Operation::new(&method, path), statuses);
            }
        }
        Ok(Self { operations })
    }

    /// All of them.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.keys()
    }

    /// Whether it has this one.
    #[must_use]
    pub fn has(&self, operation: &Operation) -> bool {
        self.operations.contains_key(operation)
    }

    /// The operation that a request is for. A literal segment wins over a parameter, from the left; a HEAD is a GET
    /// without its body.
    #[must_use]
    pub fn find(&self, method: &str, path: &str) -> Option<&Operation> {
        let method = if method == "HEAD" { "GET" } else { method };
        let path = path.strip_suffix('/').filter(|rest| !rest.is_empty()).unwrap_or(path);
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        let fits = |operation: &&Operation| {
            let own: Vec<_> = operation.segments().collect();
            own.len() == segments.len()
                && own
                    .iter()
                    .zip(&segments)
                    .all(|(own, given)| own.map_or(!given.is_empty(), |own| own == *given))
        };
        let with_method = self.operations.keys().filter(|operation| operation.method == method);
        with_method.filter(fits).min_by_key(|operation| {
            operation.segments().map(|segment| segment.is_none()).collect::<Vec<bool>>()
        })
    }

    /// Whether the operation names this status.
    #[must_use]
    pub fn documents(&self, operation: &Operation, status: u16) -> bool {
        let Some(statuses) = self.operations.get(operation) else { return false };
        let range = format!("{}XX", status / 100);
        [status.to_string(), range, "DEFAULT".to_owned()].iter().any(|form| statuses.contains(form))
    }
}
