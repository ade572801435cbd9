//! `contract` and `schemathesis`: the public API against what was promised and what is documented.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use localstack::paths::Checkout;
use localstack::process::foreground;

use super::{exec, exit_code, tools};

/// Where tests write down what they call, if set.
pub const CALLS_VARIABLE: &str = "CARTWRIGHT_CALLS_DIR";

/// Builds and checks.
pub async fn run(checkout: &Checkout) -> Result<u8> {
    let binaries = exec::build(checkout, false).await?;
    tools::packages(checkout).await?;
    check(&binaries).await
}

/// The check alone.
pub async fn check(binaries: &Path) -> Result<u8> {
    let mut command = Command::new(binaries.join("contract"));
    command.arg("check");
    Ok(exit_code(foreground(command).await?))
}

/// Schemathesis against a shop of its own.
pub async fn schemathesis(checkout: &Checkout, arguments: &[String]) -> Result<u8> {
    let binaries = exec::build(checkout, false).await?;
    tools::fuzzer(checkout).await?;
    let mut command = Command::new(binaries.join("contract"));
    command.arg("schemathesis").args(arguments);
    exec::on_ground(checkout, command, false).await
}

/// An empty folder in `.work` for what a whole test run writes down.
pub fn fresh(checkout: &Checkout, name: &str) -> Result<PathBuf> {
    let folder = checkout.work().join(name);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("removing {name} of the last test run"));
        }
        _ => {}
    }
    fs::create_dir_all(&folder).with_context(|| format!("making .work/{name}"))?;
    Ok(folder)
}
