//! cargo-cyclonedx, which lists the packages of a program.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::paths::Checkout;
use crate::{cargo, process, venv};

const VERSION: &str = "0.5.9";

/// The program in `.work/cargo/`, built by cargo the first time (minutes). The developer's own cargo folder stays as it is.
///
/// # Errors
/// It cannot be fetched or built.
pub async fn cyclonedx(checkout: &Checkout) -> Result<PathBuf> {
    let folder = checkout.work().join("cargo");
    let program = folder.join("bin/cargo-cyclonedx");
    std::fs::create_dir_all(checkout.work()).context("making .work")?;
    let _lock = venv::lock(checkout.work().join("cargo.lock")).await?;
    if process::is_executable(&program) {
        return Ok(program);
    }
    let mut command = cargo::command(checkout);
    command.args(["install", "--quiet", "--locked", "--version", VERSION, "cargo-cyclonedx", "--root"]);
    command.arg(&folder);
    process::run(command).await.context("installing cargo-cyclonedx: is the package registry reachable?")?;
    Ok(program)
}
