//! `session.revoked`: access tokens of these sessions are refused from now on.

use cartwright_contracts::events::SessionRevoked;
use cartwright_messaging::HandlerError;
use cartwright_types::Clock;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::signals::{REVOKE, Signal, SignalStore};

/// Writes at once: an event has up to [`SessionRevoked::MOST`] sessions.
const CONCURRENCY: usize = 16;

/// Writes a signal for each session. A second delivery writes them again, which changes nothing for those who read.
pub async fn handle(
    signals: &dyn SignalStore,
    clock: &dyn Clock,
    event: SessionRevoked,
) -> Result<(), HandlerError> {
    stream::iter(event.session_ids)
        .map(Ok)
        .try_for_each_concurrent(CONCURRENCY, |session| async move {
            // When it is written, not when the event was: that is where the readers are.
            let signal = Signal::revoke(session, clock.now().timestamp_millis());
            signals.put(REVOKE, &signal).await
        })
        .await
        .map_err(HandlerError::retry)
}
