//! `make bench-gateway`

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use load::gateway::{Amount, bench};
use localstack::paths::Checkout;

/// Measures the gateway beside nginx, `HAProxy` and Envoy.
#[derive(Debug, Parser)]
struct Arguments {
    /// The folder of the release builds.
    #[arg(long)]
    binaries: PathBuf,
    /// How often everything is measured in turn.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How many seconds each load lasts.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// How many tokens nobody has seen yet.
    #[arg(long, default_value_t = 20_000)]
    new_tokens: usize,
    /// Only rows with this in their name, to look into one; nothing is written then.
    #[arg(long, default_value = "")]
    only: String,
}

// One thread: it shares its core with what stands behind the proxies.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let amount = Amount {
        rounds: arguments.rounds,
        load: Duration::from_secs(arguments.seconds),
        new_tokens: arguments.new_tokens,
        only: &arguments.only,
    };
    let report = Box::pin(bench(&arguments.binaries, amount)).await?;
    if !arguments.only.is_empty() {
        return Ok(());
    }
    report.write(&Checkout::find()?.work().join("bench"), "gateway", arguments.rounds)
}
