//! `.work/addresses.env`: where the running stack is, for people, scripts and the other verbs.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::time::Duration;

use anyhow::{Context as _, Result};
use localstack::paths::Checkout;

/// The variables, in alphabetical order.
pub type Addresses = BTreeMap<String, String>;

/// The file of the last `dev`; None when there is none.
pub fn read(checkout: &Checkout) -> Option<Addresses> {
    let text = fs::read_to_string(checkout.addresses()).ok()?;
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    Some(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// The file, if the gateway that it names is ready.
pub async fn read_if_alive(checkout: &Checkout) -> Option<Addresses> {
    let addresses = read(checkout)?;
    let url = format!("{}/health/ready", addresses.get("BASE_URL")?);
    let answer = reqwest::Client::new().get(url).timeout(Duration::from_secs(3)).send().await;
    answer.is_ok_and(|answer| answer.status().is_success()).then_some(addresses)
}

/// Writes the file, for this user's eyes: the database URLs hold passwords.
pub fn write(checkout: &Checkout, addresses: &Addresses) -> Result<()> {
    remove(checkout);
    let path = checkout.addresses();
    let mut file = fs::File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .with_context(|| format!("writing {}", path.display()))?;
    for (name, value) in addresses {
        writeln!(file, "{name}={value}")?;
    }
    Ok(())
}

/// Takes the file away when what it names has ended.
pub fn remove(checkout: &Checkout) {
    let _ = fs::remove_file(checkout.addresses());
}

/// A table for people; passwords are in the file only.
pub fn print(addresses: &Addresses) {
    let row = |what: &str, name: &str| {
        if let Some(value) = addresses.get(name) {
            println!("  {what:<22} {}", without_password(value));
        }
    };
    println!();
    row("shop (gateway)", "BASE_URL");
    row("user", "USER_SERVICE_URL");
    row("product", "PRODUCT_SERVICE_URL");
    row("order", "ORDER_SERVICE_URL");
    row("notification", "NOTIFICATION_SERVICE_URL");
    row("gateway's metrics", "ADMIN_URL");
    row("AWS emulator", "AWS_ENDPOINT_URL");
    row("sent mail", "MAIL_URL");
    row("PostgreSQL", "POSTGRES_URL");
    row("Redis", "REDIS_URL");
    println!("  {:<22} .work/logs/NAME.log, all addresses with passwords in .work/addresses.env", "logs");
    println!();
}

fn without_password(url: &str) -> String {
    let parts = url.split_once("://").zip(url.split_once('@'));
    let Some(((scheme, rest), (_, place))) = parts else { return url.to_owned() };
    let user = rest.split([':', '@']).next().unwrap_or_default();
    format!("{scheme}://{user}@{place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_shows_no_password() {
        assert_eq!(without_password("postgres://u:p@127.0.0.1:5432/x"), "postgres://u@127.0.0.1:5432/x");
        assert_eq!(without_password("http://127.0.0.1:8000"), "http://127.0.0.1:8000");
    }
}
