//! `make test-chaos KILLS=20 SEED=1`

use std::process::ExitCode;
use std::time::Duration;

use chaos::{Plan, run};
use clap::Parser;

/// Kills services at random while people buy, then checks that nothing was lost, doubled or oversold.
#[derive(Parser)]
struct Arguments {
    /// How many SIGKILLs.
    #[arg(long, default_value_t = 20)]
    kills: u32,
    /// Decides whom and when.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many people buy at the same time.
    #[arg(long, default_value_t = 4)]
    buyers: u32,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let plan = Plan {
        kills: arguments.kills,
        seed: arguments.seed,
        buyers: arguments.buyers,
        settle: Duration::from_mins(2),
    };
    println!("{} kills, seed {}, {} buyers", plan.kills, plan.seed, plan.buyers);
    match run(plan, |line| println!("  {line}")).await {
        Ok((outcome, stack, _books)) => {
            println!(
                "{} orders, {} retried requests, {} doubled mails, {} violations",
                outcome.acknowledged,
                outcome.retries,
                outcome.doubled,
                outcome.violations.len()
            );
            outcome.violations.iter().for_each(|violation| println!("  {violation}"));
            let fine = outcome.violations.is_empty() && outcome.acknowledged > 0;
            if let Err(error) = stack.stop().await {
                eprintln!("the stack could not be stopped: {error:#}");
            }
            if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("the run could not be finished: {error:#}");
            ExitCode::FAILURE
        }
    }
}
