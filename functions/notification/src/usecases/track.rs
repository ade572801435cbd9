//! What became of a mail, by what its provider tells: into its row; and who bounced or complained is written to no more, and
//! an event says so.

use std::sync::{Arc, LazyLock};

use aws_lc_rs::digest::{SHA256, digest};
use cartwright_contracts::events::{NotificationBounced, NotificationComplained};
use cartwright_contracts::{DOMAIN_EVENTS, Envelope};
use cartwright_runtime::metrics::{self, IntCounterVec};
use cartwright_runtime::transport::{Destination, Outgoing, Transport, TransportError};
use cartwright_types::SharedClock;
use thiserror::Error;
use uuid::Uuid;

use super::Guard;
use crate::db::{Notifications, StoreError, Suppressions};
use crate::domain::{
    Happened, Notification, Report, Reputation, Suppression, SuppressionReason, Template, address_id,
};

/// What tracking needs; built once.
pub struct Tracking {
    /// The rows.
    pub notifications: Notifications,
    /// Who is written to no more.
    pub suppressions: Suppressions,
    /// How the shop's mail is received.
    pub guard: Arc<Guard>,
    /// Leads to the topic of all events.
    pub events: Arc<dyn Transport>,
    /// The time.
    pub clock: SharedClock,
}

/// Why it is not noted yet: to be told again.
#[derive(Debug, Error)]
pub enum TrackError {
    /// A table does not answer.
    #[error("what was told could not be kept")]
    Store(#[from] StoreError),
    /// The other services could not be told.
    #[error("what was told could not be passed on")]
    Publish(#[source] TransportError),
}

static TOLD: LazyLock<IntCounterVec> = LazyLock::new(|| {
    metrics::counter("notification_reports_total", "What providers told of messages", &["happened"])
});

impl Tracking {
    /// Notes what was told, each thing once. The row is written last: a crash before that does all again, to the same end, and
    /// the event it publishes has the same id.
    ///
    /// # Errors
    /// See [`TrackError`].
    pub async fn hear(&self, report: &Report) -> Result<(), TrackError> {
        let now = self.clock.now();
        let row = match report.notification_id {
            Some(id) => self.notifications.find(id).await?,
            None => None,
        };
        if let Some(row) = &row
            && self.notifications.was_told(row.id, &report.key).await? == Some(true)
        {
            return Ok(());
        }
        // Whoever is gone leaves no new trace.
        if !row.as_ref().is_some_and(|row| row.forgotten) {
            self.suppress(report, row.as_ref()).await?;
        }
        let Some(row) = row else {
            tracing::info!(
                happened = report.told.happened.as_str(),
                "a provider tells of a mail that no row is of"
            );
            return Ok(());
        };
        if !row.forgotten {
            self.publish(report, &row).await?;
        }
        if self.notifications.tell(row.id, &report.key, &report.told, now).await? {
            TOLD.with_label_values(&[report.told.happened.as_str()]).inc();
            if let Some(what) = counted(report) {
                self.guard.count(what, row.id.uuid().as_bytes()[15], now).await?;
            }
        }
        Ok(())
    }

    async fn suppress(&self, report: &Report, row: Option<&Notification>) -> Result<(), StoreError> {
        let reason = match report.told.happened {
            Happened::HardBounced => SuppressionReason::HardBounce,
            Happened::Complained => SuppressionReason::Complaint,
            _ => return Ok(()),
        };
        let channel = crate::domain::Channel::Email;
        for address in &report.addresses {
            let suppression = Suppression {
                id: address_id(channel, address),
                channel,
                address: address.clone(),
                reason,
                user_id: row.and_then(|row| row.user_id),
                notification_id: row.map(|row| row.id),
                created_at: self.clock.now(),
            };
            if self.suppressions.add(&suppression).await? {
                tracing::info!(id = %suppression.id, reason = reason.as_str(), "an address is written to no more");
            }
        }
        Ok(())
    }

    async fn publish(&self, report: &Report, row: &Notification) -> Result<(), TrackError> {
        let (notification_id, user_id) = (row.id, row.user_id.filter(|_| is_to_the_accounts_address(row)));
        let (channel, reason) = (row.channel.as_str().to_owned(), report.told.reason.clone());
        let version = row.version + 1;
        let mut envelope = match report.told.happened {
            Happened::HardBounced => {
                let event = NotificationBounced { notification_id, user_id, channel, reason };
                Envelope::new(self.clock.as_ref(), row.id, version, "system", &event)
            }
            Happened::Complained => {
                let event = NotificationComplained { notification_id, user_id, channel, reason };
                Envelope::new(self.clock.as_ref(), row.id, version, "system", &event)
            }
            _ => return Ok(()),
        };
        envelope.id = event_id(&report.key);
        envelope.occurred_at = report.told.at;
        let outgoing = Outgoing {
            destination: Destination::Topic(DOMAIN_EVENTS.to_owned()),
            body: envelope.to_json(),
            attributes: envelope.attributes(),
        };
        for sent in self.events.send(&[outgoing]).await {
            sent.map_err(TrackError::Publish)?;
        }
        Ok(())
    }
}

/// A mail to confirm a change of address went to another one.
fn is_to_the_accounts_address(row: &Notification) -> bool {
    row.template != Template::EmailChange.as_str()
}

/// What it means for the shop's name. A mail that the provider did not even try, as it has the address on its own list, is none
/// of the receivers' affairs.
fn counted(report: &Report) -> Option<Reputation> {
    let untried = report.told.reason.as_deref().is_some_and(|reason| reason.ends_with("SuppressionList"));
    match report.told.happened {
        Happened::Sent => Some(Reputation::Sent),
        Happened::HardBounced if !untried => Some(Reputation::Bounced),
        Happened::Complained => Some(Reputation::Complained),
        _ => None,
    }
}

/// The same for the same report: whoever keeps an inbox hears it once.
fn event_id(key: &str) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest(&SHA256, key.as_bytes()).as_ref()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
