//! The checks of the API's contract that are no tests of their own.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Parser, Subcommand};
use contract::fuzz::{self, Bounds};
use localstack::paths::Checkout;
use localstack::tools::{Packages, schemathesis, unless_missing};
use localstack::{Options, Stack};

#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Holds the OpenAPI document against what was promised, against the calls of the last whole test run, and lints it.
    Check,
    /// Makes requests from the document, through the gateway of a shop of its own.
    Schemathesis {
        /// The same seed makes the same requests.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// When it ends.
        #[arg(long, default_value_t = 270)]
        seconds: u64,
        /// Requests per operation and phase, at most.
        #[arg(long, default_value_t = 100)]
        examples: u32,
        /// Arguments for schemathesis itself, as `--include-path /orders`.
        #[arg(last = true)]
        arguments: Vec<String>,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse().verb).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("contract: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(verb: Verb) -> Result<()> {
    let checkout = Checkout::find()?;
    match verb {
        Verb::Check => check(&checkout).await,
        Verb::Schemathesis { seed, seconds, examples, arguments } => {
            let bounds = Bounds { seed, examples, time: Some(Duration::from_secs(seconds)), arguments };
            println!("schemathesis: seed {seed}, at most {seconds} s");
            let program = schemathesis(&checkout).await?;
            let stack = Stack::start(Options::from_env()?).await?;
            if let Err(error) = fuzz::fuzz(&checkout, &program, &stack, &bounds).await {
                bail!("{error:#}; the services' logs are in {}", stack.logs().display());
            }
            stack.stop().await
        }
    }
}

async fn check(checkout: &Checkout) -> Result<()> {
    let mut outcome = contract::check(checkout.root(), &calls(checkout))?;
    if let Some(packages) = unless_missing(Packages::find_or_install(checkout).await)? {
        let document = checkout.root().join("functions/api-gateway/openapi.json");
        match contract::lint::lint(checkout, &packages, &document).await {
            Ok(()) => outcome.summary.push("the linter finds nothing".to_owned()),
            Err(error) => outcome.broken.push(format!("{error:#}")),
        }
    }
    println!("contract:");
    for line in &outcome.summary {
        println!("  {line}");
    }
    for line in &outcome.broken {
        println!("  BROKEN  {line}");
    }
    if !outcome.broken.is_empty() {
        bail!("the API's contract is broken in {} places; tests/contract/README.md", outcome.broken.len());
    }
    Ok(())
}

fn calls(checkout: &Checkout) -> PathBuf {
    checkout.work().join("contract/calls")
}
