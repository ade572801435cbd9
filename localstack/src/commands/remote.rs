//! Verbs that a running `dev` carries out.

use anyhow::{Context as _, Result};
use localstack::paths::Checkout;
use localstack::{Service, mail};

use super::{addresses, dev, exec};

/// Builds, then has the service restarted.
pub async fn restart(checkout: &Checkout, service: Service) -> Result<u8> {
    exec::build(checkout, false).await?;
    println!("  {}", dev::ask(checkout, &format!("restart {service}")).await?);
    Ok(0)
}

/// Makes the first administrator and shows the link that was mailed.
pub async fn admin(checkout: &Checkout, email: &str) -> Result<u8> {
    anyhow::ensure!(
        email.contains('@') && !email.contains(char::is_whitespace),
        "{email:?} is no address: make admin EMAIL=you@example.com"
    );
    let mails = dev::ask(checkout, &format!("admin {email}")).await?;
    println!("  an administrator was invited; the one-time link is in the mail: {mails}");
    let addresses = addresses::read(checkout).context("nothing runs here: start it with `make dev`")?;
    let endpoint =
        addresses.get("AWS_ENDPOINT_URL").context("AWS_ENDPOINT_URL is not in .work/addresses.env")?;
    let mailbox = mail::mailbox(endpoint).await?;
    // The mail goes through a queue and takes a moment.
    let patience = std::time::Duration::from_secs(15);
    match mail::wait_for(&*mailbox, email, patience, |mail| mail.text.contains("http")).await {
        Ok(_) => {
            let last = mail::sent_to(&*mailbox, email).await?.into_iter().next_back();
            let text = last.map(|mail| mail.text).unwrap_or_default();
            for link in text.split_whitespace().filter(|word| word.starts_with("http")) {
                println!("  {link}");
            }
        }
        Err(error) => println!("  it has not arrived yet ({error:#}); see .work/logs/notification.log"),
    }
    Ok(0)
}
