//! `make demo`: a purchase against `BASE_URL`, each step printed with what came back and how long it took.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use e2e::{Api, Step, purchase};
use localstack::mail::mailbox;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("  wrong  {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let base = std::env::var("BASE_URL").context("BASE_URL is not set: use `make demo`")?;
    let emulator =
        std::env::var("AWS_ENDPOINT_URL").context("AWS_ENDPOINT_URL is not set: use `make demo`")?;
    let mailbox = mailbox(&emulator).await?;
    println!("A purchase through {base}");
    let mut total = Duration::ZERO;
    let mut tell = |step: Step| {
        total += step.took;
        println!("  {:>6} ms  {:<32} {}", step.took.as_millis(), step.name, step.result);
    };
    let order = purchase(&Api::new(&base), mailbox.as_ref(), &mut tell).await?;
    println!("Every step was right, {} ms in all; order {order}", total.as_millis());
    Ok(())
}
