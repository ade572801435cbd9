//! What services promise each other: the event envelope and payloads, commands, the DTOs of `/internal`, and
//! [`resources()`], the one list of topics, queues, tables, buckets, secrets and who may use them.

pub mod commands;
pub mod contact;
mod envelope;
pub mod events;
mod resources;
pub mod stock;

pub use envelope::{Aggregate, DOMAIN_EVENTS, Envelope, EnvelopeError, Event, Trace};
pub use resources::{
    Bucket, DEAD_LETTER_SUFFIX, Index, Names, Notification, Permission, Queue, Resources, Secret, SecretKind,
    Subscription, Table, Target, Topic, resources,
};
