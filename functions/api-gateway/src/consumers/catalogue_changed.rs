//! `product.created`, `product.updated`, `product.archived`, `product.image_ready`: what gateways keep of the catalogue
//! counts no more.

use cartwright_messaging::HandlerError;
use cartwright_types::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::signals::{CACHE, Signal, SignalStore};

/// Clocks differ by less.
const DOUBT: TimeDelta = TimeDelta::seconds(2);

/// When this process last said that something has changed: before it began to write.
pub type LastSaid = Mutex<Option<DateTime<Utc>>>;

/// Writes a signal, unless one was written since the change: a signal is about everything that was before it, and an import
/// changes thousands of products.
pub async fn handle(
    signals: &dyn SignalStore,
    clock: &dyn Clock,
    last: &LastSaid,
    (event_id, occurred_at): (Uuid, DateTime<Utc>),
) -> Result<(), HandlerError> {
    let mut last = last.lock().await;
    if last.is_some_and(|said| said - DOUBT > occurred_at) {
        return Ok(());
    }
    let now = clock.now();
    signals
        .put(CACHE, &Signal::changed(event_id, now.timestamp_millis()))
        .await
        .map_err(HandlerError::retry)?;
    *last = Some(now);
    Ok(())
}
