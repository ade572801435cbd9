//! Who calls: the public access token, verified once, and the verdict kept until the token is over. Its session may be
//! over earlier.

mod jwks;
mod keys;
mod roca;
mod signature;
mod verdict;
#[cfg(test)]
mod wycheproof;

use std::sync::Arc;
use std::time::Duration;

use cartwright_types::{Role, SharedClock};
use cartwright_web::identity::Subject;
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use quick_cache::sync::Cache;

use crate::error::Refusal;
use crate::signals::Revocations;
use crate::upstream::Upstreams;
use keys::Keys;
use signature::TokenError;
use verdict::Expectations;
pub use verdict::Verdict;

/// Verdicts kept; about 200 bytes each.
const VERDICTS: usize = 20_000;

/// A token as the cache knows it: its SHA-256, so that no token lies in memory and every entry has one size.
type Fingerprint = [u8; 32];

/// Who calls.
#[derive(Debug, Clone)]
pub enum Caller {
    /// Somebody without a token.
    Anonymous,
    /// Somebody whose token was good.
    User(Arc<Verdict>),
}

impl Caller {
    /// For the internal token.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        match self {
            Self::Anonymous => &Subject::Anonymous,
            Self::User(verdict) => &verdict.subject,
        }
    }

    /// The highest role, if anybody is signed in.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        match self {
            Self::Anonymous => None,
            Self::User(verdict) => Some(verdict.role),
        }
    }
}

/// Verifies access tokens.
pub struct Identities {
    keys: Keys,
    expectations: Expectations,
    clock: SharedClock,
    verdicts: Cache<Fingerprint, Arc<Verdict>>,
    revocations: Arc<Revocations>,
}

impl Identities {
    /// Tokens of `issuer` for `audience`, verified with the user service's keys, unless `revocations` has their session.
    #[must_use]
    pub fn new(
        upstreams: Upstreams,
        issuer: &str,
        audience: &str,
        clock: SharedClock,
        revocations: Arc<Revocations>,
    ) -> Self {
        Self {
            keys: Keys::new(upstreams),
            expectations: Expectations::new(issuer, audience),
            clock,
            verdicts: Cache::new(VERDICTS),
            revocations,
        }
    }

    /// Waits for what runs beside requests.
    pub async fn settle(&self) {
        self.keys.settle().await;
    }

    /// Who sent these headers.
    ///
    /// # Errors
    /// 400 for two credentials, 401 for one that is not good, 503 when there are no keys to tell.
    pub async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Refusal> {
        let Some(value) = credential(headers)? else { return Ok(Caller::Anonymous) };
        let token = bearer(value).ok_or(Refusal::InvalidToken)?;
        self.revocations.refresh().await;
        let verdict = self.verdict(token).await?;
        if self.revocations.contains(verdict.session) {
            return Err(Refusal::InvalidToken);
        }
        Ok(Caller::User(verdict))
    }

    /// How much longer `verdict` is good at most, and whether its session is over earlier.
    pub fn rest_of(
        &self,
        verdict: &Verdict,
    ) -> (Duration, impl Fn() -> bool + Send + Sync + 'static + use<>) {
        let left = verdict.expires.saturating_sub(self.clock.now().timestamp());
        let (revocations, session) = (Arc::clone(&self.revocations), verdict.session);
        (Duration::from_secs(left.unsigned_abs()), move || revocations.contains(session))
    }

    async fn verdict(&self, token: &str) -> Result<Arc<Verdict>, Refusal> {
        let fingerprint = fingerprint(token);
        if let Some(verdict) = self.verdicts.get(&fingerprint) {
            if verdict.expires > self.clock.now().timestamp() {
                return Ok(verdict);
            }
            self.verdicts.remove(&fingerprint);
            return Err(Refusal::InvalidToken);
        }
        let verdict = self.verify(token).await.map_err(|error| {
            if error == TokenError::NoKeys {
                return Refusal::NoKeys;
            }
            tracing::info!(%error, "a token was refused");
            Refusal::InvalidToken
        })?;
        let verdict = Arc::new(verdict);
        self.verdicts.insert(fingerprint, Arc::clone(&verdict));
        Ok(verdict)
    }

    async fn verify(&self, token: &str) -> Result<Verdict, TokenError> {
        let signed = signature::check(&self.keys, token).await?;
        self.expectations.judge(&signed, self.clock.now().timestamp())
    }
}

/// The one `Authorization` header.
///
/// # Errors
/// 400 when there are more: which of them another program would believe is anybody's guess.
pub fn credential(headers: &HeaderMap) -> Result<Option<&HeaderValue>, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(Refusal::ManyAuthorizations),
    }
}

/// The token of `Bearer <token>`; the scheme's case does not matter (RFC 9110, 11.1).
#[must_use]
pub fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim_start_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

fn fingerprint(token: &str) -> Fingerprint {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}
