//! Says one thing to one person once.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use cartwright_runtime::metrics::{self, IntCounterVec};
use cartwright_runtime::traces::{self, Kind};
use cartwright_types::{OrderId, SharedClock};
use chrono::{DateTime, Utc};
use thiserror::Error;

use super::{Gate, Permit, Wordings};
use crate::clients::{
    ContactError, Contacts, Email, EmailProvider, InvoiceError, Invoices, Reach, SendError,
};
use crate::config::Shop;
use crate::db::{Claim, Lease, Notifications, Settled, StoreError};
use crate::domain::{
    Attempt, Channel, Kind as Purpose, Notice, Outcome, Recipient, Say, Status, To, UnsubscribeTokens,
};
use crate::mail::{self, Attachment, MessageError, Parts, Reader, RenderError, Renderer};

/// Everything a delivery needs; built once.
pub struct Delivery {
    /// The rows.
    pub notifications: Notifications,
    /// The recipients.
    pub contacts: Arc<Contacts>,
    /// The attachments.
    pub invoices: Invoices,
    /// Whoever delivers.
    pub provider: Arc<dyn EmailProvider>,
    /// The texts.
    pub renderer: Arc<Renderer>,
    /// What staff have written in their place.
    pub wordings: Wordings,
    /// Who may be told what.
    pub gate: Gate,
    /// Makes the links that end marketing mail.
    pub unsubscribe: UnsubscribeTokens,
    /// Whose mails these are.
    pub shop: Shop,
    /// The sender's address.
    pub mail_from: String,
    /// How long a silent worker is believed to live.
    pub lease: Duration,
    /// The time.
    pub clock: SharedClock,
}

/// How a delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    /// The provider took the mail.
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
    /// The provider did not take it.
    #[error("the message was not sent")]
    Provider(#[source] SendError),
    /// The recipient is not known yet.
    #[error("the recipient could not be found out")]
    Contact(#[source] ContactError),
    /// The attachment is not there yet.
    #[error("the attachment could not be had")]
    Attachment(#[source] InvoiceError),
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

/// What is known before the row is claimed, so that the lease covers the provider's call and nothing else.
enum Plan {
    Send(Email),
    /// There is nobody, or no way: the reason.
    Suppress(&'static str),
}

static NOTIFICATIONS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    metrics::counter(
        "notifications_total",
        "Notifications by channel and the state they came into",
        &["channel", "status"],
    )
});

impl Delivery {
    /// Sends the notice unless it was sent before.
    ///
    /// # Errors
    /// See [`DeliverError`]; every one of them may end well later.
    pub async fn deliver(&self, notice: &Notice) -> Result<Delivered, DeliverError> {
        let plan = self.plan(notice).await?;
        let now = self.clock.now();
        let lease = match self.notifications.claim(notice, now, self.lease).await? {
            Claim::Won(lease) => lease,
            Claim::Done => return Ok(Delivered::NothingToDo),
            Claim::Busy(until) => return Err(DeliverError::Busy(rest(until, now))),
        };
        match plan {
            Plan::Send(email) => self.send(&lease, email).await,
            Plan::Suppress(reason) => {
                let attempt = self.attempt(Outcome::Suppressed, None, None, Some(reason.to_owned()));
                self.settle(&lease, Settled::Over(Status::Suppressed), attempt).await?;
                Ok(Delivered::NothingToDo)
            }
        }
    }

    async fn plan(&self, notice: &Notice) -> Result<Plan, DeliverError> {
        let To::Person(person) = notice.to else { return Ok(Plan::Suppress("no_contact")) };
        let contact = match self.contacts.of(person).await {
            Ok(contact) => contact,
            Err(ContactError::Nobody) => return Ok(Plan::Suppress("no_contact")),
            Err(error) => return Err(DeliverError::Contact(error)),
        };
        let Reach { email, pending_email, name, locale, order_token, marketing_consent } = contact;
        let (to, name) = match notice.recipient {
            Recipient::Present => (Some(email), name),
            Recipient::Pending => (pending_email, None),
        };
        // The change was taken back, or is done.
        let Some(to) = to else { return Ok(Plan::Suppress("no_pending_address")) };
        if let Permit::No(reason) = self.gate.permit(notice, marketing_consent, Some(&to)).await? {
            return Ok(Plan::Suppress(reason));
        }
        let attachment = match notice.attachments.first() {
            None => None,
            Some(source) => {
                let content = self.invoices.get(&source.s3_key).await.map_err(DeliverError::Attachment)?;
                Some(Attachment {
                    filename: source.filename.clone(),
                    content_type: "application/pdf",
                    content,
                })
            }
        };
        let order_link = self.order_link(notice.order_id, order_token);
        let unsubscribe_link = self.unsubscribe_link(notice);
        let reader = Reader {
            locale: &locale,
            name: name.as_deref(),
            order_link: order_link.as_deref(),
            unsubscribe_link: unsubscribe_link.as_deref(),
        };
        let Say::Template(key) = &notice.say else { return Ok(Plan::Suppress("no_template")) };
        let rendered = {
            let stored = self.wordings.of(key, Channel::Email).await?;
            self.renderer.render(key, Channel::Email, &stored, &reader, &notice.data)?
        };
        let parts = Parts {
            from_name: &self.shop.name,
            from: &self.mail_from,
            to: &to,
            rendered,
            attachment,
            unsubscribe_link: unsubscribe_link.as_deref(),
            date: self.clock.now(),
        };
        match mail::build(parts) {
            Ok(mime) => Ok(Plan::Send(Email { from: self.mail_from.clone(), to, mime })),
            Err(MessageError::Recipient) => Ok(Plan::Suppress("invalid_address")),
            Err(error) => Err(DeliverError::Build(error)),
        }
    }

    /// What a guest follows their order by; somebody with an account signs in.
    fn order_link(&self, order: Option<OrderId>, token: Option<String>) -> Option<String> {
        Some(format!("{}/orders/{}?order_token={}", self.shop.public_url, order?, token?))
    }

    /// Where a reader ends marketing mail; other mail has none.
    fn unsubscribe_link(&self, notice: &Notice) -> Option<String> {
        let user = notice.user().filter(|_| notice.kind == Purpose::Marketing)?;
        let token = self.unsubscribe.of(user);
        Some(format!("{}/notifications/unsubscribe?token={token}", self.shop.public_url))
    }

    async fn send(&self, lease: &Lease, email: Email) -> Result<Delivered, DeliverError> {
        let answer = traces::span(Kind::Client, "email send", self.provider.send(email)).await;
        let provider = Some(self.provider.name());
        match answer {
            Ok(message_id) => {
                let attempt = self.attempt(Outcome::Sent, provider, Some(message_id), None);
                self.settle(lease, Settled::Sent, attempt).await?;
                Ok(Delivered::Sent)
            }
            Err(SendError::Permanent(reason)) => {
                tracing::warn!(notification_id = %lease.id(), reason, "the provider refused a message for good");
                let attempt = self.attempt(Outcome::Failed, provider, None, Some(reason));
                self.settle(lease, Settled::Over(Status::Failed), attempt).await?;
                Ok(Delivered::NothingToDo)
            }
            Err(SendError::Transient(reason)) => {
                let attempt = self.attempt(Outcome::Deferred, provider, None, Some(reason.clone()));
                self.settle(lease, Settled::Queued, attempt).await?;
                Err(DeliverError::Provider(SendError::Transient(reason)))
            }
            // The row stays `sending`: whoever finds the lease over sends again and notes what happened.
            Err(error @ SendError::Unknown(_)) => {
                Err(DeliverError::Unknown(rest(lease.until(), self.clock.now()), error))
            }
        }
    }

    /// Writes the outcome; before it, that an earlier attempt was not heard of again.
    async fn settle(&self, lease: &Lease, settled: Settled, attempt: Attempt) -> Result<(), StoreError> {
        let mut attempts = Vec::with_capacity(2);
        if let Some(ended) = lease.interrupted() {
            let unknown = self.attempt(
                Outcome::Unknown,
                Some(self.provider.name()),
                None,
                Some("answer_lost".to_owned()),
            );
            attempts.push(Attempt { at: ended, ..unknown });
        }
        attempts.push(attempt);
        if !self.notifications.settle(lease, settled, &attempts, self.clock.now()).await? {
            tracing::warn!(notification_id = %lease.id(), "the lease ended before the provider answered");
            return Ok(());
        }
        NOTIFICATIONS.with_label_values(&[Channel::Email.as_str(), settled.status().as_str()]).inc();
        Ok(())
    }

    fn attempt(
        &self,
        outcome: Outcome,
        provider: Option<&str>,
        message_id: Option<String>,
        reason: Option<String>,
    ) -> Attempt {
        Attempt {
            at: self.clock.now(),
            outcome,
            provider: provider.map(str::to_owned),
            provider_message_id: message_id,
            reason,
        }
    }
}

/// How long until then, and a second more.
pub(super) fn rest(until: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (until - now).to_std().unwrap_or_default() + Duration::from_secs(1)
}
