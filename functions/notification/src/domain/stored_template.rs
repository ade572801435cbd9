//! A template that staff have written.

use chrono::{DateTime, Utc};

use super::Channel;

/// What it says; may be of a key that has a built-in one, and then takes its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// What is said, such as `order_confirmation`.
    pub key: String,
    /// The way it goes.
    pub channel: Channel,
    /// BCP 47.
    pub locale: String,
    /// A mail's subject, a push message's title.
    pub subject: Option<String>,
    /// The plain text.
    pub text: String,
    /// A mail's other body.
    pub html: Option<String>,
    /// What it must be given.
    pub variables: Vec<String>,
}

/// As it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTemplate {
    /// What it says.
    pub wording: Wording,
    /// Counts changes, never goes back: what was removed and written anew has a higher one.
    pub version: i64,
    /// When it was first written.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}
