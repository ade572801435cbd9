//! The environment, read once at start. Every missing or malformed variable is reported together.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;

use crate::secrets::references;

/// Reads variables and remembers what is wrong with them.
///
/// ```
/// # use cartwright_runtime::Env;
/// let mut env = Env::from_pairs([("PORT", "8003")]);
/// let port: u16 = env.or("PORT", 8000);
/// let expiry: u32 = env.or("ORDER_EXPIRY_SECONDS", 900);
/// env.finish()?;
/// # assert_eq!((port, expiry), (8003, 900));
/// # Ok::<(), cartwright_runtime::EnvError>(())
/// ```
#[derive(Debug, Default)]
pub struct Env {
    program: &'static str,
    variables: HashMap<String, String>,
    /// The names that were asked for.
    names: BTreeSet<String>,
    /// Variables that stand for a secret which could not be read; why is among the problems.
    unreadable: BTreeSet<String>,
    problems: Vec<String>,
}

/// What is wrong with the environment, a line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvError(Vec<String>);

impl fmt::Display for EnvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the environment is not complete (see .env.example):")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for EnvError {}

impl Env {
    /// The environment of the process, which is `program` by the name it is deployed under. An empty variable counts as
    /// absent; one of the form `secretsmanager:NAME#key` is that key of the secret's JSON.
    pub(crate) async fn load(program: &'static str) -> Self {
        let mut env = Self { program, ..Self::from_pairs(std::env::vars()) };
        references::resolve(&mut env).await;
        env
    }

    /// An environment made of pairs, for tests.
    pub fn from_pairs<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let variables = pairs
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .filter(|(_, value): &(String, String)| !value.is_empty())
            .collect();
        Self { variables, ..Self::default() }
    }

    /// The program that the environment is of; empty in tests.
    #[must_use]
    pub const fn program(&self) -> &'static str {
        self.program
    }

    /// The names of the variables that were asked for until now, whether they were there or not.
    #[must_use]
    pub const fn names(&self) -> &BTreeSet<String> {
        &self.names
    }

    fn text(&mut self, name: &str) -> Option<&str> {
        if !self.names.contains(name) {
            self.names.insert(name.to_owned());
        }
        self.variables.get(name).map(String::as_str)
    }

    /// A variable that may be absent.
    pub fn optional<T: FromStr>(&mut self, name: &str) -> Option<T>
    where
        T::Err: fmt::Display,
    {
        match self.text(name)?.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                // The value is not shown: it may be a secret.
                self.problem(format!("{name} is malformed: {error}"));
                None
            }
        }
    }

    /// A variable with a default.
    pub fn or<T: FromStr>(&mut self, name: &str, default: T) -> T
    where
        T::Err: fmt::Display,
    {
        self.optional(name).unwrap_or(default)
    }

    /// A variable that must be there. Without it `T::default()` goes on to [`Env::finish`], which then fails.
    pub fn required<T: FromStr + Default>(&mut self, name: &str) -> T
    where
        T::Err: fmt::Display,
    {
        if self.text(name).is_none() {
            self.missing(name);
            return T::default();
        }
        self.optional(name).unwrap_or_default()
    }

    /// A comma-separated list; absent is empty.
    pub fn list(&mut self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }

    /// One or more `http(s)` base URLs, comma-separated, without a trailing slash.
    pub fn urls(&mut self, name: &str) -> Vec<String> {
        let urls: Vec<String> =
            self.list(name).into_iter().map(|url| url.trim_end_matches('/').to_owned()).collect();
        if urls.is_empty() {
            self.missing(name);
        }
        if urls.iter().any(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
            self.problem(format!("{name} is malformed: each address starts with http:// or https://"));
        }
        urls
    }

    fn missing(&mut self, name: &str) {
        if !self.unreadable.contains(name) {
            self.problem(format!("{name} is missing"));
        }
    }

    /// The variables whose values begin with `prefix`, which is taken off, by name.
    pub(crate) fn beginning_with(&self, prefix: &str) -> Vec<(String, String)> {
        let found = self.variables.iter().filter_map(|(name, value)| {
            value.strip_prefix(prefix).map(|rest| (name.clone(), rest.to_owned()))
        });
        found.collect()
    }

    /// Puts what a variable stands for in its place, or notes why that is not to be had.
    pub(crate) fn stands_for(&mut self, name: &str, value: Result<String, String>) {
        self.variables.remove(name);
        match value {
            Ok(value) => drop(self.variables.insert(name.to_owned(), value)),
            Err(why) => {
                self.unreadable.insert(name.to_owned());
                self.problem(format!("{name} {why}"));
            }
        }
    }

    /// Adds a problem that a rule across variables found. The same one again changes nothing.
    pub fn problem(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !self.problems.contains(&text) {
            self.problems.push(text);
        }
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Everything that was missing or malformed.
    pub fn finish(self) -> Result<(), EnvError> {
        if self.problems.is_empty() { Ok(()) } else { Err(EnvError(self.problems)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_wrong_is_reported_at_once_and_values_are_not_shown() {
        let mut env = Env::from_pairs([("PORT", "hunter2"), ("USER_SERVICE_URL", "ftp://x"), ("EMPTY", "")]);
        let _: u16 = env.or("PORT", 1);
        let _: String = env.required("DATABASE_URL");
        let _: String = env.required("EMPTY");
        let _ = env.urls("USER_SERVICE_URL");
        let error = env.finish().unwrap_err().to_string();
        for name in ["PORT", "DATABASE_URL", "EMPTY", "USER_SERVICE_URL"] {
            assert!(error.contains(name), "{error}");
        }
        assert!(!error.contains("hunter2"));
    }

    #[test]
    fn the_names_that_were_asked_for_are_remembered_and_a_problem_is_told_once() {
        let mut env = Env::from_pairs([("PORT", "8003"), ("UNREAD", "x")]);
        let _: u16 = env.or("PORT", 1);
        for _ in 0..2 {
            let _: String = env.required("AWS_REGION");
        }
        assert_eq!(env.names().iter().map(String::as_str).collect::<Vec<_>>(), ["AWS_REGION", "PORT"]);
        assert_eq!(env.finish().unwrap_err().to_string().lines().count(), 2);
    }
}
