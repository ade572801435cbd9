//! Reading back the mail that the shop sent, from whichever emulator took it.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use futures::future::BoxFuture;
use serde::Deserialize;
use serde_json::Value;

/// A mail as the emulator kept it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The provider's id.
    pub id: String,
    /// Sender.
    pub from: String,
    /// Recipients, without those of a copy.
    pub to: Vec<String>,
    /// Subject; LocalStack leaves it empty for a mail sent raw.
    pub subject: String,
    /// The text part; LocalStack leaves it empty for a mail sent raw.
    pub text: String,
    /// The HTML part, if any.
    pub html: Option<String>,
    /// The whole message (RFC 5322), if it was sent raw and the emulator kept it.
    pub raw: Option<String>,
}

/// Sent mail.
pub trait Mailbox: Send + Sync {
    /// Every mail sent so far, oldest first.
    ///
    /// # Errors
    /// The emulator does not answer in its format.
    fn all(&self) -> BoxFuture<'_, Result<Vec<Mail>>>;
}

/// The mailbox of the emulator at `endpoint`: its own if it has one, else LocalStack's.
///
/// # Errors
/// Neither answers.
pub async fn mailbox(endpoint: &str) -> Result<Box<dyn Mailbox>> {
    let ministack = Ministack { url: format!("{endpoint}/_ministack/ses/messages") };
    if ministack.all().await.is_ok() {
        return Ok(Box::new(ministack));
    }
    let localstack = LocalStack { url: format!("{endpoint}/_aws/ses") };
    localstack.all().await.with_context(|| format!("{endpoint} shows no sent mail: is it an emulator?"))?;
    Ok(Box::new(localstack))
}

/// Every mail to an address, oldest first.
///
/// # Errors
/// The emulator does not answer in its format.
pub async fn sent_to(mailbox: &dyn Mailbox, address: &str) -> Result<Vec<Mail>> {
    let mut mails = mailbox.all().await?;
    mails.retain(|mail| mail.to.iter().any(|to| to.contains(address)));
    Ok(mails)
}

/// Waits for a mail to `address` that `fits`.
///
/// # Errors
/// None came within `patience`.
pub async fn wait_for(
    mailbox: &dyn Mailbox,
    address: &str,
    patience: Duration,
    fits: impl Fn(&Mail) -> bool + Send,
) -> Result<Mail> {
    let deadline = Instant::now() + patience;
    loop {
        let mails = sent_to(mailbox, address).await?;
        if let Some(mail) = mails.iter().find(|mail| fits(mail)) {
            return Ok(mail.clone());
        }
        if Instant::now() > deadline {
            bail!(
                "after {patience:?} there are {} mails to the address and none is the one awaited",
                mails.len()
            );
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[derive(Debug)]
struct Ministack {
    url: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MinistackMail {
    message_id: String,
    source: String,
    #[serde(default)]
    to: Vec<String>,
    #[serde(default)]
    subject: Option<String>,
    #[serde(default)]
    body_text: Option<String>,
    #[serde(default)]
    body_html: Option<String>,
    #[serde(default)]
    raw_data: Option<String>,
}

impl Mailbox for Ministack {
    fn all(&self) -> BoxFuture<'_, Result<Vec<Mail>>> {
        Box::pin(async { from_ministack(get(&self.url).await?) })
    }
}

/// `{"messages": {account: [mail, …]}}`
fn from_ministack(answer: Value) -> Result<Vec<Mail>> {
    #[derive(Deserialize)]
    struct Answer {
        messages: std::collections::BTreeMap<String, Vec<MinistackMail>>,
    }
    let answer: Answer = serde_json::from_value(answer).context("the emulator's list of mails")?;
    let convert = |mail: MinistackMail| Mail {
        id: mail.message_id,
        from: mail.source,
        to: mail.to,
        subject: mail.subject.unwrap_or_default(),
        text: mail.body_text.unwrap_or_default(),
        html: mail.body_html.filter(|html| !html.is_empty()),
        raw: mail.raw_data,
    };
    Ok(answer.messages.into_values().flatten().map(convert).collect())
}

#[derive(Debug)]
struct LocalStack {
    url: String,
}

impl Mailbox for LocalStack {
    fn all(&self) -> BoxFuture<'_, Result<Vec<Mail>>> {
        Box::pin(async { from_localstack(&get(&self.url).await?) })
    }
}

/// `{"messages": [{"Id", "Source", "Destination": {"ToAddresses"}, "Subject", "Body": {"text_part", "html_part"}}]}`, or
/// with `RawData` in place of subject and body.
fn from_localstack(answer: &Value) -> Result<Vec<Mail>> {
    let mails = answer["messages"].as_array().context("LocalStack's list of mails")?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let convert = |mail: &Value| Mail {
        id: text(&mail["Id"]).unwrap_or_default(),
        from: text(&mail["Source"]).unwrap_or_default(),
        to: mail["Destination"]["ToAddresses"].as_array().into_iter().flatten().filter_map(text).collect(),
        subject: text(&mail["Subject"]).unwrap_or_default(),
        text: text(&mail["Body"]["text_part"]).unwrap_or_default(),
        html: text(&mail["Body"]["html_part"]),
        raw: text(&mail["RawData"]),
    };
    Ok(mails.iter().map(convert).collect())
}

async fn get(url: &str) -> Result<Value> {
    let request = reqwest::Client::new().get(url).timeout(Duration::from_mins(1));
    Ok(request.send().await?.error_for_status()?.json().await?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn mails_of_all_accounts_are_read_from_ministack() {
        let mails = from_ministack(json!({"messages": {"000000000000": [{
            "MessageId": "m-1", "Source": "shop@cartwright.example", "To": ["a@example.com"], "CC": [], "BCC": [],
            "Subject": "Hello", "BodyText": "text", "BodyHtml": "<p>text</p>", "Timestamp": 1, "Type": "Simple",
        }]}}));
        let mails = mails.unwrap();
        assert_eq!(mails[0].subject, "Hello");
        assert_eq!(mails[0].html.as_deref(), Some("<p>text</p>"));
    }

    #[test]
    fn a_raw_mail_is_read_from_localstack() {
        let mails = from_localstack(&json!({"messages": [{
            "Id": "m-2", "Region": "us-east-1", "Source": "shop@cartwright.example",
            "Destination": {"ToAddresses": ["b@example.com"]}, "RawData": "Subject: Hi\r\n\r\ntext",
        }]}));
        let mails = mails.unwrap();
        assert_eq!(mails[0].to, ["b@example.com"]);
        assert!(mails[0].raw.as_deref().unwrap().contains("Subject: Hi"));
    }
}
