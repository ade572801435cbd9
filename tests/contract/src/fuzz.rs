//! Schemathesis against a shop: requests made from its OpenAPI document, answers compared with it.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use e2e::{Api, Shopper};
use localstack::paths::Checkout;
use localstack::process::foreground;
use localstack::{Stack, tools};

/// How long and how far.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// The same seed makes the same requests of an unchanged document.
    pub seed: u64,
    /// Requests per operation and phase, at most.
    pub examples: u32,
    /// When it is ended: until then it goes on, also through sequences of calls. Without it each operation gets its examples,
    /// once.
    pub time: Option<Duration>,
    /// Further arguments for it.
    pub arguments: Vec<String>,
}

/// Runs it against `stack` as a customer. Its whole report goes to standard output and, for tools, as XML, to `.work/schemathesis`.
///
/// # Errors
/// An answer was a 5xx, or one that the document does not describe.
pub async fn fuzz(checkout: &Checkout, program: &Path, stack: &Stack, bounds: &Bounds) -> Result<()> {
    let mailbox = stack.mailbox().await?;
    let api = Api::new(&stack.base_url());
    let customer = Shopper::join(&api, mailbox.as_ref()).await?;
    // Signing out would turn every later answer into a 401: that operation is called by somebody else.
    let leaver = Shopper::join(&api, mailbox.as_ref()).await?;
    let folder = checkout.work().join("schemathesis");
    fs::create_dir_all(&folder).context("making .work/schemathesis")?;

    let mut command = Command::new(program);
    command
        .arg("--config-file")
        .arg(tools::folder(checkout).join("schemathesis.toml"))
        .arg("run")
        .arg(format!("{}/openapi.json", stack.base_url()))
        .args(["--no-color", "--report", "junit", "--report-junit-path"])
        .arg(folder.join("junit.xml"))
        .arg("--url")
        .arg(stack.base_url())
        .args(["--seed", &bounds.seed.to_string()])
        .args(["--max-examples", &bounds.examples.to_string()])
        .args(&bounds.arguments)
        .env("CARTWRIGHT_TOKEN", customer.token.unwrap_or_default())
        .env("CARTWRIGHT_LEAVER_TOKEN", leaver.token.unwrap_or_default())
        .env("NO_PROXY", "127.0.0.1")
        .current_dir(&folder);
    match bounds.time {
        Some(time) => command.args(["--max-time", &time.as_secs().to_string()]),
        None => command.args(["--phases", "examples,coverage,fuzzing"]),
    };
    let status = foreground(command).await?;
    if !status.success() {
        bail!("schemathesis found something (seed {}); its report is above", bounds.seed);
    }
    Ok(())
}
