//! `test`: the workspace's tests.

use std::process::Command;

use anyhow::{Result, bail};
use localstack::cargo;
use localstack::paths::Checkout;
use localstack::process;
use localstack::services::AWS_CALLS_VARIABLE;

use super::exec::on_ground;
use super::{contract, tools};

/// Runs `cargo nextest run` with `arguments`, on the whole workspace unless they name packages. A run of everything
/// records what the tests call, and holds the API's contract against it; what the services call of AWS lies in
/// `.work/aws-calls/` afterwards.
pub async fn run(checkout: &Checkout, arguments: &[String]) -> Result<u8> {
    let mut command = cargo::command(checkout);
    if has_nextest(checkout).await {
        command.args(["nextest", "run"]);
    } else if std::env::var("CI").is_ok_and(|ci| ci == "true") {
        bail!("cargo-nextest is missing: cargo install --locked cargo-nextest");
    } else {
        println!(
            "cargo-nextest is missing (cargo install --locked cargo-nextest); using cargo test, which is slower"
        );
        command.arg("test");
    }
    // A choice of packages has other features of dependencies than the workspace, and is built anew for them.
    if !arguments.iter().any(|argument| argument.starts_with("-p") || argument.starts_with("--package")) {
        command.arg("--workspace");
    }
    command.args(arguments);
    if !arguments.is_empty() {
        return on_ground(checkout, command, true).await;
    }
    tools::all(checkout).await?;
    command.env(contract::CALLS_VARIABLE, contract::fresh(checkout, "contract/calls")?);
    command.env(AWS_CALLS_VARIABLE, contract::fresh(checkout, "aws-calls")?);
    match on_ground(checkout, command, true).await? {
        0 => contract::check(&cargo::build(checkout, false).await?).await,
        code => Ok(code),
    }
}

async fn has_nextest(checkout: &Checkout) -> bool {
    let mut command: Command = cargo::command(checkout);
    command.args(["nextest", "--version"]);
    process::run(command).await.is_ok()
}
