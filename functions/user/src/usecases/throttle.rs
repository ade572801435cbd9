//! How often somebody may try: by account and by network, in the store that all processes share. Nobody is locked out for
//! good, and neither limit tells whether there is such an account.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use cartwright_limits::{Quota, Scale, SharedLimits, Verdict, network};
use cartwright_runtime::metrics::{self, IntCounterVec};
use cartwright_types::{EmailAddress, UserId};
use thiserror::Error;

use crate::crypto::token::SuccessorKey;

/// Tries a minute on one account, wherever they come from.
const BY_ACCOUNT: u32 = 10;
/// Tries a minute from one network, on whatever accounts.
const BY_NETWORK: u32 = 30;
/// The store has this long to answer. Without it people still sign in, and the gateway's own limit still holds.
const PATIENCE: Duration = Duration::from_millis(500);

static TRIES: LazyLock<IntCounterVec> = LazyLock::new(|| {
    metrics::counter("sign_in_throttle_total", "Tries that were counted, by what came of them", &["outcome"])
});

/// Too many tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("too many tries")]
pub struct Throttled {
    /// Seconds until the next one.
    pub retry_after: u32,
}

/// Counts tries.
#[derive(Clone)]
pub struct Throttle {
    limits: Arc<dyn SharedLimits>,
    key: SuccessorKey,
    by_account: Quota,
    by_network: Quota,
}

impl Throttle {
    /// Counts in `limits`, under names made with `key`.
    #[must_use]
    pub fn new(limits: Arc<dyn SharedLimits>, key: SuccessorKey, scale: Scale) -> Self {
        let quota = |requests| Quota::per_minute(scale.of(requests));
        Self { limits, key, by_account: quota(BY_ACCOUNT), by_network: quota(BY_NETWORK) }
    }

    /// Counts a try on the account of an address, whether there is one or not.
    ///
    /// # Errors
    /// See [`Throttled`].
    pub async fn address(&self, email: &EmailAddress, from: Option<IpAddr>) -> Result<(), Throttled> {
        self.check(self.key.pseudonym("address", email.normalised()), from).await
    }

    /// Counts a try on an account whose owner is signed in.
    ///
    /// # Errors
    /// See [`Throttled`].
    pub async fn user(&self, user: UserId, from: Option<IpAddr>) -> Result<(), Throttled> {
        self.check(self.key.pseudonym("user", &user.to_string()), from).await
    }

    async fn check(&self, account: String, from: Option<IpAddr>) -> Result<(), Throttled> {
        let account = async { self.count(format!("sign-in#account#{account}"), self.by_account).await };
        let network = async {
            let from = from?;
            let name = self.key.pseudonym("network", &network(from).to_string());
            self.count(format!("sign-in#network#{name}"), self.by_network).await
        };
        let (account, network) = tokio::join!(account, network);
        match account.max(network) {
            None => Ok(()),
            // Rounded up: coming back at that second must succeed.
            Some(wait) => {
                Err(Throttled { retry_after: u32::try_from(wait.as_secs() + 1).unwrap_or(u32::MAX) })
            }
        }
    }

    /// How long it is until one more try is let in; None: this one is.
    async fn count(&self, key: String, quota: Quota) -> Option<Duration> {
        let answer = tokio::time::timeout(PATIENCE, self.limits.count(&key, quota)).await;
        let (outcome, wait) = match answer {
            Ok(Ok(Verdict::Allowed { .. })) => ("allowed", None),
            Ok(Ok(Verdict::Refused(wait))) => ("refused", Some(wait)),
            Ok(Err(error)) => {
                tracing::warn!(error = cartwright_runtime::chain(&error), "tries cannot be counted");
                ("unknown", None)
            }
            Err(_) => {
                tracing::warn!("tries cannot be counted: the store does not answer in time");
                ("unknown", None)
            }
        };
        TRIES.with_label_values(&[outcome]).inc();
        wait
    }
}
