//! What staff have written, remembered for moments: every message asks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use cartwright_types::SharedClock;
use chrono::{DateTime, TimeDelta, Utc};

use crate::db::{StoreError, Templates};
use crate::domain::{Channel, StoredTemplate};

/// How long a template is believed to be as it was.
const FRESH_SECONDS: i64 = 10;
/// Keys that are remembered; more than these are forgotten all at once.
const MOST: usize = 500;

type Known = HashMap<(String, Channel), (DateTime<Utc>, Arc<Vec<StoredTemplate>>)>;

/// The stored templates, as this process knows them.
pub struct Wordings {
    templates: Templates,
    clock: SharedClock,
    known: Mutex<Known>,
}

impl Wordings {
    /// Of these templates.
    #[must_use]
    pub fn new(templates: Templates, clock: SharedClock) -> Self {
        Self { templates, clock, known: Mutex::default() }
    }

    /// Those of a key on a channel, in all its locales; at most 10 seconds old.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn of(&self, key: &str, channel: Channel) -> Result<Arc<Vec<StoredTemplate>>, StoreError> {
        let now = self.clock.now();
        let place = (key.to_owned(), channel);
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&place).cloned();
        if let Some((at, templates)) = known
            && now - at < TimeDelta::seconds(FRESH_SECONDS)
        {
            return Ok(templates);
        }
        let templates = Arc::new(self.templates.of(key, channel).await?);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(place, (now, Arc::clone(&templates)));
        Ok(templates)
    }
}
