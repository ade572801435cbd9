//! Clients of the emulator.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::Credentials;

/// The region of the local stack.
pub const REGION: &str = "us-east-1";
/// The emulator's account.
pub const ACCOUNT_ID: &str = "000000000000";

/// Clients of all services that are used, for one endpoint, with the emulator's dummy credentials.
#[derive(Debug, Clone)]
pub struct Aws {
    /// The emulator.
    pub endpoint: String,
    /// Topics.
    pub sns: aws_sdk_sns::Client,
    /// Queues.
    pub sqs: aws_sdk_sqs::Client,
    /// Tables.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Buckets, path-style.
    pub s3: aws_sdk_s3::Client,
    /// Secrets.
    pub secrets: aws_sdk_secretsmanager::Client,
    /// Mail.
    pub ses: aws_sdk_sesv2::Client,
}

impl Aws {
    /// Clients for the emulator at `endpoint`. Makes no call.
    pub async fn at(endpoint: &str) -> Self {
        let loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(endpoint)
            .credentials_provider(Credentials::new("test", "test", None, None, "localstack"));
        // A future of many kilobytes, which need not be part of each caller's.
        let config: SdkConfig = Box::pin(loader.load()).await;
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
        Self {
            endpoint: endpoint.to_owned(),
            sns: aws_sdk_sns::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            s3: aws_sdk_s3::Client::from_conf(s3),
            secrets: aws_sdk_secretsmanager::Client::new(&config),
            ses: aws_sdk_sesv2::Client::new(&config),
        }
    }
}
