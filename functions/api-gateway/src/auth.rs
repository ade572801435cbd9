//! Who calls: the user's access token, verified once and remembered until it expires.

mod keys;

use std::sync::Arc;

use cartwright_types::{Role, SessionId, SharedClock, UserId};
use cartwright_web::identity::Subject;
use jsonwebtoken::{Algorithm, Validation};
use quick_cache::sync::Cache;
use serde::Deserialize;
use thiserror::Error;

pub use keys::KeySource;

/// Access tokens and their verdicts.
pub struct Authenticator {
    keys: KeySource,
    validation: Validation,
    verdicts: Cache<Arc<str>, Verdict>,
    clock: SharedClock,
}

#[derive(Clone)]
struct Verdict {
    subject: Subject,
    expires_at: i64,
}

#[derive(Deserialize)]
struct Claims {
    sub: UserId,
    sid: SessionId,
    roles: Vec<Role>,
    exp: i64,
}

/// Why there is no identity.
#[derive(Debug, Error)]
pub enum AuthError {
    /// The token is not valid, whatever the reason.
    #[error("the access token is not valid")]
    Invalid,
    /// No key could be had from the user service yet.
    #[error("no key is known yet")]
    NoKeys,
}

/// Tokens remembered at most.
const REMEMBERED: usize = 50_000;
/// A longer token is nobody's.
const MAX_TOKEN: usize = 4096;

impl Authenticator {
    /// Checks tokens of `issuer` for `audience` with the keys of `keys`.
    #[must_use]
    pub fn new(keys: KeySource, issuer: &str, audience: &str, clock: SharedClock) -> Self {
        // RFC 8725: the algorithm is ours to choose, never the token's.
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The injected clock decides, below.
        validation.validate_exp = false;
        Self { keys, validation, verdicts: Cache::new(REMEMBERED), clock }
    }

    /// Whom the token speaks for.
    ///
    /// # Errors
    /// See [`AuthError`].
    pub async fn verify(&self, token: &str) -> Result<Subject, AuthError> {
        let now = self.clock.now().timestamp();
        if let Some(verdict) = self.verdicts.get(token) {
            return if verdict.expires_at > now { Ok(verdict.subject) } else { Err(AuthError::Invalid) };
        }
        if token.len() > MAX_TOKEN {
            return Err(AuthError::Invalid);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| AuthError::Invalid)?;
        if header.typ.as_deref() != Some("at+jwt") || header.alg != Algorithm::RS256 {
            return Err(AuthError::Invalid);
        }
        let key = self.keys.find(header.kid.as_deref().ok_or(AuthError::Invalid)?).await?;
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &self.validation)
            .map_err(|_| AuthError::Invalid)?
            .claims;
        if claims.exp <= now {
            return Err(AuthError::Invalid);
        }
        let subject = Subject::User { id: claims.sub, roles: claims.roles, session: claims.sid };
        self.verdicts.insert(token.into(), Verdict { subject: subject.clone(), expires_at: claims.exp });
        Ok(subject)
    }
}
