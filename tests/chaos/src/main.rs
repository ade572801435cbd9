//! `make test-chaos ORDERS=10000 SEED=1`

use std::process::ExitCode;

use anyhow::Result;
use chaos::{Outcome, Plan, run};
use clap::Parser;

/// Lets people buy while requests are doubled, services and PostgreSQL killed, answers lost and webhooks missing, then
/// checks that nothing was lost, doubled, oversold or left over. Takes eight minutes at most.
#[derive(Parser)]
struct Arguments {
    /// How many orders are to be placed, if the time is enough for them.
    #[arg(long, default_value_t = 10_000)]
    orders: u64,
    /// Decides who buys what, who is killed and when.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many services are killed at least.
    #[arg(long)]
    kills: Option<u32>,
    /// How many people buy at the same time.
    #[arg(long)]
    buyers: Option<u32>,
    /// The most orders that are begun in a second.
    #[arg(long)]
    rate: Option<u32>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match chaos().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("the run could not be finished: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn chaos() -> Result<bool> {
    let arguments = Arguments::parse();
    let mut plan = Plan::full(arguments.orders, arguments.seed);
    plan.kills = arguments.kills.unwrap_or(plan.kills);
    plan.buyers = arguments.buyers.unwrap_or(plan.buyers);
    plan.rate = arguments.rate.unwrap_or(plan.rate);
    println!("{} orders, seed {}, {} buyers", plan.orders, plan.seed, plan.buyers);
    let (outcome, shop) = Box::pin(run(plan, |line| println!("  {line}"))).await?;
    print(&outcome, plan.orders);
    let fine = outcome.violations.is_empty() && outcome.placed > 0;
    if fine {
        shop.close().await?;
    } else {
        println!("logs: {}", shop.stack.logs().display());
    }
    Ok(fine)
}

/// So many violations are shown.
const SHOWN: usize = 40;

fn print(outcome: &Outcome, wanted: u64) {
    let sayings = &outcome.told.sayings;
    let replayed = sayings.iter().filter(|saying| saying.replayed).count();
    let refused = sayings.iter().filter(|saying| saying.order.is_none()).count();
    let seconds = outcome.took.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
    let rate = outcome.placed as f64 / seconds;
    println!("{} of {wanted} orders placed in {seconds:.0} s, {rate:.1}/s", outcome.placed);
    println!("{} answers, {replayed} of them replayed, {refused} refusals", sayings.len());
    println!(
        "{} kills, {} answers lost, {} requests retried, {} mails doubled",
        outcome.kills, outcome.lost, outcome.retries, outcome.doubled
    );
    match outcome.settled {
        Some(after) => {
            println!(
                "nothing lost, doubled, oversold or left over {:.0} s after the end",
                after.as_secs_f64()
            );
        }
        None => println!("{} violations:", outcome.violations.len()),
    }
    outcome.violations.iter().take(SHOWN).for_each(|violation| println!("  {violation}"));
    if outcome.violations.len() > SHOWN {
        println!("  and {} more", outcome.violations.len() - SHOWN);
    }
}
