//! `make bench-sign-in`

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use load::sign_in::{Amount, bench};
use localstack::paths::Checkout;

/// Measures sign-ins beside what the machine's cores can hash.
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
    /// How many refused sign-ins, half of them with an unknown address, half with a wrong password.
    #[arg(long, default_value_t = 2000)]
    tries: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let load = Duration::from_secs(arguments.seconds);
    let amount = Amount { rounds: arguments.rounds, load, tries: arguments.tries };
    let report = Box::pin(bench(&arguments.binaries, amount)).await?;
    report.write(&Checkout::find()?.work().join("bench"), "sign-in", arguments.rounds)
}
