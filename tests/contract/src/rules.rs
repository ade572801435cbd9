//! The rules between the lists, the document and what tests called.

use std::collections::{BTreeMap, BTreeSet};

use crate::calls::Calls;
use crate::document::Document;
use crate::lists::{Contract, NotBuilt};

/// Every promised operation is in the document or not built yet, and nothing else is in either.
#[must_use]
pub fn operations_rule(contract: &Contract, not_built: &NotBuilt, document: &Document) -> Vec<String> {
    let mut broken = Vec::new();
    for row in contract.all().filter(|row| !document.has(row) && !not_built.has(row)) {
        broken
            .push(format!("{row} is promised, and neither in the OpenAPI document nor in not-built-yet.txt"));
    }
    for row in not_built.operations() {
        if !contract.has(row) {
            broken.push(format!("{row} is in not-built-yet.txt but not in contract.txt"));
        }
        if document.has(row) {
            broken.push(format!("{row} is in the OpenAPI document: take it out of not-built-yet.txt"));
        }
    }
    for row in document.operations().filter(|row| !contract.has(row)) {
        broken.push(format!("{row} is in the OpenAPI document, but in no section of contract.txt"));
    }
    broken
}

/// Every operation was called by a test and answered well, as documented.
#[must_use]
pub fn tested_rule(document: &Document, calls: &Calls) -> Vec<String> {
    let good = |method, path, status| {
        let operation = document.find(method, path)?;
        ((200..400).contains(&status) && document.documents(operation, status)).then_some(operation)
    };
    let tested: BTreeSet<_> =
        calls.iter().filter_map(|(method, path, status, _)| good(method, path, status)).collect();
    let untested = document.operations().filter(|operation| !tested.contains(operation));
    untested.map(|operation| format!("{operation} has no test that gets a documented 2xx or 3xx")).collect()
}

/// Every answer that a test got is documented.
#[must_use]
pub fn answers_rule(document: &Document, calls: &Calls) -> Vec<String> {
    let mut undocumented: BTreeMap<_, (usize, &str)> = BTreeMap::new();
    let mut broken = Vec::new();
    for (method, path, status, times) in calls.iter() {
        match document.find(method, path) {
            Some(operation) if !document.documents(operation, status) => {
                undocumented.entry((operation, status)).or_insert((0, path)).0 += times;
            }
            None if !is_outside(path) && !is_preflight(method, status) && !matches!(status, 404 | 405) => {
                broken.push(format!(
                    "{method} {path} answered {status}, and no operation of the document has it"
                ));
            }
            _ => {}
        }
    }
    broken.extend(undocumented.into_iter().map(|((operation, status), (times, path))| {
        format!(
            "{operation} answered {status} to {times} calls of tests (as {path}), which is not documented"
        )
    }));
    broken
}

/// A browser's question whether a page may call, which the gateway answers for every path alike.
fn is_preflight(method: &str, status: u16) -> bool {
    method == "OPTIONS" && status == 204
}

/// What is not reached through the gateway.
fn is_outside(path: &str) -> bool {
    path.starts_with("/internal/") || path == "/metrics"
}
