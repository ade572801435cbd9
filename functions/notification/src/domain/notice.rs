//! What an event or a command asks to be said, before the recipient's address is known.

use cartwright_types::OrderId;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{Person, Template};

/// One message to one person. Not `Debug`: `data` may hold a token.
pub struct Notice {
    /// The event or command it comes from.
    pub event_id: Uuid,
    /// To whom.
    pub to: Person,
    /// To which of their addresses.
    pub recipient: Recipient,
    /// What about.
    pub template: Template,
    /// The order it is about.
    pub order_id: Option<OrderId>,
    /// The template's variables.
    pub data: Value,
    /// A file that goes with it.
    pub attachment: Option<AttachmentSource>,
}

/// Which address of a person a message goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    /// The account's.
    Present,
    /// The one that is to take its place, not yet known to be theirs.
    Pending,
}

/// Where an attachment lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentSource {
    /// What the recipient sees.
    pub filename: String,
    /// The key in the `invoices` bucket.
    pub s3_key: String,
}

impl Notice {
    /// A notice without variables.
    #[must_use]
    pub fn new(event_id: Uuid, to: impl Into<Person>, template: Template) -> Self {
        let data = Value::Object(serde_json::Map::new());
        Self {
            event_id,
            to: to.into(),
            recipient: Recipient::Present,
            template,
            order_id: None,
            data,
            attachment: None,
        }
    }

    /// To the address that is to take the present one's place.
    #[must_use]
    pub fn to_pending_address(self) -> Self {
        Self { recipient: Recipient::Pending, ..self }
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
    pub fn attach(self, filename: String, s3_key: String) -> Self {
        Self { attachment: Some(AttachmentSource { filename, s3_key }), ..self }
    }
}
