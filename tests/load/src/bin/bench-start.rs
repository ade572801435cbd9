//! `make bench-start`

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use load::{cold_start, start};
use localstack::paths::Checkout;
use serde_json::json;

/// Measures how the services start and what they hold, in a container and as functions.
#[derive(Debug, Parser)]
struct Arguments {
    /// The folder of the release builds.
    #[arg(long)]
    binaries: PathBuf,
    /// How often each is started.
    #[arg(long, default_value_t = 15)]
    rounds: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    println!("As a process: from its execution to the first answer");
    let mut report = Box::pin(start::bench(&arguments.binaries, arguments.rounds)).await?;
    println!("\nAs a Lambda function: init is from its execution to its first request for an event");
    let functions = Box::pin(cold_start::cold_start(&arguments.binaries, arguments.rounds)).await?;
    cold_start::print(&functions);
    let milliseconds = |rounds: &[std::time::Duration]| -> Vec<f64> {
        rounds.iter().map(|round| round.as_secs_f64() * 1e3).collect()
    };
    for function in &functions {
        report.raw(json!({
            "function": function.service.name(),
            "init_ms": milliseconds(&function.init),
            "first_answer_ms": milliseconds(&function.first_answer),
        }));
    }
    report.write(&Checkout::find()?.work().join("bench"), "start", arguments.rounds)
}
