//! Dependencies inside a service: main → routes, consumers → usecases → domain, db, clients.

use std::path::Path;

use anyhow::Result;
use walkdir::WalkDir;

/// What a layer must not name.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("domain", &["db", "clients", "usecases", "routes", "consumers", "state", "config"]),
    ("db", &["clients", "usecases", "routes", "consumers", "state", "config"]),
    ("clients", &["db", "usecases", "routes", "consumers", "state"]),
    ("usecases", &["routes", "consumers"]),
    ("consumers", &["routes"]),
    ("routes", &["consumers"]),
];

/// Where the layers of the services below `functions` are broken.
///
/// # Errors
/// A source cannot be read.
pub fn layer_rules(functions: &Path) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for entry in WalkDir::new(functions).into_iter().filter_map(Result::ok) {
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let inside = path.strip_prefix(functions)?.to_string_lossy().into_owned();
        let mut parts = inside.split('/').skip(1);
        if parts.next() != Some("src") {
            continue;
        }
        let layer = parts.next().unwrap_or_default().trim_end_matches(".rs").to_owned();
        let text = std::fs::read_to_string(path)?;
        broken.extend(
            layer_violation(&layer, &text).into_iter().map(|name| format!("{inside} names crate::{name}")),
        );
    }
    Ok(broken)
}

/// The layers that `text`, a source of `layer`, names and must not.
#[must_use]
pub fn layer_violation(layer: &str, text: &str) -> Vec<&'static str> {
    let Some((_, forbidden)) = FORBIDDEN.iter().find(|(name, _)| *name == layer) else { return Vec::new() };
    // What stands in a test module may use anything.
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let code: String =
        code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    forbidden
        .iter()
        .copied()
        .filter(|name| {
            let needle = format!("crate::{name}");
            code.match_indices(&needle).any(|(at, _)| {
                let next = code[at + needle.len()..].chars().next();
                next.is_none_or(|next| !next.is_alphanumeric() && next != '_')
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_that_reaches_up_is_seen() {
        assert_eq!(layer_violation("domain", "use crate::db::orders;"), ["db"]);
        assert_eq!(layer_violation("usecases", "fn f() { crate::routes::router() }"), ["routes"]);
        assert!(layer_violation("usecases", "use crate::db::orders;\n// crate::routes").is_empty());
        assert!(layer_violation("domain", "use crate::dbx;").is_empty());
    }
}
