//! Amazon SES, version 2 of its API.

use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::{DisplayErrorContext, ProvideErrorMetadata as _, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{Destination, EmailContent, RawMessage};

use super::{Email, EmailProvider, SendError};

/// One attempt, and longer than other calls: an answer given up is a mail that may be sent twice.
const PATIENCE: Duration = Duration::from_secs(15);

/// Sends by SES.
#[derive(Debug, Clone)]
pub struct Ses(Client);

impl Ses {
    /// By this configuration, without its retries.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(2))
            .operation_attempt_timeout(PATIENCE)
            .build();
        let config = aws_sdk_sesv2::config::Builder::from(config)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .build();
        Self(Client::from_conf(config))
    }
}

#[async_trait]
impl EmailProvider for Ses {
    fn name(&self) -> &'static str {
        "ses"
    }

    async fn send(&self, email: Email) -> Result<String, SendError> {
        // A built message has its data, so neither build fails; if one did, no retry would help.
        let raw = RawMessage::builder().data(Blob::new(email.mime)).build();
        let raw = raw.map_err(|_| SendError::Permanent("InvalidMessage".to_owned()))?;
        let request = self
            .0
            .send_email()
            .from_email_address(email.from)
            .destination(Destination::builder().to_addresses(email.to).build())
            .content(EmailContent::builder().raw(raw).build());
        match request.send().await {
            Ok(answer) => Ok(answer.message_id.unwrap_or_default()),
            Err(error) => Err(classify(&error)),
        }
    }

    async fn check(&self) -> Result<(), String> {
        let answer = self.0.get_account().send().await;
        answer.map(drop).map_err(|error| DisplayErrorContext(error).to_string())
    }
}

fn classify<R>(error: &SdkError<SendEmailError, R>) -> SendError {
    match error {
        SdkError::ServiceError(refused) => {
            let code = refused.err().code().unwrap_or("Unknown").to_owned();
            match refused.err() {
                // The shop's own address, or the account is still in the sandbox: ours to repair, the mail is right.
                SendEmailError::MessageRejected(e)
                    if e.message().is_some_and(|text| text.contains("not verified")) =>
                {
                    SendError::Transient("IdentityNotVerified".to_owned())
                }
                // The message itself is wrong. A paused account or a limit, below, are ours to repair.
                SendEmailError::MessageRejected(_) | SendEmailError::BadRequestException(_) => {
                    SendError::Permanent(code)
                }
                _ => SendError::Transient(code),
            }
        }
        SdkError::ConstructionFailure(_) => SendError::Transient("ConstructionFailure".to_owned()),
        SdkError::DispatchFailure(failure) if !failure.is_timeout() && !failure.is_other() => {
            SendError::Transient("ConnectionFailed".to_owned())
        }
        SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) => SendError::Unknown("Timeout".to_owned()),
        _ => SendError::Unknown("AnswerLost".to_owned()),
    }
}
