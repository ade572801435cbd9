//! `exec`: a command with a PostgreSQL and an emulator of its own.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use localstack::cargo;
use localstack::ground::Ground;
use localstack::paths::Checkout;
use localstack::process::foreground;

use super::exit_code;
use super::progress::step;

/// Builds the services, starts both servers, runs the command, ends both.
pub async fn run(checkout: &Checkout, command: &[String]) -> Result<u8> {
    let [program, arguments @ ..] = command else { anyhow::bail!("exec needs a command") };
    let mut command = Command::new(program);
    command.args(arguments);
    on_ground(checkout, command, false).await
}

/// As [`run`]; with `tests` the tests are built too.
pub async fn on_ground(checkout: &Checkout, mut command: Command, tests: bool) -> Result<u8> {
    let binaries = build(checkout, tests).await?;
    let ground = start(checkout).await?;
    command.envs(ground.environment(&binaries));
    let outcome = foreground(command).await;
    ground.stop().await?;
    Ok(exit_code(outcome?))
}

/// Builds programs, and tests if wanted, with a line of progress.
pub async fn build(checkout: &Checkout, tests: bool) -> Result<PathBuf> {
    step("build", async { Ok((cargo::build(checkout, tests).await?, String::new())) }).await
}

/// Starts both servers, with a line of progress.
pub async fn start(checkout: &Checkout) -> Result<Ground> {
    step("PostgreSQL and AWS emulator", async {
        let ground = Ground::start(checkout).await?;
        let note = ground.aws_endpoint();
        Ok((ground, note))
    })
    .await
}
