//! Stops marketing while the shop's mail bounces, or is complained about, too often.

use std::sync::{LazyLock, Mutex, PoisonError};

use cartwright_runtime::metrics::{self, GaugeVec};
use chrono::{DateTime, TimeDelta, Utc};

use crate::db::{MailHealth, StoreError};
use crate::domain::{MailTotals, Reputation};

/// How long a count is believed: other processes count, too.
const FRESH_SECONDS: i64 = 30;

static SHARE: LazyLock<GaugeVec> = LazyLock::new(|| {
    metrics::gauge("mail_share", "Share of the mails of the last day: bounced, complained", &["what"])
});
static PAUSED: LazyLock<GaugeVec> = LazyLock::new(|| {
    metrics::gauge(
        "marketing_paused",
        "1 while no marketing mail goes out, for its bounces and complaints",
        &[],
    )
});

/// Knows how the shop's mail is received.
#[derive(Debug)]
pub struct Guard {
    health: MailHealth,
    known: Mutex<Option<(DateTime<Utc>, MailTotals)>>,
}

impl Guard {
    /// By these counts.
    #[must_use]
    pub const fn new(health: MailHealth) -> Self {
        Self { health, known: Mutex::new(None) }
    }

    /// Counts a mail; `spread` is anything that differs from mail to mail.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn count(&self, what: Reputation, spread: u8, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.health.count(what, spread, now).await?;
        self.totals(now).await.map(drop)
    }

    /// Whether marketing has to wait.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn stops_marketing(&self, now: DateTime<Utc>) -> Result<bool, StoreError> {
        Ok(self.totals(now).await?.stops_marketing())
    }

    async fn totals(&self, now: DateTime<Utc>) -> Result<MailTotals, StoreError> {
        let known = *self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, totals)) = known
            && now - at < TimeDelta::seconds(FRESH_SECONDS)
        {
            return Ok(totals);
        }
        let totals = self.health.last_day(now).await?;
        let (bounced, complained) = totals.shares();
        SHARE.with_label_values(&["bounced"]).set(bounced);
        SHARE.with_label_values(&["complained"]).set(complained);
        let stops = totals.stops_marketing();
        PAUSED.with_label_values::<&str>(&[]).set(f64::from(u8::from(stops)));
        let before = known.is_some_and(|(_, totals)| totals.stops_marketing());
        if stops != before {
            tracing::warn!(
                stops,
                bounced,
                complained,
                "marketing mail stops or goes on, by its bounces and complaints"
            );
        }
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, totals));
        Ok(totals)
    }
}
