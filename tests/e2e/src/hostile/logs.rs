//! What may not be in a log.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result};
use localstack::Service;

/// From this length on a text that was kept is a token and no id.
const TOKEN: usize = 40;

/// Passwords, tokens and addresses that were used.
#[derive(Debug, Default)]
pub struct Secrets(Mutex<HashSet<String>>);

impl Secrets {
    /// Adds what nobody else would write by chance.
    pub fn add(&self, text: &str) {
        if text.len() >= 8 {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(text.to_owned());
        }
    }

    /// Adds a text if it is long enough to be a token.
    pub fn add_token(&self, text: &str) {
        if text.len() >= TOKEN && !text.contains(['{', ' ']) {
            self.add(text);
        }
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// Lines of the services' logs that tell of a panic or an error, or hold a secret.
///
/// # Errors
/// A log cannot be read.
pub fn faults(folder: &Path, secrets: &Secrets) -> Result<Vec<String>> {
    let secrets = secrets.all();
    let mut faults = Vec::new();
    for service in Service::ALL {
        let path = folder.join(format!("{service}.log"));
        let log = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        if log.is_empty() {
            faults.push(format!("{service} has logged nothing"));
        }
        faults.extend(
            log.lines().filter(|line| is_bad(line, &secrets)).map(|line| format!("{service}: {line}")),
        );
    }
    Ok(faults)
}

fn is_bad(line: &str, secrets: &[String]) -> bool {
    line.contains("\"level\":\"ERROR\"")
        || line.contains("panic")
        || secrets.iter().any(|secret| line.contains(secret.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_panics_and_secrets_are_found() {
        let secrets = Secrets::default();
        secrets.add("ada@example.com");
        secrets.add("short");
        secrets.add_token("0199a0e2-7d1c-7b3e-8d53-ffb0d1c2a3b4");
        let secrets = secrets.all();
        assert_eq!(secrets, ["ada@example.com"]);
        for bad in [
            r#"{"level":"ERROR","message":"internal error"}"#,
            "thread 'main' panicked at src/main.rs:1",
            r#"{"level":"INFO","to":"ada@example.com"}"#,
        ] {
            assert!(is_bad(bad, &secrets), "{bad}");
        }
        assert!(!is_bad(r#"{"level":"WARN","message":"short"}"#, &secrets));
    }
}
