//! Secrets Manager, asked once at start.

pub(crate) mod references;

use aws_config::SdkConfig;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// Why a secret could not be had. Never says what is in it.
#[derive(Debug, Error)]
pub enum SecretError {
    /// Secrets Manager did not give it.
    #[error("secret {name} could not be read: does it exist, has it a value, may this role read it?")]
    Unavailable {
        /// Its full name.
        name: String,
        /// What the SDK says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It holds something else.
    #[error("secret {name} does not have the form that shared/contracts/resources.json names")]
    Malformed {
        /// Its full name.
        name: String,
    },
}

/// `{"current", "previous"}`: two keys are valid at a time, the first signs.
#[derive(Clone, Deserialize)]
pub struct RotatingKeys {
    /// base64url
    pub current: String,
    /// base64url
    pub previous: Option<String>,
}

/// `{"key"}`
#[derive(Clone, Deserialize)]
pub struct SingleKey {
    /// base64url
    pub key: String,
}

/// Reads secrets.
#[derive(Debug, Clone)]
pub struct Secrets {
    client: aws_sdk_secretsmanager::Client,
}

impl Secrets {
    /// A reader.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: aws_sdk_secretsmanager::Client::new(config) }
    }

    /// The secret's JSON as `T`.
    ///
    /// # Errors
    /// It cannot be read, or does not fit.
    pub async fn get<T: DeserializeOwned>(&self, name: &str) -> Result<T, SecretError> {
        let answer = self.client.get_secret_value().secret_id(name).send().await.map_err(|error| {
            SecretError::Unavailable { name: name.to_owned(), source: error.into_service_error().into() }
        })?;
        answer
            .secret_string()
            .and_then(|text| serde_json::from_str(text).ok())
            .ok_or_else(|| SecretError::Malformed { name: name.to_owned() })
    }
}
