//! Says one thing to one recipient once.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use cartwright_runtime::metrics::{self, IntCounterVec};
use cartwright_runtime::traces::{self, Kind as Span};
use cartwright_types::SharedClock;
use chrono::{DateTime, Utc};
use futures::future::join_all;
use thiserror::Error;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::backoff::Tries;
use super::compose::{Message, Plan};
use super::gate::Gate;
use super::wordings::Wordings;
use crate::clients::{
    AttachmentError, Attachments, ContactError, Contacts, ENDPOINT_DISABLED, Email, Miss, Outlet, Posted,
    Push, SendError, Sms,
};
use crate::config::{Senders, Shop};
use crate::db::{Claim, Contents, Devices, Lease, Notifications, Settled, StoreError};
use crate::domain::{Attempt, Channel, Notice, Outcome, Shelf, Status, UnsubscribeTokens};
use crate::mail::{MessageError, RenderError, Renderer};

/// Everything a delivery needs; built once.
pub struct Delivery {
    /// The rows.
    pub notifications: Notifications,
    /// What they say.
    pub contents: Contents,
    /// Where push messages go.
    pub devices: Devices,
    /// Who may be told what.
    pub gate: Gate,
    /// The recipients.
    pub contacts: Arc<Contacts>,
    /// The files.
    pub attachments: Attachments,
    /// Whoever delivers.
    pub outlets: Arc<Outlets>,
    /// The texts.
    pub renderer: Arc<Renderer>,
    /// What staff have written in their place.
    pub wordings: Wordings,
    /// Makes the links that end marketing mail.
    pub unsubscribe: UnsubscribeTokens,
    /// Whose messages these are.
    pub shop: Shop,
    /// The senders' addresses.
    pub senders: Senders,
    /// How long a silent worker is believed to live.
    pub lease: Duration,
    /// The time.
    pub clock: SharedClock,
}

/// The providers, channel by channel.
pub struct Outlets {
    /// Of mail.
    pub email: Outlet<Email>,
    /// Of text messages.
    pub sms: Outlet<Sms>,
    /// Of push messages.
    pub push: Outlet<Push>,
}

/// How a delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    /// The provider took the message.
    Sent,
    /// It was settled before, or cannot be sent at all; the row says which.
    NothingToDo,
}

/// Why it is not over yet.
#[derive(Debug, Error)]
pub enum DeliverError {
    /// Another worker is at it, or died at it: to be tried when its lease has ended.
    #[error("the message is being sent")]
    Busy(Duration),
    /// The provider's answer was lost: to be sent again when the lease has ended.
    #[error("the message may have been sent")]
    Unknown(Duration, #[source] SendError),
    /// No provider took it.
    #[error("the message was not sent")]
    Provider(#[source] SendError),
    /// No provider was asked, as all of them are away; for so long.
    #[error("no provider is there")]
    Away(Duration),
    /// The recipient is not known yet.
    #[error("the recipient could not be found out")]
    Contact(#[source] ContactError),
    /// The attachment is not there yet.
    #[error("the attachment could not be had")]
    Attachment(#[source] AttachmentError),
    /// The row could not be read or written.
    #[error("the row could not be kept")]
    Store(#[from] StoreError),
    /// The text and the notice do not agree.
    #[error("the text could not be filled in")]
    Render(#[from] RenderError),
    /// The message could not be put together.
    #[error("the message could not be built")]
    Build(#[source] MessageError),
}

static NOTIFICATIONS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    metrics::counter(
        "notifications_total",
        "Notifications by channel and the state they came into",
        &["channel", "status"],
    )
});

impl Delivery {
    /// Sends the notice unless it was sent before. A message that is delivered for the last time leaves its reason in the row.
    ///
    /// # Errors
    /// See [`DeliverError`]; every one of them may end well later.
    pub async fn deliver(&self, notice: &Notice, tries: Tries) -> Result<Delivered, DeliverError> {
        let _room = room(notice).await;
        let plan = match self.ready(notice).await {
            Ok(plan) => plan,
            Err(error) => {
                if tries.is_last() {
                    self.bury(notice, &error).await?;
                }
                return Err(error);
            }
        };
        let now = self.clock.now();
        let lease = match self.claim(notice, now).await? {
            Claim::Won(lease) => lease,
            Claim::Done => return Ok(Delivered::NothingToDo),
            Claim::Busy(until) => {
                if tries.is_last() {
                    let note = self.attempt(Outcome::DeadLettered, None, None, Some("busy"));
                    self.notifications.note(notice.id, &[note], now).await?;
                }
                return Err(DeliverError::Busy(rest(until, now)));
            }
        };
        match plan {
            Plan::Send(message) => {
                self.keep(&lease, notice, now).await;
                if tries.is_last() {
                    // Whoever dies now leaves a dead letter whose row says at least this.
                    let note = self.attempt(Outcome::Unknown, None, None, Some("last_delivery"));
                    self.notifications.note(notice.id, &[note], now).await?;
                }
                Box::pin(self.send(&lease, notice.channel, &message, tries)).await
            }
            Plan::Suppress(reason) => {
                let attempt = self.attempt(Outcome::Suppressed, None, None, Some(reason));
                self.settle(&lease, notice.channel, Settled::Over(Status::Suppressed), vec![attempt]).await?;
                Ok(Delivered::NothingToDo)
            }
        }
    }

    /// Claims the row. That an earlier attempt was not heard of again is written before anything is sent: whoever sends now may
    /// die at it too, while the earlier one turns up and says that all is well.
    async fn claim(&self, notice: &Notice, now: DateTime<Utc>) -> Result<Claim, StoreError> {
        let claim = self.notifications.claim(notice, now, self.lease).await?;
        if let Claim::Won(lease) = &claim
            && let Some(ended) = lease.interrupted()
        {
            let lost = self.attempt(Outcome::Unknown, None, None, Some("answer_lost"));
            self.notifications.note(notice.id, &[Attempt { at: ended, ..lost }], now).await?;
        }
        Ok(claim)
    }

    async fn ready(&self, notice: &Notice) -> Result<Plan, DeliverError> {
        let plan = self.plan(notice).await?;
        if let Plan::Send(_) = plan
            && let Some(wait) = self.outlets.closed_for(notice.channel)
        {
            return Err(DeliverError::Away(wait));
        }
        Ok(plan)
    }

    /// What an event has said can be said again by staff; what they asked for is kept already. Without it nothing is lost but
    /// that.
    async fn keep(&self, lease: &Lease, notice: &Notice, now: DateTime<Utc>) {
        if lease.is_first()
            && !notice.secret
            && let Err(error) = self.contents.keep(notice, now).await
        {
            tracing::warn!(notification_id = %notice.id, %error, "what a message says could not be kept");
        }
    }

    async fn send(
        &self,
        lease: &Lease,
        channel: Channel,
        message: &Message,
        tries: Tries,
    ) -> Result<Delivered, DeliverError> {
        let name = match channel {
            Channel::Email => "email send",
            Channel::Sms => "sms send",
            Channel::Push => "push send",
        };
        let post = async {
            let posted = self.post(message).await;
            if posted.taken.is_some() { Ok(posted) } else { Err(posted) }
        };
        let (Ok(posted) | Err(posted)) = traces::span(Span::Client, name, post).await;
        let mut attempts: Vec<Attempt> = posted.misses.iter().map(|miss| self.missed(miss)).collect();
        if let Some((provider, message_id)) = posted.taken {
            attempts.push(self.attempt(Outcome::Sent, Some(provider), Some(message_id), None));
            self.settle(lease, channel, Settled::Sent, attempts).await?;
            return Ok(Delivered::Sent);
        }
        let Some(Miss { error, .. }) = posted.misses.into_iter().next_back() else {
            // The circuit opened between the look at it and the call.
            self.put_off(lease, channel, attempts, tries).await?;
            return Err(DeliverError::Away(posted.closed_for.unwrap_or_default()));
        };
        match error {
            SendError::Permanent(reason) => {
                tracing::warn!(notification_id = %lease.id(), reason, "the provider refused a message for good");
                self.settle(lease, channel, Settled::Over(Status::Failed), attempts).await?;
                Ok(Delivered::NothingToDo)
            }
            SendError::Transient(_) | SendError::Throttled(_) => {
                self.put_off(lease, channel, attempts, tries).await?;
                Err(DeliverError::Provider(error))
            }
            // The row stays `sending`: whoever finds the lease over sends again and notes what happened.
            SendError::Unknown(_) => {
                if tries.is_last() {
                    attempts.push(self.attempt(Outcome::DeadLettered, None, None, Some(error.code())));
                    self.notifications.note(lease.id(), &attempts, self.clock.now()).await?;
                }
                Err(DeliverError::Unknown(rest(lease.until(), self.clock.now()), error))
            }
        }
    }

    /// A person with several devices is told when one of them is.
    async fn post(&self, message: &Message) -> Posted {
        match message {
            Message::Email(email) => self.outlets.email.send(email).await,
            Message::Sms(sms) => self.outlets.sms.send(sms).await,
            Message::Push(pushes) => {
                let mut all = Posted { misses: Vec::new(), taken: None, closed_for: None };
                // At once, so that all of them are done within the lease.
                let telling = pushes
                    .iter()
                    .map(|(device, push)| async move { (*device, self.outlets.push.send(push).await) });
                for (device, posted) in join_all(telling).await {
                    let is_spent = |miss: &Miss| miss.error.code() == ENDPOINT_DISABLED;
                    if posted.misses.last().is_some_and(is_spent)
                        && let Err(error) = Box::pin(self.devices.disable(device)).await
                    {
                        tracing::warn!(%error, "a device that cannot be reached could not be marked");
                    }
                    all.misses.extend(posted.misses);
                    all.taken = all.taken.or(posted.taken);
                    all.closed_for = all.closed_for.or(posted.closed_for);
                }
                // What may come yet decides: a device that is gone does not end what another waits for.
                let hope = |miss: &Miss| match miss.error {
                    SendError::Permanent(_) => 0,
                    SendError::Unknown(_) => 1,
                    SendError::Transient(_) | SendError::Throttled(_) => 2,
                };
                all.misses.sort_by_key(hope);
                all
            }
        }
    }

    /// Gives the row back; on the last delivery, to whoever brings the message back from the dead letters.
    async fn put_off(
        &self,
        lease: &Lease,
        channel: Channel,
        mut attempts: Vec<Attempt>,
        tries: Tries,
    ) -> Result<(), StoreError> {
        if !tries.is_last() {
            return self.settle(lease, channel, Settled::Queued, attempts).await;
        }
        let reason = attempts.last().and_then(|attempt| attempt.reason.clone());
        let reason = reason.unwrap_or_else(|| "provider_away".to_owned());
        attempts.push(self.attempt(Outcome::DeadLettered, None, None, Some(&reason)));
        self.settle(lease, channel, Settled::DeadLettered, attempts).await
    }

    /// Writes into the row why its message goes to the dead letters without having been sent.
    async fn bury(&self, notice: &Notice, error: &DeliverError) -> Result<(), StoreError> {
        let reason = match error {
            DeliverError::Contact(_) => "contact_unavailable",
            DeliverError::Attachment(_) => "attachment_unavailable",
            DeliverError::Render(_) => "template_error",
            DeliverError::Build(_) => "message_error",
            DeliverError::Store(_) => "store_unavailable",
            DeliverError::Busy(_)
            | DeliverError::Unknown(..)
            | DeliverError::Provider(_)
            | DeliverError::Away(_) => "provider_away",
        };
        let now = self.clock.now();
        let Claim::Won(lease) = self.claim(notice, now).await? else {
            return Ok(());
        };
        self.keep(&lease, notice, now).await;
        let attempt = self.attempt(Outcome::DeadLettered, None, None, Some(reason));
        self.settle(&lease, notice.channel, Settled::DeadLettered, vec![attempt]).await
    }

    /// Writes the outcome.
    async fn settle(
        &self,
        lease: &Lease,
        channel: Channel,
        settled: Settled,
        attempts: Vec<Attempt>,
    ) -> Result<(), StoreError> {
        if !self.notifications.settle(lease, settled, &attempts, self.clock.now()).await? {
            tracing::warn!(notification_id = %lease.id(), "the row had moved on before the provider answered");
            return Ok(());
        }
        NOTIFICATIONS.with_label_values(&[channel.as_str(), settled.status().as_str()]).inc();
        Ok(())
    }

    fn missed(&self, miss: &Miss) -> Attempt {
        let outcome = match miss.error {
            SendError::Transient(_) | SendError::Throttled(_) => Outcome::Deferred,
            SendError::Permanent(_) => Outcome::Failed,
            SendError::Unknown(_) => Outcome::Unknown,
        };
        self.attempt(outcome, Some(miss.provider), None, Some(miss.error.code()))
    }

    fn attempt(
        &self,
        outcome: Outcome,
        provider: Option<&str>,
        message_id: Option<String>,
        reason: Option<&str>,
    ) -> Attempt {
        Attempt {
            at: self.clock.now(),
            outcome,
            provider: provider.map(str::to_owned),
            provider_message_id: message_id.filter(|id| !id.is_empty()),
            reason: reason.map(str::to_owned),
        }
    }
}

/// Of mails with files that staff chose (10 MiB, and four times that while SES is told), so many are held at once: a small
/// task has 512 MB.
static ROOM: Semaphore = Semaphore::const_new(2);

async fn room(notice: &Notice) -> Option<SemaphorePermit<'static>> {
    let is_large = notice.attachments.iter().any(|file| Shelf::of(&file.s3_key) == Some(Shelf::Attachments));
    if is_large { ROOM.acquire().await.ok() } else { None }
}

impl Outlets {
    /// For how long nobody of a channel's providers can be asked.
    fn closed_for(&self, channel: Channel) -> Option<Duration> {
        match channel {
            Channel::Email => self.email.closed_for(),
            Channel::Sms => self.sms.closed_for(),
            Channel::Push => self.push.closed_for(),
        }
    }
}

/// How long until then, and a second more.
pub(super) fn rest(until: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (until - now).to_std().unwrap_or_default() + Duration::from_secs(1)
}
