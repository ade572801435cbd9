//! Placeholders.

use anyhow::{Context as _, Result};

/// Fills in `{customer.id}`, `{token:expired}` and the like: braces around a word with a dot or a colon after it. Braces
/// of another kind, which JSON is full of, stay.
///
/// # Errors
/// `value` does not know one.
pub fn fill(text: &str, mut value: impl FnMut(&str) -> Result<Option<String>>) -> Result<String> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        filled.push_str(before);
        let Some(name) = name(from) else {
            filled.push('{');
            rest = &from[1..];
            continue;
        };
        let found = match general(name) {
            Some(found) => Some(found),
            None => value(name)?,
        };
        filled.push_str(&found.with_context(|| format!("there is no {{{name}}}"))?);
        rest = &from[name.len() + 2..];
    }
    filled.push_str(rest);
    Ok(filled)
}

/// The placeholder that `text` begins with.
fn name(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix('{')?.split_once('}')?;
    let word = name.bytes().take_while(u8::is_ascii_lowercase).count();
    let marked = matches!(name.as_bytes().get(word), Some(b'.' | b':'));
    (word > 0 && marked && !name.contains(['{', '"', ' '])).then_some(name)
}

/// Those that depend on nothing: `{repeat:1000:a}`, `{nest:65}` for so many lists in each other, and `{lines:1000:SKU}` for as
/// many lines of an order.
fn general(name: &str) -> Option<String> {
    let (word, rest) = name.split_once(':')?;
    match word {
        "repeat" => {
            let (times, text) = rest.split_once(':')?;
            Some(text.repeat(times.parse().ok()?))
        }
        "lines" => {
            let (times, sku) = rest.split_once(':')?;
            Some(vec![format!(r#"{{"sku": "{sku}", "quantity": 1}}"#); times.parse().ok()?].join(", "))
        }
        "nest" => {
            let depth = rest.parse().ok()?;
            Some(format!("{}{}", "[".repeat(depth), "]".repeat(depth)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> Result<String> {
        fill(text, |name| Ok((name == "customer.id").then(|| "7".to_owned())))
    }

    #[test]
    fn names_are_filled_in_and_json_is_left_alone() {
        let text = r#"/users/{customer.id} {"a": {"b": {}}} {} { {length} {customer.id}{customer.id}"#;
        assert_eq!(filled(text).unwrap(), r#"/users/7 {"a": {"b": {}}} {} { {length} 77"#);
        assert_eq!(filled("{repeat:3:ab}{nest:2}").unwrap(), "ababab[[]]");
        let lines = r#"[{"sku": "A-1", "quantity": 1}, {"sku": "A-1", "quantity": 1}]"#;
        assert_eq!(filled("[{lines:2:A-1}]").unwrap(), lines);
    }

    #[test]
    fn what_nobody_knows_is_an_error() {
        assert!(filled("{customer.shoe_size}").unwrap_err().to_string().contains("customer.shoe_size"));
    }
}
