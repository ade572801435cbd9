//! What an event, a command or staff ask to be said, before the recipient's address is known.

use cartwright_types::{NotificationId, OrderId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{Channel, Kind, Person, Template, derive_id};

/// The `template` of a row whose text was written for it alone.
pub const NO_TEMPLATE: &str = "none";

/// One message to one recipient. Not `Debug`: it may hold a token, an address or what somebody wrote.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// The row's. Of an event it is derived, so that a redelivery meets its own row; what staff ask for brings one.
    pub id: NotificationId,
    /// The event, command or request it comes from.
    pub event_id: Uuid,
    /// The way it goes.
    pub channel: Channel,
    /// Transactional or marketing.
    pub kind: Kind,
    /// To whom.
    pub to: To,
    /// To which of their addresses.
    pub recipient: Recipient,
    /// What is said.
    pub say: Say,
    /// The language; None: the recipient's.
    pub locale: Option<String>,
    /// The order it is about.
    pub order_id: Option<OrderId>,
    /// The template's variables.
    pub data: Value,
    /// Files that go with a mail.
    pub attachments: Vec<AttachmentSource>,
    /// It holds a token: it is written down nowhere, so it cannot be sent again, and nothing holds it back.
    pub secret: bool,
    /// The notification that this one repeats.
    pub resend_of: Option<NotificationId>,
}

/// Whom a notice is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum To {
    /// Somebody whose addresses a service knows.
    Person(Person),
    /// A mail address or a telephone number (E.164), by the channel.
    Address(String),
    /// One device of a user.
    Device {
        /// Whose.
        user_id: UserId,
        /// Which.
        device_id: Uuid,
    },
}

/// What is said.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Say {
    /// A template, by its key.
    Template(String),
    /// A text of its own.
    Text(Text),
}

/// A text that was written for one message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// A mail's subject, a push message's title.
    pub subject: Option<String>,
    /// The plain text.
    pub text: String,
    /// A mail's other body.
    pub html: Option<String>,
}

/// Which address of a person a message goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// The account's.
    Present,
    /// The one that is to take its place, not yet known to be theirs.
    Pending,
}

/// Where an attachment lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentSource {
    /// What the recipient sees.
    pub filename: String,
    /// The key, which tells the bucket; see [`super::Shelf`].
    pub s3_key: String,
}

/// What somebody asked to be sent, and when.
#[derive(Clone, PartialEq)]
pub struct Asked {
    /// What.
    pub notice: Notice,
    /// When; None: now.
    pub send_at: Option<DateTime<Utc>>,
}

impl Notice {
    /// A mail without variables.
    #[must_use]
    pub fn new(event_id: Uuid, to: impl Into<Person>, template: Template) -> Self {
        let to = to.into();
        Self {
            id: derive_id(event_id, to, Channel::Email, template.as_str()),
            event_id,
            channel: Channel::Email,
            kind: Kind::Transactional,
            to: To::Person(to),
            recipient: Recipient::Present,
            say: Say::Template(template.as_str().to_owned()),
            locale: None,
            order_id: None,
            data: Value::Object(serde_json::Map::new()),
            attachments: Vec::new(),
            secret: false,
            resend_of: None,
        }
    }

    /// The same, another way: another row. Only for what comes from an event.
    #[must_use]
    pub fn by(&self, channel: Channel) -> Self {
        let mut notice = Self { channel, ..self.clone() };
        if let To::Person(person) = notice.to {
            notice.id = derive_id(notice.event_id, person, channel, notice.template());
        }
        notice
    }

    /// The template's key, as rows have it.
    #[must_use]
    pub fn template(&self) -> &str {
        match &self.say {
            Say::Template(key) => key,
            Say::Text(_) => NO_TEMPLATE,
        }
    }

    /// The account whose history shows it.
    #[must_use]
    pub const fn user(&self) -> Option<UserId> {
        match &self.to {
            To::Person(person) => person.user(),
            To::Device { user_id, .. } => Some(*user_id),
            To::Address(_) => None,
        }
    }

    /// To the address that is to take the present one's place.
    #[must_use]
    pub fn to_pending_address(self) -> Self {
        Self { recipient: Recipient::Pending, ..self }
    }

    /// With a token in it.
    #[must_use]
    pub fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// About an order.
    #[must_use]
    pub fn about(self, order: OrderId) -> Self {
        Self { order_id: Some(order), ..self }
    }

    /// Sets a variable of the template.
    ///
    /// # Panics
    /// When the value cannot be JSON, which payloads of events can.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        self.data[name] = serde_json::to_value(value).expect("what came as JSON goes as JSON");
        self
    }

    /// Adds a file.
    #[must_use]
    pub fn attach(mut self, filename: String, s3_key: String) -> Self {
        self.attachments.push(AttachmentSource { filename, s3_key });
        self
    }
}
