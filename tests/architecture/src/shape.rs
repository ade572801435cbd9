//! Shapes that keep a file readable: its length, and what `main.rs` may be.

use std::path::Path;

use anyhow::Result;
use walkdir::WalkDir;

/// The longest file, tests apart.
const MAX_LINES: usize = 400;
/// The longest `main.rs` of a service.
const MAX_MAIN: usize = 40;

/// Where the shapes below `root` are broken.
///
/// # Errors
/// A source cannot be read.
pub fn shape_rules(root: &Path) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for folder in ["functions", "shared", "localstack", "tests"] {
        for entry in WalkDir::new(root.join(folder)).into_iter().filter_map(Result::ok) {
            let path = entry.path();
            let inside = path.strip_prefix(root)?.to_string_lossy().into_owned();
            let is_test =
                inside.ends_with("tests.rs") || inside.split('/').skip(2).any(|part| part == "tests");
            if path.extension().is_none_or(|extension| extension != "rs") || is_test {
                continue;
            }
            let lines = std::fs::read_to_string(path)?.lines().count();
            let is_main = inside.starts_with("functions/") && inside.ends_with("src/main.rs");
            let most = if is_main { MAX_MAIN } else { MAX_LINES };
            if lines > most {
                broken.push(format!("{inside} has {lines} lines; {most} at most"));
            }
        }
    }
    Ok(broken)
}
