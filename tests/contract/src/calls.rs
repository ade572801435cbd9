//! What tests called, as the clients of `test-support` and `e2e` write it down: `METHOD path status`, a call a line.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

/// A method, a path as it was called, and the status of the answer.
type Call = (String, String, u16);

/// The calls, each with how often it was made.
#[derive(Debug, Clone, Default)]
pub struct Calls(BTreeMap<Call, usize>);

impl Calls {
    /// All files of a folder; None when there are none.
    ///
    /// # Errors
    /// A file cannot be read or holds something else.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let mut text = String::new();
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry?.path();
            text += &fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        }
        if text.is_empty() { Ok(None) } else { Self::parse(&text).map(Some) }
    }

    /// Reads the lines.
    ///
    /// # Errors
    /// One is something else.
    pub fn parse(text: &str) -> Result<Self> {
        let mut calls = BTreeMap::new();
        for line in text.lines() {
            let call = call(line).with_context(|| format!("`{line}` is no METHOD path status"))?;
            *calls.entry(call).or_default() += 1;
        }
        Ok(Self(calls))
    }

    /// Each with how often it was made.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, u16, usize)> {
        self.0.iter().map(|((method, path, status), times)| (method.as_str(), path.as_str(), *status, *times))
    }
}

/// A path may hold anything but the line's end: the ends of the line are read first.
fn call(line: &str) -> Option<Call> {
    let (method, rest) = line.split_once(' ')?;
    let (path, status) = rest.rsplit_once(' ')?;
    Some((method.to_owned(), path.to_owned(), status.parse().ok()?))
}
