//! `make bench-checkout`

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use load::checkout::{Amount, bench};
use localstack::paths::Checkout;

/// Measures how many orders are placed, beside what PostgreSQL does with the same writes.
#[derive(Debug, Parser)]
struct Arguments {
    /// The folder of the release builds.
    #[arg(long)]
    binaries: PathBuf,
    /// How often everything is measured in turn.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How many seconds each load lasts.
    #[arg(long, default_value_t = 8)]
    seconds: u64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let amount = Amount { rounds: arguments.rounds, load: Duration::from_secs(arguments.seconds) };
    let report = Box::pin(bench(&arguments.binaries, amount)).await?;
    report.write(&Checkout::find()?.work().join("bench"), "checkout", arguments.rounds)
}
