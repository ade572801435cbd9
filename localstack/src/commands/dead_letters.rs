//! `redrive` and `dlq-peek`.

use anyhow::{Context as _, Result, bail};
use aws_config::BehaviorVersion;
use cartwright_contracts::{DEAD_LETTER_SUFFIX, resources};
use cartwright_types::{Clock as _, SystemClock};
use clap::Args;
use localstack::aws::Aws;
use localstack::dead_letters::DeadLetters;
use localstack::paths::Checkout;
use localstack::provision::names;

use super::addresses;

/// Whose dead letters.
#[derive(Debug, Args)]
pub struct Which {
    /// The queue's logical name, as `notification-events`.
    queue: String,
    /// The shop, as Terraform's `shop`; without it the running `dev`.
    #[arg(long, requires = "environment")]
    shop: Option<String>,
    /// Its environment: dev, staging or prod.
    #[arg(long, requires = "shop")]
    environment: Option<String>,
}

/// Brings all back.
pub async fn redrive(checkout: &Checkout, which: &Which) -> Result<u8> {
    let letters = find(checkout, which).await?;
    let before = letters.count().await?;
    println!("  {before} dead letters of {}", which.logical());
    let outcome = letters.redrive(SystemClock.now().timestamp_millis()).await?;
    println!("  {} moved back to the queue, {} left", outcome.moved, outcome.left);
    if outcome.doubled > 0 {
        println!(
            "  {} of them could not be deleted and are in both places: the consumer counts them once",
            outcome.doubled
        );
    }
    if outcome.refused > 0 {
        println!("  {} were refused by the queue: run this again", outcome.refused);
    }
    Ok(u8::from(outcome.refused > 0))
}

/// Shows the oldest; of a queue that carries tokens or addresses no bodies.
pub async fn peek(checkout: &Checkout, which: &Which, most: usize) -> Result<u8> {
    let (letters, count) = find(checkout, which).await?.peek(most).await?;
    let hides = resources()
        .queues
        .iter()
        .any(|queue| queue.name == which.logical() && (queue.encrypted || queue.personal));
    println!("  {count} dead letters of {}", which.logical());
    for letter in letters {
        let at = moment(letter.sent);
        println!("  {at} {} {}", letter.id, letter.event_type.unwrap_or_default());
        if hides {
            println!("    (it may hold a token or an address and is not shown)");
        } else {
            println!("    {}", letter.body.chars().take(500).collect::<String>());
        }
    }
    Ok(0)
}

impl Which {
    fn logical(&self) -> &str {
        self.queue.strip_suffix(DEAD_LETTER_SUFFIX).unwrap_or(&self.queue)
    }
}

/// With the credentials of the shell in a deployed shop, else in the emulator that runs.
async fn find(checkout: &Checkout, which: &Which) -> Result<DeadLetters> {
    let logical = which.logical();
    let known: Vec<&str> = resources().queues.iter().map(|queue| queue.name.as_str()).collect();
    if !known.contains(&logical) {
        bail!("there is no queue {logical}; there are {}", known.join(", "));
    }
    if let (Some(shop), Some(environment)) = (&which.shop, &which.environment) {
        let config = Box::pin(aws_config::load_defaults(BehaviorVersion::latest())).await;
        let client = aws_sdk_sqs::Client::new(&config);
        return DeadLetters::of(client, &format!("{shop}-{environment}-{logical}")).await;
    }
    let addresses = addresses::read_if_alive(checkout).await;
    let addresses = addresses.context(
        "nothing runs here: start it with `make dev`, or name a shop: make redrive Q=order-events SHOP=acme ENV=prod",
    )?;
    let endpoint =
        addresses.get("AWS_ENDPOINT_URL").context("AWS_ENDPOINT_URL is not in .work/addresses.env")?;
    DeadLetters::of(Aws::at(endpoint).await.sqs, &names("local").of(logical)).await
}

fn moment(milliseconds: i64) -> String {
    chrono::DateTime::from_timestamp_millis(milliseconds).map_or_else(String::new, |at| at.to_rfc3339())
}
