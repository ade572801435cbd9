//! All rules over the files of a checkout.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::calls::Calls;
use crate::design::{named_in, paths_rule};
use crate::document::Document;
use crate::lists::{Contract, NotBuilt};
use crate::rules::{answers_rule, operations_rule, tested_rule};

/// What the check found.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What holds, in a few lines.
    pub summary: Vec<String>,
    /// What does not.
    pub broken: Vec<String>,
}

/// Holds the document of the gateway against both lists, `../shared/design/api.md` if it is there, and the calls that
/// tests made, if there are any.
///
/// # Errors
/// A file is missing or malformed.
pub fn check(root: &Path, calls: &Path) -> Result<Outcome> {
    let contract = Contract::parse(&read(&root.join("tests/contract/contract.txt"))?)?;
    let not_built = NotBuilt::parse(&read(&root.join("tests/contract/not-built-yet.txt"))?)?;
    let document = Document::parse(&read(&root.join("functions/api-gateway/openapi.json"))?)?;
    let mut outcome = Outcome::default();
    outcome.summary.push(rows(&contract, &not_built, &document));
    outcome.broken.extend(operations_rule(&contract, &not_built, &document));

    // It lies beside the repository, and not everywhere.
    if let Ok(design) = fs::read_to_string(root.join("../shared/design/api.md")) {
        let missing = paths_rule(&contract, &design);
        let named = named_in(&design).len();
        outcome.summary.push(format!(
            "{} of {named} operations that api.md's tables name are in it",
            named - missing.len()
        ));
        outcome.broken.extend(missing);
    }
    match Calls::read(calls)? {
        Some(calls) => {
            let (number, untested) =
                (calls.iter().map(|call| call.3).sum::<usize>(), tested_rule(&document, &calls));
            let operations = document.operations().count();
            let tested = operations - untested.len();
            outcome.summary.push(format!(
                "{tested} of {operations} operations have a test that succeeds; {number} answers compared with the document"
            ));
            outcome.broken.extend(untested);
            outcome.broken.extend(answers_rule(&document, &calls));
        }
        None => outcome.summary.push(
            "no calls of tests are recorded: a whole `make test` records them, this compared the lists only"
                .to_owned(),
        ),
    }
    Ok(outcome)
}

fn rows(contract: &Contract, not_built: &NotBuilt, document: &Document) -> String {
    let built = contract.promised.iter().filter(|row| document.has(row)).count();
    let issues = not_built.by_issue();
    let missing: usize = issues.values().sum();
    let issues: Vec<String> = issues.iter().map(|(issue, rows)| format!("{issue:02}: {rows}")).collect();
    format!(
        "contract.txt: {} rows promised and {} of our own; {built} built, {missing} not yet ({})",
        contract.promised.len(),
        contract.ours.len(),
        issues.join(", ")
    )
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}
