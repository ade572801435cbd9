//! Amazon SES, version 2 of its API.

use std::time::Instant;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::http::HttpResponse;
use aws_sdk_sesv2::error::{DisplayErrorContext, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{Destination, EmailContent, MessageTag, RawMessage};

use super::aws::{classify, timeouts};
use super::pace::Pace;
use super::verdict::{Table, Verdict};
use super::{Email, Provider, SendError};

/// What SES says, by code. A paused account, a missing right or a sender that is not verified are ours to repair: the mail is
/// right, and waits.
pub const SES: Table = &[
    ("AccountSuspendedException", Verdict::Transient),
    ("BadRequestException", Verdict::Permanent),
    ("LimitExceededException", Verdict::Throttled),
    ("MailFromDomainNotVerifiedException", Verdict::Transient),
    ("MessageRejected", Verdict::Permanent),
    ("NotFoundException", Verdict::Transient),
    ("SendingPausedException", Verdict::Transient),
    ("TooManyRequestsException", Verdict::Throttled),
    ("Throttling", Verdict::Throttled),
    ("ThrottlingException", Verdict::Throttled),
    ("AccessDeniedException", Verdict::Transient),
    ("ExpiredTokenException", Verdict::Transient),
    ("InvalidClientTokenId", Verdict::Transient),
    ("UnrecognizedClientException", Verdict::Transient),
    ("InternalServiceErrorException", Verdict::Transient),
    ("InternalFailure", Verdict::Unknown),
    ("RequestTimeout", Verdict::Unknown),
    ("ServiceUnavailable", Verdict::Transient),
];

/// Sends by SES, no faster than the account may.
#[derive(Debug)]
pub struct Ses {
    client: Client,
    pace: Pace,
    rate: Option<u32>,
}

impl Ses {
    /// By this configuration, without its retries; `rate` mails a second, or as many as the account may.
    #[must_use]
    pub fn new(config: &SdkConfig, rate: Option<u32>) -> Self {
        let config = aws_sdk_sesv2::config::Builder::from(config)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts())
            .build();
        Self { client: Client::from_conf(config), pace: Pace::default(), rate }
    }

    /// What may be sent in a second.
    async fn allowed(&self) -> Option<f64> {
        if let Some(rate) = self.rate {
            return Some(f64::from(rate));
        }
        match self.client.get_account().send().await {
            Ok(account) => account.send_quota.map(|quota| quota.max_send_rate),
            Err(error) => {
                tracing::warn!(error = %DisplayErrorContext(&error), "the account's send rate is not known");
                None
            }
        }
    }
}

#[async_trait]
impl Provider<Email> for Ses {
    fn name(&self) -> &'static str {
        "ses"
    }

    async fn send(&self, email: &Email) -> Result<String, SendError> {
        self.pace.keep(email.kind, || self.allowed()).await?;
        // A built message has its data, so no build fails; if one did, no retry would help.
        let invalid = |_| SendError::Permanent("InvalidMessage".to_owned());
        let raw = RawMessage::builder().data(Blob::new(email.mime.clone())).build().map_err(invalid)?;
        let tag = |name, value| MessageTag::builder().name(name).value(value).build().map_err(invalid);
        let request = self
            .client
            .send_email()
            .from_email_address(&email.from)
            .destination(Destination::builder().to_addresses(&email.to).build())
            // Events of the mail bring these back.
            .email_tags(tag("notification_id", email.notification_id.to_string())?)
            .email_tags(tag("kind", email.kind.as_str().to_owned())?)
            .content(EmailContent::builder().raw(raw).build());
        match request.send().await {
            Ok(answer) => Ok(answer.message_id.unwrap_or_default()),
            Err(error) => {
                let error = refused(&error);
                if matches!(error, SendError::Throttled(_)) {
                    self.pace.slow_down(Instant::now());
                }
                Err(error)
            }
        }
    }

    async fn check(&self) -> Result<(), String> {
        let answer = self.client.get_account().send().await;
        answer.map(drop).map_err(|error| DisplayErrorContext(error).to_string())
    }
}

fn refused(error: &SdkError<SendEmailError, HttpResponse>) -> SendError {
    if let SdkError::ServiceError(answer) = error
        && let SendEmailError::MessageRejected(rejected) = answer.err()
        && rejected.message().is_some_and(|text| text.contains("not verified"))
    {
        // The shop's own address, or the account is still in the sandbox.
        return SendError::Transient("IdentityNotVerified".to_owned());
    }
    classify(SES, error)
}
