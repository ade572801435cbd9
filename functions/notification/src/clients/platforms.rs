//! SNS platform applications: where devices are made known, so that push messages reach them.

use aws_config::SdkConfig;
use aws_sdk_sns::Client;
use aws_sdk_sns::error::{DisplayErrorContext, ProvideErrorMetadata as _, SdkError};
use aws_sdk_sns::operation::create_platform_endpoint::CreatePlatformEndpointError;
use thiserror::Error;

use crate::domain::Platform;

/// Makes and removes endpoints.
#[derive(Debug, Clone)]
pub struct Platforms {
    client: Client,
    applications: Applications,
}

/// The ARNs of the platform applications, where there are any.
#[derive(Debug, Clone, Default)]
pub struct Applications {
    /// `PUSH_FCM_APPLICATION_ARN`
    pub fcm: Option<String>,
    /// `PUSH_APNS_APPLICATION_ARN`
    pub apns: Option<String>,
}

/// Why a device was not made known.
#[derive(Debug, Error)]
pub enum PlatformError {
    /// The shop has no application for this platform.
    #[error("there is no application for the platform")]
    NotConfigured,
    /// The platform does not know such a token.
    #[error("the token is not valid")]
    InvalidToken,
    /// To be tried again. The code only: what SNS says in words holds the token.
    #[error("SNS does not take the device: {0}")]
    Unavailable(String),
}

impl Platforms {
    /// With these applications.
    #[must_use]
    pub fn new(config: &SdkConfig, applications: Applications) -> Self {
        Self { client: Client::new(config), applications }
    }

    /// Makes a device known by its token, or finds that it is, and lets it be sent to. The endpoint's ARN.
    ///
    /// # Errors
    /// See [`PlatformError`].
    pub async fn register(&self, platform: Platform, token: &str) -> Result<String, PlatformError> {
        let application = match platform {
            Platform::Fcm => &self.applications.fcm,
            Platform::Apns => &self.applications.apns,
        };
        let application = application.as_ref().ok_or(PlatformError::NotConfigured)?;
        let request =
            self.client.create_platform_endpoint().platform_application_arn(application).token(token);
        let arn = match request.send().await {
            Ok(answer) => answer.endpoint_arn.unwrap_or_default(),
            Err(error) => existing(&error).ok_or_else(|| refused(&error))?,
        };
        // One that SNS has disabled, as a message did not arrive, is alive if its app registers again.
        let request = self
            .client
            .set_endpoint_attributes()
            .endpoint_arn(&arn)
            .attributes("Enabled", "true")
            .attributes("Token", token);
        request.send().await.map_err(|error| unavailable(&error))?;
        Ok(arn)
    }

    /// Removes an endpoint. One that is not there is as good.
    ///
    /// # Errors
    /// [`PlatformError::Unavailable`]
    pub async fn remove(&self, endpoint_arn: &str) -> Result<(), PlatformError> {
        let request = self.client.delete_endpoint().endpoint_arn(endpoint_arn);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("NotFound") => Ok(()),
            Err(error) => Err(unavailable(&error)),
        }
    }
}

/// `Endpoint arn:aws:sns:… already exists with the same Token, but different attributes.`
fn existing<R>(error: &SdkError<CreatePlatformEndpointError, R>) -> Option<String> {
    let message = error.as_service_error()?.message().filter(|text| text.contains("already exists"))?;
    message.split_whitespace().find(|word| word.starts_with("arn:")).map(str::to_owned)
}

fn refused<R: std::fmt::Debug>(error: &SdkError<CreatePlatformEndpointError, R>) -> PlatformError {
    match error.as_service_error() {
        Some(error) if error.is_invalid_parameter_exception() => PlatformError::InvalidToken,
        _ => unavailable(error),
    }
}

fn unavailable<E, R>(error: &SdkError<E, R>) -> PlatformError
where
    E: std::error::Error + aws_sdk_sns::error::ProvideErrorMetadata + 'static,
    R: std::fmt::Debug,
{
    match error.code() {
        Some(code) => PlatformError::Unavailable(code.to_owned()),
        None => PlatformError::Unavailable(DisplayErrorContext(error).to_string()),
    }
}
