//! From a notice to a message that a provider can take: who is written to, what is said, which files go with it.

use cartwright_types::OrderId;
use uuid::Uuid;

use super::deliver::{DeliverError, Delivery};
use super::gate::Permit;
use crate::clients::{AttachmentError, ContactError, Email, LARGEST, Push, Reach, Sms, content_type};
use crate::domain::{Channel, Device, Kind, Notice, Recipient, Say, To, reachable};
use crate::mail::{self, Attachment, MessageError, Parts, Reader, Rendered};

/// What is known before the row is claimed, so that the lease covers the provider's call and nothing else.
pub(super) enum Plan {
    Send(Message),
    /// There is nobody, or no way, or it is not wanted: the reason.
    Suppress(&'static str),
}

/// A message ready to go.
pub(super) enum Message {
    Email(Box<Email>),
    Sms(Sms),
    /// One for each of somebody's devices, by the device's id.
    Push(Vec<(Uuid, Push)>),
}

/// Whom it goes to, as far as the channel needs.
struct Addressee {
    email: Option<String>,
    phone: Option<String>,
    name: Option<String>,
    locale: String,
    order_token: Option<String>,
    marketing_consent: bool,
}

impl Delivery {
    pub(super) async fn plan(&self, notice: &Notice) -> Result<Plan, DeliverError> {
        let Some(addressee) = self.addressee(notice).await? else { return Ok(Plan::Suppress("no_contact")) };
        let address = match notice.channel {
            Channel::Email => addressee.email.as_deref(),
            Channel::Sms => addressee.phone.as_deref(),
            Channel::Push => None,
        };
        if address.is_none() && notice.channel != Channel::Push {
            // The change of an address was taken back, or is done; or there is no telephone.
            let reason =
                if notice.recipient == Recipient::Pending { "no_pending_address" } else { "no_address" };
            return Ok(Plan::Suppress(reason));
        }
        if let Permit::No(reason) = self.gate.permit(notice, addressee.marketing_consent, address).await? {
            return Ok(Plan::Suppress(reason));
        }
        let words = self.words(notice, &addressee).await?;
        match notice.channel {
            Channel::Email => self.email(notice, address.unwrap_or_default(), words).await,
            Channel::Sms => Ok(Plan::Send(Message::Sms(Sms {
                to: address.unwrap_or_default().to_owned(),
                text: words.text,
                kind: notice.kind,
            }))),
            Channel::Push => self.push(notice, &words).await,
        }
    }

    /// None: there is nobody.
    async fn addressee(&self, notice: &Notice) -> Result<Option<Addressee>, DeliverError> {
        let person = match &notice.to {
            To::Person(person) => *person,
            To::Device { user_id, .. } => (*user_id).into(),
            To::Address(address) => {
                let locale = notice.locale.clone().unwrap_or_default();
                let (email, phone) = (Some(address.clone()), Some(address.clone()));
                return Ok(Some(Addressee {
                    email,
                    phone,
                    name: None,
                    locale,
                    order_token: None,
                    marketing_consent: false,
                }));
            }
        };
        let Reach { email, pending_email, phone, name, locale, order_token, marketing_consent } =
            match self.contacts.of(person).await {
                Ok(reach) => reach,
                Err(ContactError::Nobody) => return Ok(None),
                Err(error) => return Err(DeliverError::Contact(error)),
            };
        let (email, name) = match notice.recipient {
            Recipient::Present => (Some(email), name),
            Recipient::Pending => (pending_email, None),
        };
        let locale = notice.locale.clone().unwrap_or(locale);
        Ok(Some(Addressee { email, phone, name, locale, order_token, marketing_consent }))
    }

    /// What is said, in the recipient's language.
    async fn words(&self, notice: &Notice, addressee: &Addressee) -> Result<Rendered, DeliverError> {
        match &notice.say {
            Say::Text(text) => Ok(Rendered::of_text(text)),
            Say::Template(key) => {
                let order_link = self.order_link(notice.order_id, addressee.order_token.as_deref());
                let unsubscribe_link = self.unsubscribe_link(notice);
                let reader = Reader {
                    locale: &addressee.locale,
                    name: addressee.name.as_deref(),
                    order_link: order_link.as_deref(),
                    unsubscribe_link: unsubscribe_link.as_deref(),
                };
                let stored = self.wordings.of(key, notice.channel).await?;
                Ok(self.renderer.render(key, notice.channel, &stored, &reader, &notice.data)?)
            }
        }
    }

    /// Where a reader ends marketing mail; other messages have none.
    fn unsubscribe_link(&self, notice: &Notice) -> Option<String> {
        let user = notice.user().filter(|_| notice.kind == Kind::Marketing)?;
        let token = self.unsubscribe.of(user);
        Some(format!("{}/notifications/unsubscribe?token={token}", self.shop.public_url))
    }

    /// What a guest follows their order by; somebody with an account signs in.
    fn order_link(&self, order: Option<OrderId>, token: Option<&str>) -> Option<String> {
        Some(format!("{}/orders/{}?order_token={}", self.shop.public_url, order?, token?))
    }

    async fn email(&self, notice: &Notice, to: &str, rendered: Rendered) -> Result<Plan, DeliverError> {
        let from = match notice.kind {
            Kind::Transactional => &self.senders.transactional,
            Kind::Marketing => &self.senders.marketing,
        };
        let mut attachments = Vec::new();
        let mut room = LARGEST;
        for source in &notice.attachments {
            let content = match self.attachments.get(&source.s3_key, room).await {
                Ok(content) => content,
                Err(AttachmentError::TooLarge) => return Ok(Plan::Suppress("attachments_too_large")),
                Err(AttachmentError::NotOurs) => return Ok(Plan::Suppress("attachment_not_allowed")),
                Err(error @ AttachmentError::Unavailable(_)) => return Err(DeliverError::Attachment(error)),
            };
            room -= content.len();
            let content_type = content_type(&source.filename);
            attachments.push(Attachment { filename: source.filename.clone(), content_type, content });
        }
        let date = self.clock.now();
        let unsubscribe_link = self.unsubscribe_link(notice);
        let parts = Parts {
            from_name: &self.shop.name,
            from,
            to,
            rendered,
            attachments,
            unsubscribe_link: unsubscribe_link.as_deref(),
            date,
        };
        match mail::build(parts) {
            Ok(mime) => Ok(Plan::Send(Message::Email(Box::new(Email {
                notification_id: notice.id,
                kind: notice.kind,
                from: from.clone(),
                to: to.to_owned(),
                mime,
            })))),
            Err(MessageError::Recipient) => Ok(Plan::Suppress("invalid_address")),
            Err(error) => Err(DeliverError::Build(error)),
        }
    }

    async fn push(&self, notice: &Notice, words: &Rendered) -> Result<Plan, DeliverError> {
        let devices = match &notice.to {
            To::Device { user_id, device_id } => {
                let found = self.devices.get(*device_id).await?;
                found.into_iter().filter(|device| device.user_id == *user_id).collect()
            }
            To::Person(person) => match person.user() {
                Some(user) => self.devices.of_user(user).await?,
                None => Vec::new(),
            },
            To::Address(_) => Vec::new(),
        };
        let devices = reachable(devices);
        if devices.is_empty() {
            return Ok(Plan::Suppress("no_device"));
        }
        let push = |device: Device| {
            let push = Push {
                endpoint_arn: device.endpoint_arn,
                title: words.subject.clone().unwrap_or_default(),
                text: words.text.clone(),
                id: notice.id.to_string(),
            };
            (device.id, push)
        };
        Ok(Plan::Send(Message::Push(devices.into_iter().map(push).collect())))
    }
}
