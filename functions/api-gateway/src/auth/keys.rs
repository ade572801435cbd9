//! The user service's public keys, fetched when a token names one that is not known.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::JwkSet;
use tokio::sync::Mutex;

use super::AuthError;

/// `GET /.well-known/jwks.json`
pub struct KeySource {
    http: reqwest::Client,
    base_urls: Vec<String>,
    known: RwLock<HashMap<String, Arc<DecodingKey>>>,
    fetched: Mutex<Option<Instant>>,
}

/// Tokens with made-up key ids cause one fetch in this time at most.
const PAUSE: Duration = Duration::from_secs(5);

impl KeySource {
    /// Keys from the user service's addresses.
    ///
    /// # Panics
    /// When the HTTP client cannot be built, which its fixed configuration rules out.
    #[must_use]
    pub fn new(base_urls: Vec<String>) -> Self {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(3))
            .no_proxy()
            .build()
            .expect("a client without certificates or proxies of its own can be built");
        Self { http, base_urls, known: RwLock::default(), fetched: Mutex::default() }
    }

    pub(super) async fn find(&self, kid: &str) -> Result<Arc<DecodingKey>, AuthError> {
        if let Some(key) = self.get(kid) {
            return Ok(key);
        }
        let mut fetched = self.fetched.lock().await;
        if let Some(key) = self.get(kid) {
            return Ok(key);
        }
        let known_any = !self.read().is_empty();
        if known_any && fetched.is_some_and(|at| at.elapsed() < PAUSE) {
            return Err(AuthError::Invalid);
        }
        match self.fetch().await {
            Some(keys) => {
                *fetched = Some(Instant::now());
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = keys;
                self.get(kid).ok_or(AuthError::Invalid)
            }
            None if known_any => Err(AuthError::Invalid),
            None => Err(AuthError::NoKeys),
        }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, HashMap<String, Arc<DecodingKey>>> {
        // A poisoned lock only means that another thread panicked; the map is whole.
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, kid: &str) -> Option<Arc<DecodingKey>> {
        self.read().get(kid).cloned()
    }

    async fn fetch(&self) -> Option<HashMap<String, Arc<DecodingKey>>> {
        for base in &self.base_urls {
            let answer = self.http.get(format!("{base}/.well-known/jwks.json")).send().await;
            let set: Result<JwkSet, _> = match answer.and_then(reqwest::Response::error_for_status) {
                Ok(answer) => answer.json().await,
                Err(error) => Err(error),
            };
            match set {
                Ok(set) => return Some(usable(&set)),
                Err(error) => tracing::warn!(%error, "the keys of the user service could not be fetched"),
            }
        }
        None
    }
}

fn usable(set: &JwkSet) -> HashMap<String, Arc<DecodingKey>> {
    set.keys
        .iter()
        .filter_map(|jwk| Some((jwk.common.key_id.clone()?, Arc::new(DecodingKey::from_jwk(jwk).ok()?))))
        .collect()
}
