//! `make bench-search`

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use load::catalogue::{Amount, bench_search};
use localstack::paths::Checkout;

/// Measures searches of the catalogue, beside those of a bare table.
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
    let report = Box::pin(bench_search(&arguments.binaries, amount)).await?;
    report.write(&Checkout::find()?.work().join("bench"), "search", arguments.rounds)
}
