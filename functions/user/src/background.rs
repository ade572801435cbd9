//! What the API does beside requests: following the signing keys, and giving memory back.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cartwright_runtime::secrets::Secrets;
use cartwright_runtime::{BoxError, Work, chain, every};
use cartwright_types::SharedClock;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::crypto::access_token::{AccessTokens, PrivateKeySet};
use crate::crypto::hasher::Hasher;

/// Between two looks at the secret: a key is published for far longer before it signs.
const RELOAD: Duration = Duration::from_mins(1);
/// Between two times at which the memory of password hashes is given back.
const RELEASE: Duration = Duration::from_mins(5);

/// `make rotate-keys` changes the secret; a running process follows. A set that cannot be used changes nothing.
pub struct FollowKeys {
    secrets: Secrets,
    /// The secret's full name.
    name: String,
    tokens: Arc<AccessTokens>,
    clock: SharedClock,
    last: Mutex<DateTime<Utc>>,
}

impl FollowKeys {
    /// `tokens` have just been made of the secret `name`.
    #[must_use]
    pub fn new(secrets: Secrets, name: String, tokens: Arc<AccessTokens>, clock: SharedClock) -> Self {
        let last = Mutex::new(clock.now());
        Self { secrets, name, tokens, clock, last }
    }

    async fn look(&self) -> Result<(), BoxError> {
        let keys: PrivateKeySet = self.secrets.get(&self.name).await?;
        if self.tokens.replace(&keys)? {
            tracing::info!("the signing keys are others from now on");
        }
        Ok(())
    }

    /// Looks if the last time is a while ago.
    async fn look_if_due(&self) -> Result<(), BoxError> {
        let mut last = self.last.lock().await;
        let now = self.clock.now();
        if now - *last < TimeDelta::from_std(RELOAD).unwrap_or(TimeDelta::MAX) {
            return Ok(());
        }
        *last = now;
        self.look().await
    }
}

#[async_trait]
impl Work for FollowKeys {
    fn name(&self) -> &'static str {
        "signing-keys"
    }

    async fn run(&self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(RELOAD)).await.is_some() {
            if let Err(error) = self.look().await {
                tracing::warn!(
                    error = chain(error.as_ref()),
                    "the signing keys cannot be read; the present ones stay"
                );
            }
        }
    }

    async fn once(&self) -> Result<(), BoxError> {
        self.look_if_due().await
    }

    /// The schedule reaches one environment of a function; this reaches all of them.
    async fn after_invocation(&self) {
        if let Err(error) = self.look_if_due().await {
            tracing::warn!(
                error = chain(error.as_ref()),
                "the signing keys cannot be read; the present ones stay"
            );
        }
    }
}

/// After a flood of sign-ins the memory goes back.
pub fn release_memory(hasher: Hasher) -> impl Work {
    every("hash-memory", RELEASE, move || {
        let hasher = hasher.clone();
        async move {
            hasher.release_memory();
            Ok::<(), Infallible>(())
        }
    })
}
