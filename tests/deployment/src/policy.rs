//! IAM policies.

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::Value;

/// A statement of a policy.
#[derive(Debug, Clone)]
pub struct Statement {
    /// `Allow`, not `Deny`.
    pub allows: bool,
    /// As `sqs:SendMessage`.
    pub actions: Vec<String>,
    /// ARNs, perhaps with `*` and `?` in them.
    pub resources: Vec<String>,
    /// By operator and key.
    pub condition: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Written {
    statement: Many<WrittenStatement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WrittenStatement {
    effect: String,
    #[serde(default)]
    action: Many<String>,
    #[serde(default)]
    resource: Many<String>,
    #[serde(default)]
    not_action: Many<String>,
    #[serde(default)]
    not_resource: Many<String>,
    #[serde(default)]
    condition: Value,
}

/// IAM takes one where it takes several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Many<T> {
    One(T),
    All(Vec<T>),
}

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

impl<T> Many<T> {
    fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::All(all) => all,
        }
    }
}

/// The statements of a policy's JSON. What is said by exclusion counts as everything.
///
/// # Errors
/// It is no policy.
pub fn read(json: &str) -> Result<Vec<Statement>> {
    let written: Written = serde_json::from_str(json).context("reading an IAM policy")?;
    let all_but = |named: Many<String>, excluded: Many<String>| {
        if excluded.into_vec().is_empty() { named.into_vec() } else { vec!["*".to_owned()] }
    };
    let statement = |written: WrittenStatement| Statement {
        allows: written.effect == "Allow",
        actions: all_but(written.action, written.not_action),
        resources: all_but(written.resource, written.not_resource),
        condition: written.condition,
    };
    Ok(written.statement.into_vec().into_iter().map(statement).collect())
}

/// Whether `pattern` covers `text`: `*` is any letters, `?` any one, and case does not matter, as in actions.
#[must_use]
pub fn covers(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    // `reached[i]`: the pattern so far covers the first `i` letters.
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for wanted in pattern {
        let before = reached.clone();
        for end in 0..reached.len() {
            reached[end] = match wanted {
                '*' => before[..=end].iter().any(|there| *there),
                _ if end == 0 => false,
                '?' => before[end - 1],
                letter => before[end - 1] && text[end - 1] == letter,
            };
        }
    }
    reached[text.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_several_are_read_alike_and_an_exclusion_is_everything() {
        let one = r#"{"Statement": {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "a"}}"#;
        let several =
            r#"{"Statement": [{"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": ["a"]}]}"#;
        for text in [one, several] {
            let statements = read(text).unwrap();
            assert_eq!(
                (statements[0].actions[0].as_str(), statements[0].resources.len()),
                ("sqs:SendMessage", 1)
            );
        }
        let excluding = r#"{"Statement": {"Effect": "Allow", "NotAction": "s3:*", "Resource": "a"}}"#;
        assert_eq!(read(excluding).unwrap()[0].actions, ["*"]);
    }

    #[test]
    fn wildcards_cover_what_iam_says_they_do() {
        assert!(covers("iam:Pass*", "iam:PassRole") && covers("*", "iam:PassRole"));
        assert!(covers("arn:a:secret:x-??????", "arn:a:secret:x-AbCdEf"));
        assert!(!covers("arn:a:secret:x-??????", "arn:a:secret:x-AbCdE"));
        assert!(!covers("sqs:Send", "sqs:SendMessage"));
    }
}
