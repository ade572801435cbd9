//! One SDK configuration for all clients.

mod calls;

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::Builder as HttpClientBuilder;

use crate::Env;
use calls::Recorder;

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
    access: Access,
}

/// What it takes to call AWS at all.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    /// `AWS_REGION`
    region: String,
    /// `AWS_ENDPOINT_URL`, for an emulator.
    endpoint_url: Option<String>,
    /// `AWS_CALLS_FILE`
    recorder: Option<Recorder>,
}

impl AwsSettings {
    /// Reads them.
    pub fn from_env(env: &mut Env) -> Self {
        let access = Access::from_env(env);
        Self {
            region: access.region.clone(),
            account_id: env.required("AWS_ACCOUNT_ID"),
            resource_prefix: env.required("RESOURCE_PREFIX"),
            secrets_prefix: env.required("SECRETS_PREFIX"),
            access,
        }
    }

    /// The configuration all SDK clients are built from. Makes no call: credentials are found at first use.
    pub async fn sdk_config(&self) -> SdkConfig {
        self.access.sdk_config().await
    }

    /// The same without `AWS_CALLS_FILE`: for what stands in, on one machine, for a part of AWS that an emulator lacks. Such
    /// calls are not the program's own, and it needs no right to them.
    pub async fn stand_in_config(&self) -> SdkConfig {
        Access { recorder: None, ..self.access.clone() }.sdk_config().await
    }
}

impl Access {
    /// Reads it.
    pub(crate) fn from_env(env: &mut Env) -> Self {
        let endpoint_url: Option<String> = env.optional("AWS_ENDPOINT_URL");
        let is_emulator = endpoint_url.as_deref().is_some_and(is_plain);
        Self {
            region: env.required("AWS_REGION"),
            recorder: Recorder::from_env(env, is_emulator),
            endpoint_url,
        }
    }

    /// Whether anybody can be asked.
    pub(crate) fn is_complete(&self) -> bool {
        !self.region.is_empty()
    }

    /// See [`AwsSettings::sdk_config`].
    ///
    /// One attempt lasts 5 s at most and there are three, so that a dead endpoint is noticed within the time a
    /// queue message stays hidden.
    pub(crate) async fn sdk_config(&self) -> SdkConfig {
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
            if is_plain(url) {
                // An emulator: the system's certificates, which take longest of all at a start, are not read.
                let client = HttpClientBuilder::new().build_http();
                loader = loader.http_client(match self.recorder.clone() {
                    Some(recorder) => recorder.before(client),
                    None => client,
                });
            }
        }
        loader.load().await
    }
}

fn is_plain(url: &str) -> bool {
    url.starts_with("http://")
}
