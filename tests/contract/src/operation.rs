//! A method and a path.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context as _, Error, bail};

/// The methods that an operation may have.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// `GET /users/{id}`. Two are equal when only the names of their parameters differ.
#[derive(Debug, Clone)]
pub struct Operation {
    /// As `GET`.
    pub method: String,
    /// With parameters in braces, without a trailing slash.
    pub path: String,
}

impl Operation {
    /// From both parts.
    #[must_use]
    pub fn new(method: &str, path: &str) -> Self {
        let path = path.strip_suffix('/').filter(|rest| !rest.is_empty()).unwrap_or(path);
        Self { method: method.to_owned(), path: path.to_owned() }
    }

    /// The path's segments; a parameter is None.
    pub fn segments(&self) -> impl Iterator<Item = Option<&str>> {
        self.path.split('/').skip(1).map(|segment| (!is_parameter(segment)).then_some(segment))
    }

    fn key(&self) -> (Vec<Option<&str>>, &str) {
        (self.segments().collect(), &self.method)
    }
}

/// Whether a word is a method.
pub fn is_method(word: &str) -> bool {
    METHODS.contains(&word)
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{') && segment.ends_with('}')
}

impl PartialEq for Operation {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Operation {}

impl PartialOrd for Operation {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Operation {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.method, self.path)
    }
}

impl FromStr for Operation {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (method, path) =
            text.split_once(' ').with_context(|| format!("`{text}` is no METHOD and /path"))?;
        if !is_method(method) || !path.starts_with('/') || path.contains(char::is_whitespace) {
            bail!("`{text}` is no METHOD and /path");
        }
        Ok(Self::new(method, path))
    }
}
