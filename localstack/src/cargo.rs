//! Building with cargo.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::Service;
use crate::paths::Checkout;
use crate::process::{self, foreground};

/// `cargo` in the checkout.
#[must_use]
pub fn command(checkout: &Checkout) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(checkout.root());
    // A build from a clean clone has no database to ask: the queries were checked when `.sqlx` was written.
    if std::env::var_os("SQLX_OFFLINE").is_none() && checkout.root().join("functions/user/.sqlx").is_dir() {
        command.env("SQLX_OFFLINE", "true");
    }
    command
}

/// Builds every program of the workspace, and its tests if wanted; returns the folder of the programs. Where
/// `CARTWRIGHT_BIN_DIR` names a folder of built programs nothing is built.
///
/// All of it in one go: were only some packages chosen, cargo would choose the features of their dependencies for them
/// alone, and build the large ones again for the next choice.
///
/// # Errors
/// The build fails.
pub async fn build(checkout: &Checkout, tests: bool) -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("CARTWRIGHT_BIN_DIR") {
        return Ok(PathBuf::from(folder));
    }
    let mut command = command(checkout);
    command.args(["build", "--quiet", "--workspace", "--bins"]).args(tests.then_some("--tests"));
    let status = foreground(command).await?;
    if !status.success() {
        bail!("the build failed; cargo says why above");
    }
    binaries(checkout).await
}

/// Builds the five services as they are deployed; returns the folder of the programs. Where `CARTWRIGHT_BIN_DIR` names a
/// folder of built programs nothing is built.
///
/// # Errors
/// The build fails.
pub async fn build_release(checkout: &Checkout) -> Result<PathBuf> {
    build_release_of(checkout, &Service::ALL).await
}

/// As [`build_release`], of some services: each takes minutes.
///
/// # Errors
/// The build fails.
pub async fn build_release_of(checkout: &Checkout, services: &[Service]) -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("CARTWRIGHT_BIN_DIR") {
        return Ok(PathBuf::from(folder));
    }
    let mut command = command(checkout);
    command.args(["build", "--quiet", "--release", "--workspace"]);
    command.args(services.iter().flat_map(|service| ["--bin", service.name()]));
    let status = foreground(command).await?;
    if !status.success() {
        bail!("the build failed; cargo says why above");
    }
    Ok(target(checkout).await?.join("release"))
}

/// The folder that debug builds go to.
async fn binaries(checkout: &Checkout) -> Result<PathBuf> {
    Ok(target(checkout).await?.join("debug"))
}

/// The folder of all builds.
///
/// # Errors
/// Cargo fails.
pub async fn target(checkout: &Checkout) -> Result<PathBuf> {
    let mut command = command(checkout);
    command.args(["metadata", "--format-version", "1", "--no-deps", "--offline"]);
    let metadata: Value =
        serde_json::from_str(&process::run(command).await?).context("reading cargo metadata")?;
    let target = metadata["target_directory"].as_str().context("cargo metadata names no target directory")?;
    Ok(PathBuf::from(target))
}
