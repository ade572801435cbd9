//! SMTP (RFC 5321): a mail catcher on a developer's machine, or a relay.

use std::time::Duration;

use async_trait::async_trait;
use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::response::Response;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use super::verdict::{Table, Verdict, judge};
use super::{Email, Provider, SendError};

/// As long as SES is waited for, for each step.
const PATIENCE: Duration = Duration::from_secs(15);

/// What a server says, by reply code (RFC 5321, section 4.2.3; RFC 4954, section 6). Those for who we are rather than what
/// we send are ours to repair.
pub const SMTP: Table = &[
    ("421", Verdict::Transient),
    ("432", Verdict::Transient),
    ("450", Verdict::Transient),
    ("451", Verdict::Transient),
    ("452", Verdict::Throttled),
    ("454", Verdict::Transient),
    ("455", Verdict::Transient),
    ("500", Verdict::Permanent),
    ("501", Verdict::Permanent),
    ("530", Verdict::Transient),
    ("534", Verdict::Transient),
    ("535", Verdict::Transient),
    ("538", Verdict::Transient),
    ("550", Verdict::Permanent),
    ("551", Verdict::Permanent),
    ("552", Verdict::Permanent),
    ("553", Verdict::Permanent),
    ("554", Verdict::Permanent),
    ("555", Verdict::Permanent),
];

/// Sends by SMTP.
pub struct Smtp(AsyncSmtpTransport<Tokio1Executor>);

impl Smtp {
    /// By `smtp://host:port`, `smtps://user:password@host`, or `smtp://…?tls=required`.
    ///
    /// # Errors
    /// It is no such address. The error does not repeat it.
    pub fn new(url: &str) -> Result<Self, &'static str> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|_| "use an address such as smtp://127.0.0.1:1025 or smtps://user:password@host")?;
        Ok(Self(transport.timeout(Some(PATIENCE)).build()))
    }
}

#[async_trait]
impl Provider<Email> for Smtp {
    fn name(&self) -> &'static str {
        "smtp"
    }

    async fn send(&self, email: &Email) -> Result<String, SendError> {
        let address =
            |text: &str| text.parse().map_err(|_| SendError::Permanent("InvalidAddress".to_owned()));
        let envelope = Envelope::new(Some(address(&email.from)?), vec![address(&email.to)?])
            .map_err(|_| SendError::Permanent("InvalidAddress".to_owned()))?;
        match self.0.send_raw(&envelope, &email.mime).await {
            Ok(answer) => Ok(name(&answer)),
            Err(error) => Err(classify(&error)),
        }
    }

    async fn check(&self) -> Result<(), String> {
        match self.0.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err("the server does not answer".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// The last word of the reply is most servers' name for the message (`250 2.0.0 Ok: queued as 4B2F1`); what does not look
/// like one is nothing to keep, as it may be an address.
fn name(answer: &Response) -> String {
    let word = answer.first_line().and_then(|line| line.split_whitespace().next_back()).unwrap_or_default();
    let is_name = (4..=64).contains(&word.len())
        && word.bytes().any(|b| b.is_ascii_digit())
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if is_name { word.to_owned() } else { String::new() }
}

fn classify(error: &Error) -> SendError {
    if let Some(code) = error.status() {
        let otherwise = if error.is_permanent() { Verdict::Permanent } else { Verdict::Transient };
        return judge(SMTP, &code.to_string(), otherwise);
    }
    // Lettre has no other way to tell that nothing was said yet.
    if error.to_string().starts_with("Connection error") || error.is_tls() {
        return Verdict::Transient.error("ConnectionFailed");
    }
    if error.is_client() {
        return Verdict::Permanent.error("InvalidMessage");
    }
    Verdict::Unknown.error(if error.is_timeout() { "Timeout" } else { "AnswerLost" })
}
