//! The environment, read once at start. Every missing or malformed variable is reported together.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

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
    variables: HashMap<String, String>,
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
    /// The process's environment. An empty variable counts as absent.
    #[must_use]
    pub fn from_process() -> Self {
        Self::from_pairs(std::env::vars())
    }

    /// An environment made of pairs, for tests.
    pub fn from_pairs<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let variables = pairs
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .filter(|(_, value): &(String, String)| !value.is_empty())
            .collect();
        Self { variables, problems: Vec::new() }
    }

    /// A variable that may be absent.
    pub fn optional<T: FromStr>(&mut self, name: &str) -> Option<T>
    where
        T::Err: fmt::Display,
    {
        let text = self.variables.get(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                // The value is not shown: it may be a secret.
                self.problems.push(format!("{name} is malformed: {error}"));
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
        if !self.variables.contains_key(name) {
            self.problems.push(format!("{name} is missing"));
            return T::default();
        }
        self.optional(name).unwrap_or_default()
    }

    /// A comma-separated list; absent is empty.
    pub fn list(&mut self, name: &str) -> Vec<String> {
        let text = self.variables.get(name).map_or("", String::as_str);
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }

    /// One or more `http(s)` base URLs, comma-separated, without a trailing slash.
    pub fn urls(&mut self, name: &str) -> Vec<String> {
        let urls: Vec<String> =
            self.list(name).into_iter().map(|url| url.trim_end_matches('/').to_owned()).collect();
        if urls.is_empty() {
            self.problems.push(format!("{name} is missing"));
        }
        if urls.iter().any(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
            self.problems.push(format!("{name} is malformed: each address starts with http:// or https://"));
        }
        urls
    }

    /// Adds a problem that a rule across variables found.
    pub fn problem(&mut self, text: impl Into<String>) {
        self.problems.push(text.into());
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
}
