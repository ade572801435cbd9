//! `make bench-catalogue`

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use load::catalogue::{Amount, bench_reads};
use localstack::paths::Checkout;

/// Measures reads of the catalogue, beside those of bare tables.
#[derive(Debug, Parser)]
struct Arguments {
    /// The folder of the release builds.
    #[arg(long)]
    binaries: PathBuf,
    /// How often everything is measured in turn.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How many seconds each load lasts.
    #[arg(long, default_value_t = 6)]
    seconds: u64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let amount = Amount { rounds: arguments.rounds, load: Duration::from_secs(arguments.seconds) };
    let report = Box::pin(bench_reads(&arguments.binaries, amount)).await?;
    report.write(&Checkout::find()?.work().join("bench"), "catalogue", arguments.rounds)
}
