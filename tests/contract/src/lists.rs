//! The two committed lists.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail};

use crate::operation::Operation;

/// The section of what api.md does not ask for.
pub const OURS: &str = "ours";

/// `contract.txt`: operations by section, `[section]` above its lines.
#[derive(Debug, Clone, Default)]
pub struct Contract {
    /// What was promised.
    pub promised: BTreeSet<Operation>,
    /// What was added.
    pub ours: BTreeSet<Operation>,
}

impl Contract {
    /// Reads the list.
    ///
    /// # Errors
    /// A line is no operation, stands twice, or above every section.
    pub fn parse(text: &str) -> Result<Self> {
        let (mut contract, mut section) = (Self::default(), None);
        for line in lines(text) {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = Some(name);
                continue;
            }
            let operation: Operation = line.parse()?;
            let Some(section) = section else { bail!("`{line}` stands above every section") };
            if contract.has(&operation) {
                bail!("`{line}` stands there twice");
            }
            if section == OURS { &mut contract.ours } else { &mut contract.promised }.insert(operation);
        }
        Ok(contract)
    }

    /// Whether it is in any section.
    #[must_use]
    pub fn has(&self, operation: &Operation) -> bool {
        self.promised.contains(operation) || self.ours.contains(operation)
    }

    /// All of it.
    pub fn all(&self) -> impl Iterator<Item = &Operation> {
        self.promised.iter().chain(&self.ours)
    }
}

/// `not-built-yet.txt`: `04 GET /users`, the number of the issue that brings it first.
#[derive(Debug, Clone, Default)]
pub struct NotBuilt(BTreeMap<Operation, u8>);

impl NotBuilt {
    /// Reads the list.
    ///
    /// # Errors
    /// A line has no number or no operation, or stands there twice.
    pub fn parse(text: &str) -> Result<Self> {
        let mut list = BTreeMap::new();
        for line in lines(text) {
            let (number, rest) =
                line.split_once(' ').with_context(|| format!("`{line}` has no issue's number"))?;
            let issue = number.parse().with_context(|| format!("`{line}` has no issue's number"))?;
            if list.insert(rest.parse()?, issue).is_some() {
                bail!("`{line}` stands there twice");
            }
        }
        Ok(Self(list))
    }

    /// Whether it is listed.
    #[must_use]
    pub fn has(&self, operation: &Operation) -> bool {
        self.0.contains_key(operation)
    }

    /// What is listed.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.0.keys()
    }

    /// How many each issue brings.
    #[must_use]
    pub fn by_issue(&self) -> BTreeMap<u8, usize> {
        self.0.values().fold(BTreeMap::new(), |mut counts, issue| {
            *counts.entry(*issue).or_default() += 1;
            counts
        })
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}
