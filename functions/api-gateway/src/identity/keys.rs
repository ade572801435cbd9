//! The user service's public keys, fetched when first needed and kept while it is away.

use std::sync::{Arc, Mutex as StdMutex, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::jwks::{self, KeySet, PublicKey};
use super::signature::TokenError;
use crate::routes::Service;
use crate::upstream::Upstreams;

const PATH: &str = "/.well-known/jwks.json";
/// The user service has this long to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// After this time the keys are fetched again, beside the requests.
const FRESH: Duration = Duration::from_mins(5);
/// An unknown key asks for the keys again, but not more often than this: anybody can invent key ids.
const SPACING: Duration = Duration::from_secs(3);
/// While there are no keys at all, for instance because everything starts at once.
const SPACING_AT_FIRST: Duration = Duration::from_millis(250);

/// The keys by their id.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    upstreams: Upstreams,
    known: RwLock<Option<Known>>,
    /// When they were last asked for. Whoever asks holds the lock, so that one asks at a time.
    asked: Arc<Mutex<Option<Instant>>>,
    /// A renewal that runs beside requests.
    renewal: StdMutex<Option<JoinHandle<()>>>,
}

#[derive(Clone)]
struct Known {
    keys: Arc<KeySet>,
    since: Instant,
}

impl Keys {
    /// No keys yet.
    pub fn new(upstreams: Upstreams) -> Self {
        Self(Arc::new(Inner {
            upstreams,
            known: RwLock::new(None),
            asked: Arc::default(),
            renewal: StdMutex::default(),
        }))
    }

    /// The key `kid`.
    ///
    /// # Errors
    /// The user service does not know it, or has never answered.
    pub async fn get(&self, kid: &str) -> Result<Arc<PublicKey>, TokenError> {
        let arrived = Instant::now();
        let known = self.known();
        if let Some(key) = known.as_ref().and_then(|known| known.keys.get(kid)) {
            if known.as_ref().is_some_and(|known| known.since.elapsed() >= FRESH) {
                self.renew_beside();
            }
            return Ok(Arc::clone(key));
        }
        let mut asked = self.0.asked.lock().await;
        // Somebody may have fetched them while this request waited for its turn.
        let known = self.known();
        let spacing = if known.is_some() { SPACING } else { SPACING_AT_FIRST };
        if asked.is_none_or(|last| last < arrived && last.elapsed() >= spacing)
            && !known.is_some_and(|known| known.keys.contains_key(kid))
        {
            *asked = Some(Instant::now());
            self.fetch().await;
        }
        drop(asked);
        let known = self.known().ok_or(TokenError::NoKeys)?;
        known.keys.get(kid).cloned().ok_or(TokenError::UnknownKey)
    }

    fn known(&self) -> Option<Known> {
        self.0.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fetches old keys anew without letting the request at hand wait.
    fn renew_beside(&self) {
        let Ok(mut asked) = Arc::clone(&self.0.asked).try_lock_owned() else { return };
        if asked.is_none_or(|last| last.elapsed() >= SPACING) {
            *asked = Some(Instant::now());
            let renewal = tokio::spawn(self.clone().fetch_holding(asked));
            *self.0.renewal.lock().unwrap_or_else(PoisonError::into_inner) = Some(renewal);
        }
    }

    /// Waits for a renewal that runs: on Lambda it would be frozen with the process.
    pub async fn settle(&self) {
        let renewal = self.0.renewal.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(renewal) = renewal {
            // A panic was logged where it happened; the old keys stay.
            let _ = renewal.await;
        }
    }

    async fn fetch_holding(self, _turn: OwnedMutexGuard<Option<Instant>>) {
        self.fetch().await;
    }

    /// Takes the answer if it has keys in it; otherwise the old ones stay.
    async fn fetch(&self) {
        let keys = match self.0.upstreams.fetch(Service::User, PATH, PATIENCE).await {
            Ok((status, body)) if status.is_success() => jwks::parse(&body),
            Ok(_) | Err(_) => KeySet::new(),
        };
        if keys.is_empty() {
            tracing::warn!("the user service did not give its public keys");
            return;
        }
        let known = Known { keys: Arc::new(keys), since: Instant::now() };
        *self.0.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
    }
}
