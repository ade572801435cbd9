//! May this be said to this recipient, this way? Asked before a row is claimed, so an answer of no is written into the row as
//! `suppressed` with its reason.

use std::sync::Arc;

use cartwright_types::SharedClock;

use super::Guard;
use crate::db::{Devices, StoreError, Stores, Suppressions, Wishes};
use crate::domain::{
    Category, Channel, Kind, Notice, Preferences, Say, SuppressionReason, Template, address_id, reachable,
};

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// It may.
    Yes,
    /// It may not: the reason, a code.
    No(&'static str),
}

/// Who answers.
#[derive(Debug, Clone)]
pub struct Gate {
    /// What people want.
    pub wishes: Wishes,
    /// Who is written to no more.
    pub suppressions: Suppressions,
    /// Who has a device.
    pub devices: Devices,
    /// Whether marketing goes out at all.
    pub guard: Arc<Guard>,
    /// The time.
    pub clock: SharedClock,
}

impl Gate {
    /// By these tables.
    #[must_use]
    pub fn new(stores: &Stores, guard: Arc<Guard>, clock: SharedClock) -> Self {
        Self {
            wishes: stores.wishes.clone(),
            suppressions: stores.suppressions.clone(),
            devices: stores.devices.clone(),
            guard,
            clock,
        }
    }

    /// The ways that an event's notice, made as a mail, goes to its recipient: as a mail always, so that the history shows what
    /// became of it; as a text message or on their devices where they want that, and have one.
    ///
    /// # Errors
    /// What the answer needs cannot be read.
    pub async fn channels(&self, notice: &Notice) -> Result<Vec<Channel>, StoreError> {
        let mut channels = vec![notice.channel];
        let (Some(user), Category::Orders | Category::Account) = (notice.user(), category(notice)) else {
            return Ok(channels);
        };
        let wanted = self.wishes.of(user).await?.over(Preferences::standard(false));
        let Some(ways) = wanted.of(category(notice)) else { return Ok(channels) };
        if ways.sms {
            channels.push(Channel::Sms);
        }
        if ways.push && !reachable(self.devices.of_user(user).await?).is_empty() {
            channels.push(Channel::Push);
        }
        Ok(channels)
    }

    /// Whether `notice` may go to `address` (a mail address or a telephone number; None for push); `consent` says whether its
    /// reader agreed to marketing.
    ///
    /// # Errors
    /// What the answer needs cannot be read.
    pub async fn permit(
        &self,
        notice: &Notice,
        consent: bool,
        address: Option<&str>,
    ) -> Result<Permit, StoreError> {
        if let Some(reason) = self.unwanted(notice, consent).await? {
            return Ok(Permit::No(reason));
        }
        if let Some(address) = address
            && let Some(known) = self.suppressions.find(address_id(notice.channel, address)).await?
        {
            return Ok(Permit::No(match known.reason {
                SuppressionReason::HardBounce => "address_bounced",
                SuppressionReason::Complaint => "address_complained",
            }));
        }
        Ok(Permit::Yes)
    }

    async fn unwanted(&self, notice: &Notice, consent: bool) -> Result<Option<&'static str>, StoreError> {
        let category = category(notice);
        let is_marketing = category == Category::Marketing;
        let Some(user) = notice.user() else {
            // Somebody without an account has consented to nothing.
            return Ok(is_marketing.then_some("no_consent"));
        };
        if is_marketing && !consent {
            return Ok(Some("no_consent"));
        }
        if matches!(category, Category::Security | Category::Operations) {
            return Ok(None);
        }
        let said = self.wishes.of(user).await?;
        if !is_marketing {
            // Which way an event goes by itself, `channels` says; what staff send goes unless it was refused.
            return Ok(said.refuses(category, notice.channel).then_some("not_wanted"));
        }
        if !said.over(Preferences::standard(consent)).marketing.by(notice.channel) {
            return Ok(Some("unsubscribed"));
        }
        if notice.channel == Channel::Email && self.guard.stops_marketing(self.clock.now()).await? {
            return Ok(Some("marketing_paused"));
        }
        Ok(None)
    }
}

/// What a notice is about: what its template is, else an order if it has one, else the account.
fn category(notice: &Notice) -> Category {
    if notice.kind == Kind::Marketing {
        return Category::Marketing;
    }
    if notice.secret {
        return Category::Security;
    }
    let template = match &notice.say {
        Say::Template(key) => Template::parse(key),
        Say::Text(_) => None,
    };
    match template {
        Some(template) => template.category(),
        None if notice.order_id.is_some() => Category::Orders,
        None => Category::Account,
    }
}
