//! `secrets-init`: values for the secrets that Terraform made empty.

use anyhow::Result;
use aws_config::BehaviorVersion;
use aws_sdk_secretsmanager::Client;
use clap::Args;
use localstack::provision::{fill_secrets, names};

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

/// Fills them with the credentials of the shell, in the account they are of. Run again, it changes nothing.
pub async fn init(whose: &Whose) -> Result<u8> {
    let config = Box::pin(aws_config::load_defaults(BehaviorVersion::latest())).await;
    let mut names = names(&whose.environment);
    names.secrets_prefix = format!("{}/{}/", whose.shop, whose.environment);
    let filled = fill_secrets(&Client::new(&config), &names).await?;
    for name in &filled {
        println!("  {name}");
    }
    println!("{} secrets were given a value; those that had one keep it.", filled.len());
    Ok(0)
}
