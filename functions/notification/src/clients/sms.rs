//! A text message on its way to a provider, and SNS, which sends it.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_sns::Client;
use aws_sdk_sns::types::MessageAttributeValue;

use super::aws::{classify, timeouts};
use super::verdict::{Table, Verdict};
use super::{Provider, SendError};
use crate::domain::Kind;

/// A text message. Not `Debug`: it holds a number and may hold a code.
pub struct Sms {
    /// The number (E.164).
    pub to: String,
    /// What it says.
    pub text: String,
    /// SNS has a route for what matters and a cheaper one.
    pub kind: Kind,
}

/// What SNS says of a text message, by code. A number that is none or has opted out stays so; a spending limit and a right are
/// ours to repair.
pub const SMS: Table = &[
    ("InvalidParameter", Verdict::Permanent),
    ("ParameterValueInvalid", Verdict::Permanent),
    ("InvalidParameterValue", Verdict::Permanent),
    ("ValidationError", Verdict::Permanent),
    ("OptedOut", Verdict::Permanent),
    ("Throttled", Verdict::Throttled),
    ("Throttling", Verdict::Throttled),
    ("ThrottlingException", Verdict::Throttled),
    ("AuthorizationError", Verdict::Transient),
    ("AccessDenied", Verdict::Transient),
    ("InvalidClientTokenId", Verdict::Transient),
    ("ExpiredToken", Verdict::Transient),
    ("ServiceUnavailable", Verdict::Transient),
    ("InternalError", Verdict::Unknown),
    ("InternalFailure", Verdict::Unknown),
];

/// Sends by SNS.
#[derive(Debug)]
pub struct SnsSms {
    client: Client,
    sender_id: Option<String>,
}

impl SnsSms {
    /// By a [`sns_client`]; `sender_id` is what telephones show where a country allows it.
    #[must_use]
    pub const fn new(client: Client, sender_id: Option<String>) -> Self {
        Self { client, sender_id }
    }
}

/// SNS as messages are sent by it: without retries, since what is tried again may arrive twice.
#[must_use]
pub fn sns_client(config: &SdkConfig) -> Client {
    let config = aws_sdk_sns::config::Builder::from(config)
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts())
        .build();
    Client::from_conf(config)
}

#[async_trait]
impl Provider<Sms> for SnsSms {
    fn name(&self) -> &'static str {
        "sns"
    }

    async fn send(&self, sms: &Sms) -> Result<String, SendError> {
        let attribute = |value: &str| {
            let value = MessageAttributeValue::builder().data_type("String").string_value(value).build();
            value.map_err(|_| SendError::Permanent("InvalidMessage".to_owned()))
        };
        let route = match sms.kind {
            Kind::Transactional => "Transactional",
            Kind::Marketing => "Promotional",
        };
        let mut request = self
            .client
            .publish()
            .phone_number(&sms.to)
            .message(&sms.text)
            .message_attributes("AWS.SNS.SMS.SMSType", attribute(route)?);
        if let Some(sender) = &self.sender_id {
            request = request.message_attributes("AWS.SNS.SMS.SenderID", attribute(sender)?);
        }
        match request.send().await {
            Ok(answer) => Ok(answer.message_id.unwrap_or_default()),
            Err(error) => Err(classify(SMS, &error)),
        }
    }
}
