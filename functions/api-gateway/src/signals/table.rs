//! The table `edge-signals`: partition key `stream`, sort key `position`.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

use super::{Page, Signal, SignalStore, StoreError};

/// One call, tries again included. A write that took longer would be passed over by whoever has read on.
const PATIENCE: Duration = Duration::from_secs(2);
/// Signals in one answer; about 150 bytes each.
const PAGE: i32 = 1000;

/// Signals in DynamoDB.
#[derive(Debug, Clone)]
pub struct EdgeSignals {
    client: Client,
    table: String,
}

impl EdgeSignals {
    /// The table whose real name is `table`. Makes no call.
    #[must_use]
    pub fn new(config: &SdkConfig, table: String) -> Self {
        Self { client: Client::new(config), table }
    }
}

#[async_trait]
impl SignalStore for EdgeSignals {
    async fn put(&self, stream: &'static str, signal: &Signal) -> Result<(), StoreError> {
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("stream", text(stream))
            .item("position", text(&signal.position))
            .item("signal", text(&signal.signal))
            .item("expires_at", AttributeValue::N(signal.expires_at.to_string()));
        in_time(request.send()).await.map(drop)
    }

    async fn after(&self, stream: &'static str, position: &str) -> Result<Page, StoreError> {
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .limit(PAGE)
            .key_condition_expression("#stream = :stream AND #position > :position")
            .expression_attribute_names("#stream", "stream")
            .expression_attribute_names("#position", "position")
            .expression_attribute_values(":stream", text(stream))
            .expression_attribute_values(":position", text(position));
        let answer = in_time(request.send()).await?;
        let next = answer.last_evaluated_key().and_then(|key| string(key, "position"));
        Ok(Page { signals: answer.items().iter().filter_map(read).collect(), next })
    }
}

async fn in_time<T, E>(call: impl Future<Output = Result<T, E>>) -> Result<T, StoreError>
where
    E: std::error::Error + Send + Sync + 'static,
{
    match tokio::time::timeout(PATIENCE, call).await {
        Ok(answer) => answer.map_err(|error| StoreError(error.into())),
        Err(late) => Err(StoreError(late.into())),
    }
}

type Item = HashMap<String, AttributeValue>;

/// What this program did not write is passed over: it may be a later one's.
fn read(item: &Item) -> Option<Signal> {
    let expires_at = item.get("expires_at")?.as_n().ok()?.parse().ok()?;
    Some(Signal { position: string(item, "position")?, signal: string(item, "signal")?, expires_at })
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn string(item: &Item, name: &str) -> Option<String> {
    item.get(name)?.as_s().ok().cloned()
}
