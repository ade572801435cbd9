//! `make test-notifications N=20000 SEED=1`

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use chaos::{NoticeOutcome, NoticePlan, run_notices};
use clap::Parser;
use localstack::paths::Checkout;

/// Lets the notification worker send while its mail server fails, hangs and is away and it is killed every few seconds, then
/// brings back what was given up and counts.
#[derive(Debug, Parser)]
struct Arguments {
    /// Notifications.
    #[arg(long, default_value_t = 20_000)]
    count: usize,
    /// Decides when the worker is killed and how the mail server is.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder of the programs.
    #[arg(long)]
    binaries: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await {
        Ok(outcome) => {
            print(&outcome, arguments.count);
            if outcome.is_fine(arguments.count) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("the run could not be finished: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<NoticeOutcome> {
    let endpoint = std::env::var("AWS_ENDPOINT_URL").context("AWS_ENDPOINT_URL is not set: use the verb")?;
    let folder = Checkout::find()?.work().join("logs");
    std::fs::create_dir_all(&folder)?;
    let plan = NoticePlan {
        count: arguments.count,
        seed: arguments.seed,
        binaries: arguments.binaries.clone(),
        log: folder.join("notifications.log"),
        retry_base: 1,
        trouble: Duration::from_mins(15),
    };
    Box::pin(run_notices(&endpoint, &plan, |line| println!("  {line}"))).await
}

fn print(outcome: &NoticeOutcome, count: usize) {
    let NoticeOutcome {
        reached, lost, doubled, in_flight, redriven, left_dead, kills, misbehaved, took, ..
    } = outcome;
    println!("{reached} of {count} reached in {:.0} s, {} lost", took.as_secs_f64(), lost.len());
    println!(
        "{kills} kills; {} mails refused for now, {} taken without an answer",
        misbehaved.0, misbehaved.1
    );
    println!("{doubled} doubled, {in_flight} of them in flight when an answer was lost");
    println!(
        "{redriven} given up with a reason and brought back ({} without one), {left_dead} left dead",
        outcome.without_reason
    );
    for (reason, number) in &outcome.dead {
        println!("  {number} were {reason}");
    }
    for doubled in &outcome.unexplained {
        println!("  doubled: {doubled}");
    }
    for address in lost.iter().take(20) {
        println!("  lost: {address}");
    }
}
