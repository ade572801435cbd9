//! What the built programs say of themselves.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::Variables;

const SERVICES: [&str; 5] = ["api-gateway", "user", "product", "order", "notification"];

/// The variables that each program of the folder reads (`ROLE=variables`). One that is older than its source answers for
/// what it was built from.
///
/// # Errors
/// A program is missing, or does not answer.
pub fn variables(folder: &Path) -> Result<Variables> {
    let mut all = Variables::new();
    for service in SERVICES {
        let program = folder.join(service);
        let mut command = Command::new(&program);
        command.env_clear().env("ROLE", "variables");
        let output = command.output().with_context(|| format!("starting {}", program.display()))?;
        if !output.status.success() {
            bail!("{}: {}", program.display(), String::from_utf8_lossy(&output.stderr));
        }
        let roles = serde_json::from_slice(&output.stdout);
        all.insert(service.to_owned(), roles.with_context(|| format!("what {service} reads"))?);
    }
    Ok(all)
}
