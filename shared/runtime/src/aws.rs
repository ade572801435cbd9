//! One SDK configuration for all clients.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::Builder as HttpClientBuilder;

use crate::Env;

/// Where AWS is, as the environment says.
#[derive(Debug, Clone)]
pub struct AwsSettings {
    /// `AWS_REGION`
    pub region: String,
    /// `AWS_ACCOUNT_ID`
    pub account_id: String,
    /// `RESOURCE_PREFIX`
    pub resource_prefix: String,
    /// `SECRETS_PREFIX`
    pub secrets_prefix: String,
    /// `AWS_ENDPOINT_URL`, for an emulator.
    pub endpoint_url: Option<String>,
}

impl AwsSettings {
    /// Reads them.
    pub fn from_env(env: &mut Env) -> Self {
        Self {
            region: env.required("AWS_REGION"),
            account_id: env.required("AWS_ACCOUNT_ID"),
            resource_prefix: env.required("RESOURCE_PREFIX"),
            secrets_prefix: env.required("SECRETS_PREFIX"),
            endpoint_url: env.optional("AWS_ENDPOINT_URL"),
        }
    }

    /// The configuration all SDK clients are built from. Makes no call: credentials are found at first use.
    ///
    /// One attempt lasts 5 s at most and there are three, so that a dead endpoint is noticed within the time a
    /// queue message stays hidden.
    pub async fn sdk_config(&self) -> SdkConfig {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(2))
            .operation_attempt_timeout(Duration::from_secs(5))
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(aws_config::Region::new(self.region.clone()))
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(3));
        if let Some(url) = &self.endpoint_url {
            loader = loader.endpoint_url(url);
            if url.starts_with("http://") {
                // An emulator: the system's certificates, which take longest of all at a start, are not read.
                loader = loader.http_client(HttpClientBuilder::new().build_http());
            }
        }
        loader.load().await
    }
}
