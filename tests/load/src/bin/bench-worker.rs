//! `make bench-worker`

use anyhow::{Context as _, Result};
use aws_config::{BehaviorVersion, Region};
use aws_sdk_sqs::config::Credentials;
use clap::Parser;
use load::worker::{Amount, bench};
use localstack::aws::REGION;
use localstack::paths::Checkout;

/// Measures how many messages a second a consumer is done with, beside receiving and deleting them bare.
#[derive(Debug, Parser)]
struct Arguments {
    /// How often everything is measured in turn.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Messages each time.
    #[arg(long, default_value_t = 2_000)]
    messages: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let endpoint = std::env::var("AWS_ENDPOINT_URL").context("AWS_ENDPOINT_URL is not set: use the verb")?;
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new("test", "test", None, None, "bench"));
    let config = Box::pin(config.load()).await;
    let amount = Amount { rounds: arguments.rounds, messages: arguments.messages };
    let report = Box::pin(bench(&config, amount)).await?;
    report.write(&Checkout::find()?.work().join("bench"), "worker", arguments.rounds)
}
