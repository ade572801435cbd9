//! `secrets-init`: values for the secrets that Terraform made empty. `rotate-keys`: other keys for access tokens.

use anyhow::{Context as _, Result};
use aws_config::BehaviorVersion;
use aws_sdk_secretsmanager::Client;
use cartwright_contracts::Names;
use cartwright_types::{Clock as _, SystemClock};
use clap::Args;
use localstack::aws::Aws;
use localstack::paths::Checkout;
use localstack::provision::{Algorithm, Change, fill_secrets, names, rotate_keys};

use super::addresses;

/// Whose secrets.
#[derive(Debug, Args)]
pub struct Whose {
    /// The shop, as Terraform's `shop`.
    #[arg(long)]
    shop: String,
    /// The environment: dev, staging or prod.
    #[arg(long)]
    environment: String,
}

/// Which keys are changed, and how.
#[derive(Debug, Args)]
pub struct Rotation {
    /// The shop, as Terraform's `shop`; without it the running `dev`.
    #[arg(long, requires = "environment")]
    shop: Option<String>,
    /// Its environment: dev, staging or prod.
    #[arg(long, requires = "shop")]
    environment: Option<String>,
    /// What the new key signs with: RS256 or ES256.
    #[arg(long, default_value = "RS256")]
    algorithm: Algorithm,
    /// Even if the last change was a short time ago.
    #[arg(long)]
    force: bool,
}

/// Fills them with the credentials of the shell, in the account they are of. Run again, it changes nothing.
pub async fn init(whose: &Whose) -> Result<u8> {
    let (client, names) = deployed(&whose.shop, &whose.environment).await;
    let filled = fill_secrets(&client, &names).await?;
    for name in &filled {
        println!("  {name}");
    }
    println!("{} secrets were given a value; those that had one keep it.", filled.len());
    Ok(0)
}

/// Changes the signing keys of a deployed shop, or of the running `dev`.
pub async fn rotate(checkout: &Checkout, rotation: &Rotation) -> Result<u8> {
    let (client, names) = match (&rotation.shop, &rotation.environment) {
        (Some(shop), Some(environment)) => deployed(shop, environment).await,
        _ => local(checkout).await?,
    };
    let now = SystemClock.now().timestamp();
    match rotate_keys(&client, &names, rotation.algorithm, rotation.force, now).await? {
        Change::Prepared { current, next } => {
            println!(
                "There was one key only. {current} signs on; {next} is published beside it from now on."
            );
            println!("Run this again in 10 minutes or later: then {next} signs.");
        }
        Change::Rotated { current, next, previous } => {
            println!("{current} signs as soon as the user service has read it, which is within a minute.");
            println!("{next} is published and will be next; {previous} stays for the tokens that it signed.");
            println!("The next change is possible in 20 minutes.");
        }
    }
    Ok(0)
}

/// With the credentials of the shell.
async fn deployed(shop: &str, environment: &str) -> (Client, Names) {
    let config = Box::pin(aws_config::load_defaults(BehaviorVersion::latest())).await;
    let mut names = names(environment);
    names.secrets_prefix = format!("{shop}/{environment}/");
    (Client::new(&config), names)
}

async fn local(checkout: &Checkout) -> Result<(Client, Names)> {
    let addresses = addresses::read_if_alive(checkout).await;
    let addresses = addresses.context(
        "nothing runs here: start it with `make dev`, or name a shop: make rotate-keys SHOP=acme ENV=prod",
    )?;
    let endpoint =
        addresses.get("AWS_ENDPOINT_URL").context("AWS_ENDPOINT_URL is not in .work/addresses.env")?;
    Ok((Aws::at(endpoint).await.secrets, names("local")))
}
