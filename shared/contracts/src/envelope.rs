//! What surrounds every event on its way.

use cartwright_types::{Clock, EventId};
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The topic of all events, by its logical name.
pub const DOMAIN_EVENTS: &str = "domain-events";

/// A fact that one service tells the others. Ids and facts only: never a token, an address or a secret.
pub trait Event: Serialize + DeserializeOwned {
    /// The name on the wire, such as `order.paid`; also the `event_type` message attribute.
    const TYPE: &'static str;
    /// Raised when a field is renamed or removed; a new field needs no new version.
    const VERSION: u32 = 1;
    /// What kind of thing it happened to, such as `order`.
    const AGGREGATE: &'static str;
}

/// The thing an event happened to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Aggregate {
    /// `order`, `user`, `product`, …
    pub kind: String,
    /// Its id.
    pub id: Uuid,
    /// Its version after the event: the order of events is never assumed, this decides.
    pub version: i64,
}

/// W3C trace context carried along.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Trace {
    /// `00-<trace id>-<span id>-<flags>`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

/// An event with its envelope, `data` still as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Envelope {
    /// Unique; what an inbox remembers.
    pub id: Uuid,
    /// [`Event::TYPE`].
    #[serde(rename = "type")]
    pub event_type: String,
    /// [`Event::VERSION`].
    pub version: u32,
    /// When it became true.
    pub occurred_at: DateTime<Utc>,
    /// What it happened to.
    pub aggregate: Aggregate,
    /// Who did it: `user:<id>`, `service:<name>`, `system`.
    pub actor: String,
    /// The trace it belongs to.
    #[serde(default)]
    pub trace: Trace,
    /// The payload.
    pub data: serde_json::Value,
}

/// Why a message is not the event that was expected.
#[derive(Debug)]
pub enum EnvelopeError {
    /// Not an envelope at all.
    Malformed(serde_json::Error),
    /// The payload does not fit its type.
    Data(serde_json::Error),
    /// A version this program does not know.
    UnknownVersion(u32),
}

impl std::fmt::Display for EnvelopeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed(_) => f.write_str("the message is not an event envelope"),
            Self::Data(_) => f.write_str("the event's data does not fit its type"),
            Self::UnknownVersion(version) => write!(f, "unknown event version {version}"),
        }
    }
}

impl std::error::Error for EnvelopeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Malformed(source) | Self::Data(source) => Some(source),
            Self::UnknownVersion(_) => None,
        }
    }
}

impl Envelope {
    /// Wraps `event`, which happened to the thing `aggregate_id` and left it at `aggregate_version`.
    ///
    /// # Panics
    /// When the payload cannot be JSON, which the types of [`crate::events`] rule out.
    pub fn new<E: Event>(
        clock: &dyn Clock,
        aggregate_id: impl Into<Uuid>,
        aggregate_version: i64,
        actor: impl Into<String>,
        event: &E,
    ) -> Self {
        Self {
            id: EventId::new(clock).uuid(),
            event_type: E::TYPE.to_owned(),
            version: E::VERSION,
            occurred_at: clock.now(),
            aggregate: Aggregate {
                kind: E::AGGREGATE.to_owned(),
                id: aggregate_id.into(),
                version: aggregate_version,
            },
            actor: actor.into(),
            trace: Trace::default(),
            data: serde_json::to_value(event).expect("event payloads are plain structs with string keys"),
        }
    }

    /// The message's body.
    ///
    /// # Panics
    /// Never: an envelope is a plain struct with string keys.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("an envelope is a plain struct with string keys")
    }

    /// The message's attributes: what subscriptions filter on, and the trace.
    #[must_use]
    pub fn attributes(&self) -> Vec<(String, String)> {
        [
            ("event_type", Some(&self.event_type)),
            ("aggregate_kind", Some(&self.aggregate.kind)),
            ("traceparent", self.trace.traceparent.as_ref()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.clone())))
        .collect()
    }

    /// Reads an envelope from a queue message's body.
    ///
    /// # Errors
    /// [`EnvelopeError::Malformed`].
    pub fn parse(body: &str) -> Result<Self, EnvelopeError> {
        serde_json::from_str(body).map_err(EnvelopeError::Malformed)
    }

    /// The payload as `E`.
    ///
    /// # Errors
    /// The version is not known, or the data does not fit.
    pub fn data<E: Event>(&self) -> Result<E, EnvelopeError> {
        if self.version != E::VERSION {
            return Err(EnvelopeError::UnknownVersion(self.version));
        }
        E::deserialize(&self.data).map_err(EnvelopeError::Data)
    }
}
